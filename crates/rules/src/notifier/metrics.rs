//! What a notifier counts, under upstream's names.

use std::time::Duration;

use regain_metrics::{CounterVec, GaugeVec, HistogramVec, Registry, SummaryVec};

const BOUNDS: [f64; 4] = [0.01, 0.1, 1.0, 10.0];
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];
const LABEL: [&str; 1] = ["alertmanager"];

/// Holds the metrics of a notifier.
#[derive(Clone, Debug)]
pub(crate) struct NotifierMetrics {
    latency: SummaryVec,
    latency_histogram: HistogramVec,
    errors: CounterVec,
    sent: CounterVec,
    dropped: CounterVec,
    queue_length: GaugeVec,
}

/// Holds the metrics of one Alertmanager. Vectors are asked each time: of two sets with the same member the one that
/// ends takes the metrics away, and those of the other come again.
#[derive(Clone, Debug)]
pub(crate) struct AlertmanagerMetrics {
    url: String,
    all: NotifierMetrics,
}

impl NotifierMetrics {
    pub(super) fn register(registry: &Registry, queue_capacity: usize) -> Self {
        let capacity = registry.gauge(
            "prometheus_notifications_queue_capacity",
            "The capacity of the alert notifications queue.",
        );
        capacity.set(queue_capacity as f64);
        Self {
            latency: registry.summary_vec(
                "prometheus_notifications_latency_seconds",
                "Latency quantiles for sending alert notifications.",
                &LABEL,
                &QUANTILES,
            ),
            latency_histogram: registry.histogram_vec(
                "prometheus_notifications_latency_histogram_seconds",
                "Latency histogram for sending alert notifications.",
                &LABEL,
                &BOUNDS,
            ),
            errors: registry.counter_vec(
                "prometheus_notifications_errors_total",
                "Total number of sent alerts affected by errors.",
                &LABEL,
            ),
            sent: registry.counter_vec(
                "prometheus_notifications_sent_total",
                "Total number of alerts sent.",
                &LABEL,
            ),
            dropped: registry.counter_vec(
                "prometheus_notifications_dropped_total",
                "Total number of alerts dropped due to errors when sending to Alertmanager.",
                &LABEL,
            ),
            queue_length: registry.gauge_vec(
                "prometheus_notifications_queue_length",
                "The number of alert notifications in the queue.",
                &LABEL,
            ),
        }
    }

    /// Returns the metrics of an Alertmanager, exposed from now on.
    pub(super) fn of(&self, url: &str) -> AlertmanagerMetrics {
        for counter in [&self.errors, &self.sent, &self.dropped] {
            counter.with(&[url]);
        }
        self.queue_length.with(&[url]);
        AlertmanagerMetrics { url: url.to_owned(), all: self.clone() }
    }
}

impl AlertmanagerMetrics {
    /// Counts alerts that were sent. Latencies are exposed from the first on, as upstream's are.
    pub(super) fn sent(&self, alerts: usize, took: Duration) {
        let url = [&*self.url];
        self.all.latency.with(&url).observe(took.as_secs_f64());
        self.all.latency_histogram.with(&url).observe(took.as_secs_f64());
        self.all.sent.with(&url).add(alerts as u64);
    }

    /// Counts alerts that could not be sent.
    pub(super) fn failed(&self, alerts: usize) {
        self.all.errors.with(&[&self.url]).add(alerts as u64);
        self.dropped(alerts);
    }

    /// Counts alerts that are given up.
    pub(super) fn dropped(&self, alerts: usize) {
        self.all.dropped.with(&[&self.url]).add(alerts as u64);
    }

    pub(super) fn set_queue_length(&self, alerts: usize) {
        self.all.queue_length.with(&[&self.url]).set(alerts as f64);
    }

    /// Ends the exposition.
    pub(super) fn forget(&self) {
        let url = [&*self.url];
        self.all.latency.remove(&url);
        self.all.latency_histogram.remove(&url);
        for counter in [&self.all.errors, &self.all.sent, &self.all.dropped] {
            counter.remove(&url);
        }
        self.all.queue_length.remove(&url);
    }
}
