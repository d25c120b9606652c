//! What scraping counts, under upstream's names.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use regain_go_format::go_duration;
use regain_metrics::{
    Counter, CounterVec, GaugeVec, Histogram, HistogramVec, LabelPair, MetricFamily, Registry,
    Summary, SummaryVec,
};

use crate::pool::PoolViews;

const INTERVAL_BOUNDS: [f64; 4] = [0.01, 0.1, 1.0, 10.0];
const INTERVAL_QUANTILES: [f64; 5] = [0.01, 0.05, 0.5, 0.9, 0.99];

/// Holds the metrics of a scrape manager.
#[derive(Debug)]
pub(crate) struct ScrapeMetrics {
    pub(crate) pools: PoolCounters,
    pub(crate) exceeded: LimitCounters,
    pub(crate) refused: SampleCounters,
    pub(crate) cache_flushes: Counter,
    pub(crate) scrape_duration: Histogram,
    by_pool: PoolVectors,
    by_interval: IntervalVectors,
}

/// Counts what happens to pools.
#[derive(Debug)]
pub(crate) struct PoolCounters {
    pub(crate) created: Counter,
    pub(crate) failed: Counter,
    pub(crate) reloads: Counter,
    pub(crate) reloads_failed: Counter,
}

/// Counts what exceeded a limit of its job.
#[derive(Debug)]
pub(crate) struct LimitCounters {
    pub(crate) targets: Counter,
    pub(crate) labels: Counter,
    pub(crate) body_size: Counter,
    pub(crate) samples: Counter,
    pub(crate) buckets: Counter,
}

/// Counts samples that were refused.
#[derive(Debug)]
pub(crate) struct SampleCounters {
    pub(crate) duplicate: Counter,
    pub(crate) out_of_order: Counter,
    /// Counts exemplars, and not samples.
    pub(crate) exemplars_out_of_order: Counter,
    pub(crate) out_of_bounds: Counter,
}

#[derive(Debug)]
struct PoolVectors {
    target_limit: GaugeVec,
    targets: GaugeVec,
    syncs: CounterVec,
    syncs_failed: CounterVec,
    sync_length: SummaryVec,
    sync_histogram: HistogramVec,
}

#[derive(Debug)]
struct IntervalVectors {
    reload_length: SummaryVec,
    length: SummaryVec,
    histogram: HistogramVec,
}

/// Holds the metrics of one pool.
#[derive(Debug)]
pub(crate) struct PoolMetrics {
    pub(crate) target_limit: regain_metrics::Gauge,
    pub(crate) targets: regain_metrics::Gauge,
    pub(crate) syncs: Counter,
    pub(crate) syncs_failed: Counter,
    sync_length: Summary,
    sync_histogram: Histogram,
}

/// Holds the metrics of one interval.
#[derive(Debug)]
pub(crate) struct IntervalMetrics {
    length: Summary,
    histogram: Histogram,
}

impl ScrapeMetrics {
    pub(crate) fn register(registry: &Registry) -> Self {
        Self {
            pools: PoolCounters::register(registry),
            exceeded: LimitCounters::register(registry),
            refused: SampleCounters::register(registry),
            cache_flushes: registry.counter(
                "prometheus_target_scrapes_cache_flush_forced_total",
                "How many times a scrape cache was flushed due to getting big while scrapes are failing.",
            ),
            scrape_duration: registry.histogram(
                "prometheus_target_scrape_duration_seconds",
                "Total duration of the scrape from start to commit completion in seconds.",
                &[],
            ),
            by_pool: PoolVectors::register(registry),
            by_interval: IntervalVectors::register(registry),
        }
    }

    /// Returns the metrics of a pool, exposed from now on.
    pub(crate) fn pool(&self, job: &str) -> PoolMetrics {
        PoolMetrics {
            target_limit: self.by_pool.target_limit.with(&[job]),
            targets: self.by_pool.targets.with(&[job]),
            syncs: self.by_pool.syncs.with(&[job]),
            syncs_failed: self.by_pool.syncs_failed.with(&[job]),
            sync_length: self.by_pool.sync_length.with(&[job]),
            sync_histogram: self.by_pool.sync_histogram.with(&[job]),
        }
    }

    /// Ends the exposition of a pool's metrics.
    pub(crate) fn forget_pool(&self, job: &str) {
        self.by_pool.target_limit.remove(&[job]);
        self.by_pool.targets.remove(&[job]);
        self.by_pool.syncs.remove(&[job]);
        self.by_pool.syncs_failed.remove(&[job]);
        self.by_pool.sync_length.remove(&[job]);
        self.by_pool.sync_histogram.remove(&[job]);
    }

    /// Returns the metrics of an interval, exposed from now on.
    pub(crate) fn interval(&self, interval: Duration) -> IntervalMetrics {
        let interval = go_text(interval);
        IntervalMetrics {
            length: self.by_interval.length.with(&[&interval]),
            histogram: self.by_interval.histogram.with(&[&interval]),
        }
    }

    pub(crate) fn reloaded(&self, interval: Duration, took: Duration) {
        self.by_interval.reload_length.with(&[&go_text(interval)]).observe(took.as_secs_f64());
    }
}

impl PoolCounters {
    fn register(registry: &Registry) -> Self {
        let counter = |name: &'static str, help: &'static str| registry.counter(name, help);
        Self {
            created: counter(
                "prometheus_target_scrape_pools_total",
                "Total number of scrape pool creation attempts.",
            ),
            failed: counter(
                "prometheus_target_scrape_pools_failed_total",
                "Total number of scrape pool creations that failed.",
            ),
            reloads: counter(
                "prometheus_target_scrape_pool_reloads_total",
                "Total number of scrape pool reloads.",
            ),
            reloads_failed: counter(
                "prometheus_target_scrape_pool_reloads_failed_total",
                "Total number of failed scrape pool reloads.",
            ),
        }
    }
}

impl LimitCounters {
    fn register(registry: &Registry) -> Self {
        let counter = |name: &'static str, help: &'static str| registry.counter(name, help);
        Self {
            targets: counter(
                "prometheus_target_scrape_pool_exceeded_target_limit_total",
                "Total number of times scrape pools hit the target limit, during sync or config reload.",
            ),
            labels: counter(
                "prometheus_target_scrape_pool_exceeded_label_limits_total",
                "Total number of times scrape pools hit the label limits, during sync or config reload.",
            ),
            body_size: counter(
                "prometheus_target_scrapes_exceeded_body_size_limit_total",
                "Total number of scrapes that hit the body size limit",
            ),
            samples: counter(
                "prometheus_target_scrapes_exceeded_sample_limit_total",
                "Total number of scrapes that hit the sample limit and were rejected.",
            ),
            buckets: counter(
                "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
                "Total number of scrapes that hit the native histogram bucket limit and were rejected.",
            ),
        }
    }
}

impl SampleCounters {
    fn register(registry: &Registry) -> Self {
        let counter = |name: &'static str, help: &'static str| registry.counter(name, help);
        Self {
            duplicate: counter(
                "prometheus_target_scrapes_sample_duplicate_timestamp_total",
                "Total number of samples rejected due to duplicate timestamps but different values.",
            ),
            out_of_order: counter(
                "prometheus_target_scrapes_sample_out_of_order_total",
                "Total number of samples rejected due to not being out of the expected order.",
            ),
            exemplars_out_of_order: counter(
                "prometheus_target_scrapes_exemplar_out_of_order_total",
                "Total number of exemplar rejected due to not being out of the expected order.",
            ),
            out_of_bounds: counter(
                "prometheus_target_scrapes_sample_out_of_bounds_total",
                "Total number of samples rejected due to timestamp falling outside of the time bounds.",
            ),
        }
    }
}

impl PoolVectors {
    fn register(registry: &Registry) -> Self {
        Self {
            target_limit: registry.gauge_vec(
                "prometheus_target_scrape_pool_target_limit",
                "Maximum number of targets allowed in this scrape pool.",
                &["scrape_job"],
            ),
            targets: registry.gauge_vec(
                "prometheus_target_scrape_pool_targets",
                "Current number of targets in this scrape pool.",
                &["scrape_job"],
            ),
            syncs: registry.counter_vec(
                "prometheus_target_scrape_pool_sync_total",
                "Total number of syncs that were executed on a scrape pool.",
                &["scrape_job"],
            ),
            syncs_failed: registry.counter_vec(
                "prometheus_target_sync_failed_total",
                "Total number of target sync failures.",
                &["scrape_job"],
            ),
            sync_length: registry.summary_vec(
                "prometheus_target_sync_length_seconds",
                "Actual interval to sync the scrape pool.",
                &["scrape_job"],
                &INTERVAL_QUANTILES,
            ),
            sync_histogram: registry.histogram_vec(
                "prometheus_target_sync_length_histogram_seconds",
                "Actual interval to sync the scrape pool.",
                &["scrape_job"],
                &INTERVAL_BOUNDS,
            ),
        }
    }
}

impl IntervalVectors {
    fn register(registry: &Registry) -> Self {
        Self {
            reload_length: registry.summary_vec(
                "prometheus_target_reload_length_seconds",
                "Actual interval to reload the scrape pool with a given configuration.",
                &["interval"],
                &INTERVAL_QUANTILES,
            ),
            length: registry.summary_vec(
                "prometheus_target_interval_length_seconds",
                "Actual intervals between scrapes.",
                &["interval"],
                &INTERVAL_QUANTILES,
            ),
            histogram: registry.histogram_vec(
                "prometheus_target_interval_length_histogram_seconds",
                "Actual intervals between scrapes.",
                &["interval"],
                &INTERVAL_BOUNDS,
            ),
        }
    }
}

impl PoolMetrics {
    pub(crate) fn synced(&self, took: Duration) {
        self.syncs.inc();
        self.sync_length.observe(took.as_secs_f64());
        self.sync_histogram.observe(took.as_secs_f64());
    }
}

impl IntervalMetrics {
    pub(crate) fn observe(&self, length: Duration) {
        self.length.observe(length.as_secs_f64());
        self.histogram.observe(length.as_secs_f64());
    }
}

fn go_text(length: Duration) -> String {
    go_duration::format(i64::try_from(length.as_nanos()).unwrap_or(i64::MAX))
}

/// Exposes how much metadata the targets of each pool hold.
pub(crate) fn expose_metadata_cache(registry: &Registry, pools: &Arc<ArcSwap<PoolViews>>) {
    let pools = Arc::downgrade(pools);
    registry.register(Arc::new(move |families: &mut Vec<MetricFamily>| {
        let Some(pools) = pools.upgrade() else { return };
        let mut entries = MetricFamily::gauge(
            "prometheus_target_metadata_cache_entries",
            "Total number of metric metadata entries in the cache",
        );
        let mut bytes = MetricFamily::gauge(
            "prometheus_target_metadata_cache_bytes",
            "The number of bytes that are currently used for storing metric metadata in the cache",
        );
        for (name, pool) in pools.load().iter() {
            let targets = pool.targets();
            let sizes = targets.active.iter().map(|target| target.metadata_locked().size());
            let (count, size) = sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
            let job = || vec![LabelPair::new("scrape_job", name.clone())];
            entries.push(job(), count as f64);
            bytes.push(job(), size as f64);
        }
        families.extend([entries, bytes]);
    }));
}
