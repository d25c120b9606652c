//! Runs queries: at most so many at once, each with a deadline, each ended when nobody waits for it.

mod active_log;
pub(crate) mod answer_memory;
mod cache;
mod limits;
mod metrics;
mod origin;
mod places;
mod query_log;
mod question;
mod rules;
mod running;
mod session;
pub(crate) mod stats;

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use regain_metrics::Registry;
use regain_model::{Labels, Timestamp};
use regain_promql::{
    Draft, Engine, EvalError, Explanation, Expr, ParseErrors, ParserOptions, QueryOptions,
    QueryResult, ResultCache, Value,
};
use regain_storage::{ByteBudget, BytePool, Ctx, Queryable};

use self::metrics::QueryMetrics;
use self::places::Places;
use self::query_log::QueryLog;
use self::session::Session;
use crate::clock::Clock;
use crate::envelope::ApiError;

pub use self::active_log::ActiveLog;
pub(crate) use self::active_log::Unfinished;
pub(crate) use self::answer_memory::AnswerBudget;
pub use self::limits::QueryLimits;
pub(crate) use self::origin::{HttpRequest, Origin};
pub(crate) use self::question::{Question, When};
pub(crate) use self::running::{RunningQueries, RunningQuery};
pub(crate) use self::stats::Timings;

/// A look-up of more series and texts than these gets out of other requests' way.
const LIGHT_LOOK_UP_MAX: usize = 1000;
/// A look-up of more gets a thread of its own.
const SHORT_LOOK_UP_MAX: usize = 20_000;

/// Runs queries over one source.
pub struct QueryService {
    engine: Arc<ArcSwap<Engine>>,
    parser: ParserOptions,
    source: Arc<dyn Queryable>,
    places: Places,
    /// Look-ups do not wait behind queries: they are what fills a dashboard's variables.
    look_up_places: Places,
    limits: QueryLimits,
    /// The bytes that all queries hold.
    bytes: Arc<BytePool>,
    running: RunningQueries,
    active_log: Option<Arc<ActiveLog>>,
    cache: Option<Arc<ResultCache>>,
    /// Whether `stats=all` tells what each step took.
    tells_steps: bool,
    log: Arc<QueryLog>,
    clock: Clock,
    metrics: QueryMetrics,
}

impl fmt::Debug for QueryService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryService").field("limits", &self.limits).finish_non_exhaustive()
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
        (clock, registry): (Clock, &Registry),
    ) -> Self {
        Self {
            engine: Arc::new(ArcSwap::from_pointee(engine)),
            parser,
            source,
            places: Places::new(limits.concurrency_max),
            look_up_places: Places::new(limits.concurrency_max),
            limits,
            bytes: Arc::new(BytePool::new(limits.bytes_max)),
            running: RunningQueries::default(),
            active_log: None,
            cache: None,
            tells_steps: false,
            log: Arc::new(QueryLog::new(registry)),
            clock,
            metrics: QueryMetrics::new(registry, limits),
        }
    }

    /// The same service, which notes what runs in `log`.
    #[must_use]
    pub fn with_active_log(self, log: ActiveLog) -> Self {
        Self { active_log: Some(Arc::new(log)), ..self }
    }

    /// The same service, which keeps answers to range queries in at most `bytes_max` bytes. Adds metrics to
    /// `registry`: once per registry.
    #[must_use]
    pub fn with_cache(self, bytes_max: usize, registry: &Registry) -> Self {
        let cache = Arc::new(ResultCache::new(bytes_max));
        cache::register(registry, &cache);
        Self { cache: Some(cache), ..self }
    }

    /// The same service, which tells with `stats=all` what each step took, if `tells_steps` says so.
    #[must_use]
    pub fn with_step_stats(self, tells_steps: bool) -> Self {
        Self { tells_steps, ..self }
    }

    /// Whether `stats=all` tells what each step took.
    pub(crate) const fn tells_steps(&self) -> bool {
        self.tells_steps
    }

    /// Writes a line to `sink` for each query that ends from now on, or to nobody.
    pub fn log_to(&self, sink: Option<Box<dyn Write + Send>>) {
        self.log.set(sink);
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

    /// A context with the limits of a query.
    fn context(&self) -> Arc<Ctx> {
        let bytes = ByteBudget::new(self.limits.bytes_per_query_max, Arc::clone(&self.bytes));
        Arc::new(Ctx::limited(self.engine.load().options().samples_max, bytes))
    }

    /// Begins a query.
    fn session(&self, text: String, when: When, origin: Origin, ctx: &Arc<Ctx>) -> Session {
        let listed = self.running.begin((text, when, origin), self.clock.now(), ctx);
        Session::new(self, listed)
    }

    /// The queries that wait or run.
    pub(crate) const fn running(&self) -> &RunningQueries {
        &self.running
    }

    /// The queries that an earlier process has not finished.
    pub(crate) fn unfinished(&self) -> &[Unfinished] {
        self.active_log.as_ref().map_or(&[], |log| log.unfinished())
    }

    /// The limits, and how many bytes all queries hold.
    pub(crate) fn limits(&self) -> (QueryLimits, u64) {
        (self.limits, self.bytes.held())
    }

    /// Parses an expression.
    pub(crate) fn parse(&self, text: &str) -> Result<Expr, ApiError> {
        self.parse_plain(text).map_err(|errors| ApiError::parameter("query", errors))
    }

    /// The same, where an error does not name the parameter.
    pub(crate) fn parse_plain(&self, text: &str) -> Result<Expr, ParseErrors> {
        regain_promql::parse(text, &self.parser)
    }

    /// Parses an expression as far as it can be read, and says all that is wrong with it.
    pub(crate) fn draft(&self, text: &str) -> Draft {
        regain_promql::parse_draft(text, &self.parser)
    }

    /// Evaluates a question and hands the answer to `render`, which runs on the same thread: an answer may
    /// be large, and writing it would hold up other requests.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        question: Question,
        render: impl FnOnce(QueryResult, Timings, AnswerBudget) -> Result<T, EvalError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let cache = self.cache.as_ref().filter(|_| question.uses_cache).map(Arc::clone);
        let evaluate = move |engine: &Engine,
                             source: &dyn Queryable,
                             expr: &Expr,
                             when,
                             ctx: &Arc<Ctx>| match (when, &cache) {
            (When::At(time), _) => engine.instant(source, expr, time, ctx),
            (When::Over(steps), None) => engine.range(source, expr, steps, ctx),
            (When::Over(steps), Some(cache)) => {
                engine.range_cached(cache, source, expr, steps, ctx)
            }
        };
        self.evaluate(question, evaluate, |result| result, render).await
    }

    /// Evaluates a question as [`run`](Self::run) does, and hands the answer on with an explanation.
    pub(crate) async fn explain<T: Send + 'static>(
        &self,
        question: Question,
        render: impl FnOnce(Explanation, Timings, AnswerBudget) -> Result<T, EvalError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let evaluate =
            |engine: &Engine, source: &dyn Queryable, expr: &Expr, when, ctx: &Arc<Ctx>| {
                let start = Instant::now();
                let clock = || start.elapsed();
                match when {
                    When::At(time) => engine.explain_instant(source, expr, time, ctx, &clock),
                    When::Over(steps) => engine.explain_range(source, expr, steps, ctx, &clock),
                }
            };
        self.evaluate(question, evaluate, |explanation| &explanation.result, render).await
    }

    /// Evaluates a question in one way, with the limits that hold for all.
    async fn evaluate<R, T: Send + 'static>(
        &self,
        question: Question,
        evaluate: impl FnOnce(&Engine, &dyn Queryable, &Expr, When, &Arc<Ctx>) -> Result<R, EvalError>
        + Send
        + 'static,
        result_of: impl Fn(&R) -> &QueryResult + Send + 'static,
        render: impl FnOnce(R, Timings, AnswerBudget) -> Result<T, EvalError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Question { expr, text, origin, when, options, timeout, .. } = question;
        let timeout = timeout.map_or(self.limits.timeout, |asked| asked.min(self.limits.timeout));
        let begun = Instant::now();
        let clock = regain_promql::Clock::new(move || begun.elapsed());
        let engine = self.engine.load().with(options).timed_by(clock);
        let source = Arc::clone(&self.source);
        let ctx = self.context();
        let is_light = match when {
            When::At(time) => engine.is_light(&*source, &expr, time),
            When::Over(steps) => engine.is_light_range(&*source, &expr, steps),
        };
        let session = self.session(text, when, origin, &ctx);
        let session = Arc::new(if is_light { session.unnoted() } else { session });
        let working = Arc::clone(&session);
        let work = move |queue: Duration| {
            let ctx = working.ctx();
            let evaluate = || evaluate(&engine, &*source, &expr, when, ctx);
            let stats_of = |evaluated: &R| result_of(evaluated).stats;
            let (evaluated, timings) = working.run(queue, evaluate, stats_of)?;
            render(evaluated, timings, AnswerBudget::of(ctx))
        };
        let outcome = if is_light {
            self.places.run_light(&ctx, timeout, work).await
        } else {
            self.places.run(&ctx, timeout, work).await
        };
        let outcome = outcome.inspect_err(|error| session.never_begun(&error.to_string()));
        Ok(outcome??)
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
        let (text, origin, when) = (expression.to_owned(), Origin::Server, When::At(time));
        let (timeout, uses_cache) = (None, false);
        let question = Question { expr, text, origin, when, options, timeout, uses_cache };
        let result = self.run(question, |result, _, _| Ok(result.value)).await;
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

    /// How many series and texts a look-up looks at, at most: what `size_of` says of the source.
    pub(crate) fn size(&self, size_of: impl FnOnce(&dyn Queryable) -> usize) -> usize {
        size_of(&*self.source)
    }

    /// Runs a look-up of series or labels, which looks at up to `size` of them, with the limits of queries.
    pub(crate) async fn look_up<T: Send + 'static>(
        &self,
        size: usize,
        work: impl FnOnce(&dyn Queryable, &Arc<Ctx>) -> regain_storage::Result<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (source, ctx) = (Arc::clone(&self.source), self.context());
        let work_ctx = Arc::clone(&ctx);
        let work = move |_: Duration| work(&*source, &work_ctx);
        let timeout = self.limits.timeout;
        let places = &self.look_up_places;
        let outcome = if size <= LIGHT_LOOK_UP_MAX {
            places.run_light(&ctx, timeout, work).await
        } else if size <= SHORT_LOOK_UP_MAX {
            places.run_short(&ctx, timeout, work).await
        } else {
            places.run(&ctx, timeout, work).await
        };
        Ok(outcome??)
    }
}
