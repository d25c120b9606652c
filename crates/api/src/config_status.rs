//! How loading the configuration went: two metrics, which `status/runtimeinfo` reads, too.

use regain_metrics::{Gauge, Registry};
use regain_model::Timestamp;

/// Keeps the outcome of the last attempt to load the configuration. Clones are the same one.
#[derive(Clone, Debug)]
pub struct ConfigStatus {
    successful: Gauge,
    success_seconds: Gauge,
}

impl ConfigStatus {
    /// A status before the first attempt. Adds its metrics to `registry`: once per registry.
    pub fn new(registry: &Registry) -> Self {
        Self {
            successful: registry.gauge(
                "prometheus_config_last_reload_successful",
                "Whether the last configuration reload attempt was successful.",
            ),
            success_seconds: registry.gauge(
                "prometheus_config_last_reload_success_timestamp_seconds",
                "Timestamp of the last successful configuration reload.",
            ),
        }
    }

    /// Notes that a configuration is in force since `now`.
    pub fn succeeded(&self, now: Timestamp) {
        self.successful.set(1.0);
        self.success_seconds.set(now.as_seconds());
    }

    /// Notes that a configuration was refused.
    pub fn failed(&self) {
        self.successful.set(0.0);
    }

    /// Whether the last attempt succeeded.
    pub(crate) fn is_success(&self) -> bool {
        self.successful.get() > 0.0
    }

    /// When the configuration in force was loaded, in whole seconds; the epoch where none was.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds of the wall clock fit into 53 bits"
    )]
    pub(crate) fn loaded_at(&self) -> Timestamp {
        Timestamp((self.success_seconds.get() as i64).saturating_mul(1000))
    }
}
