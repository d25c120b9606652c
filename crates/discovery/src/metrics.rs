//! What the users of discoveries count, under the names of upstream's discovery manager.

use std::time::Duration;

use regain_metrics::{Counter, CounterVec, Gauge, GaugeVec, Registry};

/// The metrics that all users of discoveries share; each has a name of its own.
#[derive(Clone, Debug)]
pub struct SdMetrics {
    failed_configs: GaugeVec,
    discovered_targets: GaugeVec,
    received_updates: CounterVec,
    delayed_updates: CounterVec,
    sent_updates: CounterVec,
    last_update: GaugeVec,
}

impl SdMetrics {
    /// Adds the metrics to `registry`.
    pub fn register(registry: &Registry) -> Self {
        Self {
            failed_configs: registry.gauge_vec(
                "prometheus_sd_failed_configs",
                "Current number of service discovery configurations that failed to load.",
                &["name"],
            ),
            discovered_targets: registry.gauge_vec(
                "prometheus_sd_discovered_targets",
                "Current number of discovered targets.",
                &["name", "config"],
            ),
            received_updates: registry.counter_vec(
                "prometheus_sd_received_updates_total",
                "Total number of update events received from the SD providers.",
                &["name"],
            ),
            delayed_updates: registry.counter_vec(
                "prometheus_sd_updates_delayed_total",
                "Total number of update events that couldn't be sent immediately.",
                &["name"],
            ),
            sent_updates: registry.counter_vec(
                "prometheus_sd_updates_total",
                "Total number of update events sent to the SD consumers.",
                &["name"],
            ),
            last_update: registry.gauge_vec(
                "prometheus_sd_last_update_timestamp_seconds",
                "Timestamp of the last update sent to the SD consumers.",
                &["name", "config"],
            ),
        }
    }

    /// The metrics of the user called `name`, which are exposed from now on.
    pub fn of(&self, name: &'static str) -> ConsumerMetrics {
        let failed_configs: Gauge = self.failed_configs.with(&[name]);
        failed_configs.set(0.0);
        ConsumerMetrics {
            name,
            received_updates: self.received_updates.with(&[name]),
            delayed_updates: self.delayed_updates.with(&[name]),
            sent_updates: self.sent_updates.with(&[name]),
            discovered_targets: self.discovered_targets.clone(),
            last_update: self.last_update.clone(),
        }
    }
}

/// What one user of discoveries counts.
#[derive(Clone, Debug)]
pub struct ConsumerMetrics {
    name: &'static str,
    /// Counts the updates that came from the discoveries.
    pub received_updates: Counter,
    /// Counts the updates that had to wait, because there was one a short while ago.
    pub delayed_updates: Counter,
    /// Counts the updates that were taken over.
    pub sent_updates: Counter,
    discovered_targets: GaugeVec,
    last_update: GaugeVec,
}

impl ConsumerMetrics {
    /// Notes that `config` has so many targets since `now`, a time since the Unix epoch.
    pub fn updated(&self, config: &str, targets: usize, now: Duration) {
        self.discovered_targets.with(&[self.name, config]).set(targets as f64);
        self.last_update.with(&[self.name, config]).set(now.as_secs_f64());
    }

    /// Ends the exposition of a `config` that is gone.
    pub fn forget(&self, config: &str) {
        self.discovered_targets.remove(&[self.name, config]);
        self.last_update.remove(&[self.name, config]);
    }
}
