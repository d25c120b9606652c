//! One query from its first wait to its end: listed, counted, noted in the log of active queries, and logged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use regain_promql::{EvalError, QueryStats};
use regain_storage::Ctx;

use super::QueryService;
use super::active_log::{ActiveLog, ActiveQuery};
use super::metrics::{QueryMetrics, Running};
use super::query_log::{Ended, QueryLog};
use super::running::Listed;
use super::stats::{self, Timings};
use crate::clock::Clock;

/// A query that waits or runs.
#[derive(Debug)]
pub(super) struct Session {
    listed: Listed,
    clock: Clock,
    active_log: Option<Arc<ActiveLog>>,
    log: Arc<QueryLog>,
    metrics: QueryMetrics,
    has_begun: AtomicBool,
    _running: Running,
}

impl Session {
    pub(super) fn new(service: &QueryService, listed: Listed) -> Self {
        Self {
            listed,
            clock: service.clock,
            active_log: service.active_log.clone(),
            log: Arc::clone(&service.log),
            metrics: service.metrics.clone(),
            has_begun: AtomicBool::new(false),
            _running: service.metrics.running(),
        }
    }

    /// The session of a light query, which is over before its note in the log of active queries could tell anybody
    /// anything.
    pub(super) fn unnoted(self) -> Self {
        Self { active_log: None, ..self }
    }

    pub(super) fn ctx(&self) -> &Arc<Ctx> {
        &self.listed.query.ctx
    }

    /// Does `work`, which has its place after waiting for `queue`, and logs how it ended.
    pub(super) fn run<R>(
        &self,
        queue: Duration,
        work: impl FnOnce() -> Result<R, EvalError>,
        stats_of: impl FnOnce(&R) -> QueryStats,
    ) -> Result<(R, Timings), EvalError> {
        let _active = self.begin();
        let start = Instant::now();
        let outcome = work();
        let timings = Timings { queue, eval: start.elapsed() };
        match outcome {
            Ok(result) => {
                let stats = stats_of(&result);
                self.metrics.observe(stats, timings);
                self.end(None, stats, timings);
                Ok((result, timings))
            }
            Err(error) => {
                let samples_peak = self.ctx().budget.peak();
                let stats = QueryStats { samples_peak, ..QueryStats::default() };
                self.end(Some(error.to_string()), stats, timings);
                Err(error)
            }
        }
    }

    /// Logs a query that has had no place.
    pub(super) fn never_begun(&self, error: &str) {
        // Ordering: what begins has begun before its outcome is known here.
        if !self.has_begun.load(Ordering::Relaxed) {
            let timings =
                Timings { queue: self.listed.query.started.elapsed(), ..Timings::default() };
            self.end(Some(error.to_owned()), QueryStats::default(), timings);
        }
    }

    fn begin(&self) -> Option<ActiveQuery> {
        // Ordering: see `never_begun`.
        self.has_begun.store(true, Ordering::Relaxed);
        self.listed.has_begun();
        self.active_log.as_ref()?.enter(&self.listed.query.text, self.clock.now())
    }

    fn end(&self, error: Option<String>, stats: QueryStats, timings: Timings) {
        let query = &self.listed.query;
        self.log.write(self.clock.now(), || Ended {
            query: &query.text,
            when: query.when,
            error,
            stats: stats::with(stats, timings),
            origin: &query.origin,
        });
    }
}
