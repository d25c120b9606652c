//! What the store keeps of what is said about metrics.

use regain_metrics::MetricKind;
use regain_tsdb::MetadataStats;

use super::numbers::Row;

/// The families.
pub(super) static ROWS: [Row<MetadataStats>; 3] = [
    (
        "regain_tsdb_metadata_metrics",
        "Names of metrics of which the store keeps kind, help and unit.",
        MetricKind::Gauge,
        |stats| stats.names as f64,
    ),
    (
        "regain_tsdb_metadata_bytes",
        "The memory that kind, help and unit of metrics take in the store.",
        MetricKind::Gauge,
        |stats| stats.bytes as f64,
    ),
    (
        "regain_tsdb_metadata_refused_total",
        "Metadata that was not kept because it is too long, or because there is too much of it.",
        MetricKind::Counter,
        |stats| stats.refused as f64,
    ),
];
