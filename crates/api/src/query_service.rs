//! Runs queries: at most so many at once, each with a deadline, each ended when nobody waits for it.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use regain_metrics::{Counter, Gauge, Registry, Summary};
use regain_model::{Labels, Timestamp};
use regain_promql::{
    Engine, EvalError, Expr, ParserOptions, QueryOptions, QueryResult, Steps, Value,
};
use regain_storage::{Ctx, Queryable};
use tokio::sync::Semaphore;

use crate::envelope::{ApiError, ErrorKind};

/// One question, parsed.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) expr: Expr,
    pub(crate) when: When,
    pub(crate) options: QueryOptions,
    /// The client's own limit on the time it waits.
    pub(crate) timeout: Option<Duration>,
}

/// What times a question is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// One time.
    At(Timestamp),
    /// Several, one after another.
    Over(Steps),
}

/// How long the stages of a query took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    /// Waiting for a place among the running queries.
    pub(crate) queue: Duration,
    /// From the parsed expression to the answer.
    pub(crate) eval: Duration,
}

/// Limits on queries (`--query.*`).
#[derive(Clone, Copy, Debug)]
pub struct QueryLimits {
    /// How many run at once.
    pub concurrency_max: usize,
    /// How long one may take, its wait included.
    pub timeout: Duration,
}

/// Runs queries over one source.
pub struct QueryService {
    engine: Arc<ArcSwap<Engine>>,
    parser: ParserOptions,
    source: Arc<dyn Queryable>,
    places: Arc<Semaphore>,
    /// Look-ups do not wait behind queries: they are what fills a dashboard's variables.
    look_up_places: Arc<Semaphore>,
    limits: QueryLimits,
    metrics: QueryMetrics,
}

impl fmt::Debug for QueryService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryService").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What is counted about queries; clones are the same counters.
#[derive(Clone, Debug)]
struct QueryMetrics {
    running: Gauge,
    queue_time: Summary,
    inner_eval: Summary,
    samples: Counter,
    samples_read: Counter,
}

impl QueryMetrics {
    fn new(registry: &Registry, limits: QueryLimits) -> Self {
        let name = "prometheus_engine_queries_concurrent_max";
        let concurrent_max = registry.gauge(name, "The max number of concurrent queries.");
        concurrent_max.set(limits.concurrency_max as f64);
        let durations = registry.summary_vec(
            "prometheus_engine_query_duration_seconds",
            "Query timings",
            &["slice"],
            &[0.5, 0.9, 0.99],
        );
        Self {
            running: registry.gauge(
                "prometheus_engine_queries",
                "The current number of queries being executed or waiting.",
            ),
            queue_time: durations.with(&["queue_time"]),
            inner_eval: durations.with(&["inner_eval"]),
            samples: registry.counter(
                "prometheus_engine_query_samples_total",
                "The total number of samples loaded by all queries.",
            ),
            samples_read: registry.counter(
                "prometheus_engine_query_samples_read_total",
                "The total number of samples read from storage by all queries.",
            ),
        }
    }

    fn observe(&self, result: &QueryResult, timings: Timings) {
        self.samples.add(result.stats.samples_total);
        self.samples_read.add(result.stats.samples_read);
        self.queue_time.observe(timings.queue.as_secs_f64());
        self.inner_eval.observe(timings.eval.as_secs_f64());
    }
}

/// Counts a query as running for as long as it lives.
struct Running(Gauge);

impl Running {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Ends its query when it is dropped, as happens when a client hangs up.
struct EndOnDrop(Arc<Ctx>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.cancel.cancel();
    }
}

impl QueryService {
    /// A service that evaluates with `engine` over `source`. Adds its metrics to `registry`: once per
    /// registry.
    pub fn new(
        engine: Engine,
        parser: ParserOptions,
        source: Arc<dyn Queryable>,
        limits: QueryLimits,
        registry: &Registry,
    ) -> Self {
        Self {
            engine: Arc::new(ArcSwap::from_pointee(engine)),
            parser,
            source,
            places: Arc::new(Semaphore::new(limits.concurrency_max)),
            look_up_places: Arc::new(Semaphore::new(limits.concurrency_max)),
            limits,
            metrics: QueryMetrics::new(registry, limits),
        }
    }

    /// The engine in force, for those who evaluate beside the API.
    pub fn engine(&self) -> Arc<ArcSwap<Engine>> {
        Arc::clone(&self.engine)
    }

    /// Evaluates with `engine` from now on.
    pub fn set_engine(&self, engine: Engine) {
        self.engine.store(Arc::new(engine));
    }

    /// The lookback delta in milliseconds.
    pub(crate) fn lookback_delta_ms(&self) -> i64 {
        self.engine.load().options().lookback_delta_ms
    }

    /// Parses an expression.
    pub(crate) fn parse(&self, text: &str) -> Result<Expr, ApiError> {
        regain_promql::parse(text, &self.parser)
            .map_err(|errors| ApiError::parameter("query", errors))
    }

    /// Evaluates a question and hands the answer to `render`, which runs on the same thread: an answer may
    /// be large, and writing it would hold up other requests.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        question: Question,
        render: impl FnOnce(QueryResult, Timings) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let Question { expr, when, options, timeout } = question;
        let timeout = timeout.map_or(self.limits.timeout, |asked| asked.min(self.limits.timeout));
        let engine = self.engine.load().with(options);
        let (source, metrics) = (Arc::clone(&self.source), self.metrics.clone());
        let ctx = engine.context();
        let query_ctx = Arc::clone(&ctx);
        let _running = Running::new(&self.metrics.running);
        let work = move |queue: Duration| {
            let start = Instant::now();
            let result = match when {
                When::At(time) => engine.instant(&*source, &expr, time, &query_ctx)?,
                When::Over(steps) => engine.range(&*source, &expr, steps, &query_ctx)?,
            };
            let timings = Timings { queue, eval: start.elapsed() };
            metrics.observe(&result, timings);
            Ok::<_, EvalError>(render(result, timings))
        };
        Ok(run_bounded(&self.places, &ctx, timeout, work).await??)
    }

    /// Evaluates an expression for those who ask beside the API: the labels, the time and the value of each
    /// sample. A scalar is one sample without labels. The error is what the API would say.
    pub async fn samples_at(
        &self,
        expression: &str,
        time: Timestamp,
    ) -> Result<Vec<(Labels, Timestamp, f64)>, String> {
        let expr = self.parse(expression).map_err(|error| error.to_string())?;
        let options = QueryOptions::default();
        let question = Question { expr, when: When::At(time), options, timeout: None };
        let result = self.run(question, |result, _| result.value).await;
        match result.map_err(|error| error.to_string())? {
            Value::Vector(samples) => {
                Ok(samples.into_iter().map(|one| (one.labels, one.time, one.value)).collect())
            }
            Value::Scalar(scalar) => Ok(vec![(Labels::empty(), scalar.time, scalar.value)]),
            Value::Matrix(_) | Value::String(_) => {
                Err("the query must give numbers at one time".to_owned())
            }
        }
    }

    /// Runs a look-up of series or labels, with the limits of queries.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Queryable, &Arc<Ctx>) -> regain_storage::Result<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (source, ctx) = (Arc::clone(&self.source), self.engine.load().context());
        let work_ctx = Arc::clone(&ctx);
        let work = move |_: Duration| work(&*source, &work_ctx);
        Ok(run_bounded(&self.look_up_places, &ctx, self.limits.timeout, work).await??)
    }
}

/// Runs `work` on a thread of its own once there is a place, and ends it at the deadline. `work` is
/// told how long it had to wait.
async fn run_bounded<T: Send + 'static>(
    places: &Arc<Semaphore>,
    ctx: &Arc<Ctx>,
    timeout: Duration,
    work: impl FnOnce(Duration) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let start = Instant::now();
    let place = tokio::time::timeout(timeout, Arc::clone(places).acquire_owned()).await;
    let Ok(Ok(place)) = place else {
        return Err(ApiError::new(ErrorKind::Timeout, "query timed out in query queue"));
    };
    let queue = start.elapsed();
    let ends = EndOnDrop(Arc::clone(ctx));
    let mut running = tokio::task::spawn_blocking(move || {
        // The place is given back when the work has ended, not when the client has gone.
        let _place = place;
        std::panic::catch_unwind(AssertUnwindSafe(|| work(queue)))
    });
    let rest = timeout.saturating_sub(queue);
    let outcome = if let Ok(outcome) = tokio::time::timeout(rest, &mut running).await {
        outcome
    } else {
        ctx.cancel.time_out();
        running.await
    };
    drop(ends);
    if let Ok(Ok(value)) = outcome {
        return Ok(value);
    }
    tracing::error!("A query panicked");
    Err(ApiError::new(ErrorKind::Internal, "the query failed unexpectedly"))
}
