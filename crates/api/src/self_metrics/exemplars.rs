//! `prometheus_tsdb_exemplar_*`: the exemplars of the store.

use regain_metrics::MetricKind;
use regain_tsdb::ExemplarStats;

use super::numbers::Row;

/// The families.
pub(super) static ROWS: [Row<ExemplarStats>; 7] = [
    (
        "prometheus_tsdb_exemplar_exemplars_appended_total",
        "Total number of appended exemplars.",
        MetricKind::Counter,
        |stats| stats.appended as f64,
    ),
    (
        "prometheus_tsdb_exemplar_exemplars_in_storage",
        "Number of exemplars currently in circular storage.",
        MetricKind::Gauge,
        |stats| stats.count as f64,
    ),
    (
        "prometheus_tsdb_exemplar_series_with_exemplars_in_storage",
        "Number of series with exemplars currently in circular storage.",
        MetricKind::Gauge,
        |stats| stats.series as f64,
    ),
    (
        "prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds",
        "The timestamp of the oldest exemplar stored in circular storage. Useful to check for what \
         timerange the current exemplar buffer limit allows. This usually means the last timestampfor \
         all exemplars for a typical setup. This is not true though if one of the series timestamp is \
         in future compared to rest series.",
        MetricKind::Gauge,
        |stats| stats.oldest_ms as f64 / 1000.0,
    ),
    (
        "prometheus_tsdb_exemplar_max_exemplars",
        "Total number of exemplars the exemplar storage can store, resizeable.",
        MetricKind::Gauge,
        |stats| stats.max as f64,
    ),
    (
        "prometheus_tsdb_exemplar_out_of_order_exemplars_total",
        "Total number of out of order exemplar ingestion failed attempts.",
        MetricKind::Counter,
        |stats| stats.out_of_order as f64,
    ),
    (
        "regain_tsdb_exemplar_bytes",
        "The memory that exemplars and the labels of their series take.",
        MetricKind::Gauge,
        |stats| stats.bytes as f64,
    ),
];
