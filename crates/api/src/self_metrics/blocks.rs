//! `prometheus_tsdb_*`: what becomes of blocks of Prometheus that are kept beside the store.

use regain_metrics::MetricKind::Counter;
use regain_prometheus_tsdb::BlocksStats;

use super::numbers::Row;

pub(super) static ROWS: [Row<BlocksStats>; 6] = [
    (
        "prometheus_tsdb_compactions_triggered_total",
        "Total number of triggered compactions for the partition.",
        Counter,
        |stats| stats.compactions_triggered as f64,
    ),
    (
        "prometheus_tsdb_vertical_compactions_total",
        "Total number of compactions done on overlapping blocks.",
        Counter,
        |stats| stats.vertical_compactions as f64,
    ),
    (
        "prometheus_tsdb_time_retentions_total",
        "The number of times that blocks were deleted because the maximum time limit was exceeded.",
        Counter,
        |stats| stats.time_retentions as f64,
    ),
    (
        "prometheus_tsdb_size_retentions_total",
        "The number of times that blocks were deleted because the maximum number of bytes was exceeded.",
        Counter,
        |stats| stats.size_retentions as f64,
    ),
    (
        "prometheus_tsdb_reloads_total",
        "Number of times the database reloaded block data from disk.",
        Counter,
        |stats| stats.reloads as f64,
    ),
    (
        "prometheus_tsdb_reloads_failures_total",
        "Number of times the database failed to reloadBlocks block data from disk.",
        Counter,
        |stats| stats.reloads_failed as f64,
    ),
];
