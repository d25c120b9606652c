//! What file discovery counts.

use regain_metrics::{Counter, GaugeVec, Registry, Summary};

/// The metrics that all file discoveries share.
#[derive(Clone, Debug)]
pub struct FileSdMetrics {
    pub(super) read_errors: Counter,
    pub(super) scan_duration_seconds: Summary,
    pub(super) watcher_errors: Counter,
    pub(super) mtime_seconds: GaugeVec,
}

impl FileSdMetrics {
    /// Adds the metrics to `registry`.
    pub fn register(registry: &Registry) -> Self {
        Self {
            read_errors: registry.counter(
                "prometheus_sd_file_read_errors_total",
                "Target files that could not be read or parsed.",
            ),
            scan_duration_seconds: registry.summary(
                "prometheus_sd_file_scan_duration_seconds",
                "Time taken to read all target files of one discovery, in seconds.",
                &[0.5, 0.9, 0.99],
            ),
            watcher_errors: registry.counter(
                "prometheus_sd_file_watcher_errors_total",
                "Failures to watch the directories of target files.",
            ),
            mtime_seconds: registry.gauge_vec(
                "prometheus_sd_file_mtime_seconds",
                "Modification time of each target file when it was last read, in Unix seconds.",
                &["filename"],
            ),
        }
    }
}
