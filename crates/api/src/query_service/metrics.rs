//! What is counted about queries.

use regain_metrics::{Counter, Gauge, Registry, Summary};
use regain_promql::QueryStats;

use super::limits::QueryLimits;
use super::stats::{self, Timings};

/// What is counted about queries; clones are the same counters.
#[derive(Clone, Debug)]
pub(super) struct QueryMetrics {
    running: Gauge,
    queue_time: Summary,
    prepare_time: Summary,
    inner_eval: Summary,
    result_sort: Summary,
    samples: Counter,
    samples_read: Counter,
}

impl QueryMetrics {
    pub(super) fn new(registry: &Registry, limits: QueryLimits) -> Self {
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
            prepare_time: durations.with(&["prepare_time"]),
            inner_eval: durations.with(&["inner_eval"]),
            result_sort: durations.with(&["result_sort"]),
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

    /// Counts what an answered query took.
    pub(super) fn observe(&self, stats: QueryStats, timings: Timings) {
        self.samples.add(stats.samples_total);
        self.samples_read.add(stats.samples_read);
        self.queue_time.observe(timings.queue.as_secs_f64());
        self.prepare_time.observe(stats.preparation.as_secs_f64());
        self.inner_eval.observe(stats::inner_eval(stats, timings).as_secs_f64());
        self.result_sort.observe(stats.sorting.as_secs_f64());
    }

    /// Counts a query as waiting or running, until what is returned is dropped.
    pub(super) fn running(&self) -> Running {
        self.running.inc();
        Running(self.running.clone())
    }
}

/// Counts a query as running for as long as it lives.
#[derive(Debug)]
pub(super) struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}
