//! `regain_query_cache_*`: how the result cache does.

use std::sync::Arc;

use regain_metrics::{LabelPair, Metric, MetricFamily, MetricKind, Registry};
use regain_promql::{CacheStats, ResultCache};

/// What became of a request, and how many there were.
type Outcome = (&'static str, fn(&CacheStats) -> u64);

static OUTCOMES: [Outcome; 4] = [
    ("hit", |stats| stats.hits),
    ("partial", |stats| stats.partial_hits),
    ("miss", |stats| stats.misses),
    ("refused", |stats| stats.refused),
];

/// A family with one number: its name, its help, its kind, and how to read it.
type Row = (&'static str, &'static str, MetricKind, fn(&CacheStats) -> u64);

static ROWS: [Row; 3] = [
    (
        "regain_query_cache_evictions_total",
        "Answers that left the result cache for lack of room.",
        MetricKind::Counter,
        |stats| stats.evictions,
    ),
    (
        "regain_query_cache_answers",
        "The answers that the result cache keeps.",
        MetricKind::Gauge,
        |stats| stats.answers,
    ),
    (
        "regain_query_cache_bytes",
        "The memory that the result cache takes.",
        MetricKind::Gauge,
        |stats| stats.bytes,
    ),
];

/// Adds how `cache` does to `registry`: once per registry.
pub(super) fn register(registry: &Registry, cache: &Arc<ResultCache>) {
    let cache = Arc::clone(cache);
    registry.register(Arc::new(move |families: &mut Vec<MetricFamily>| {
        collect(&cache.stats(), families);
    }));
}

fn collect(stats: &CacheStats, families: &mut Vec<MetricFamily>) {
    let mut requests = MetricFamily::new(
        "regain_query_cache_requests_total",
        "Range queries by what the result cache had for them: all steps, some, none, or nothing because \
         they cannot be kept.",
        MetricKind::Counter,
    );
    for &(outcome, read) in &OUTCOMES {
        let labels = vec![LabelPair::new("outcome", outcome)];
        requests.metrics.push(Metric::number(labels, read(stats) as f64));
    }
    families.push(requests);
    for &(name, help, kind, read) in &ROWS {
        let mut family = MetricFamily::new(name, help, kind);
        family.push(Vec::new(), read(stats) as f64);
        families.push(family);
    }
}
