//! How loading remediations went.

use regain_metrics::{Gauge, Registry};

use crate::clock;

/// Counts reloads.
#[derive(Clone, Debug)]
pub(super) struct ConfigMetrics {
    successful: Gauge,
    success_seconds: Gauge,
}

impl ConfigMetrics {
    /// Adds the metrics to `registry`: once per registry.
    pub(super) fn register(registry: &Registry) -> Self {
        Self {
            successful: registry.gauge(
                "regain_healing_config_last_reload_successful",
                "Whether the last attempt to load remediations was successful.",
            ),
            success_seconds: registry.gauge(
                "regain_healing_config_last_reload_success_timestamp_seconds",
                "Timestamp of the last time that remediations were loaded.",
            ),
        }
    }

    /// Notes whether a configuration is in force or was refused.
    pub(super) fn loaded(&self, is_good: bool) {
        self.successful.set(f64::from(u8::from(is_good)));
        if is_good {
            self.success_seconds.set(clock::since_epoch().as_secs() as f64);
        }
    }
}
