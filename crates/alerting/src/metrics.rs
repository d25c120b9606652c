//! What the crate counts, under upstream's names.
//!
//! Everything that upstream shows at zero from the start is shown from the start here, too.

use std::time::Instant;

use regain_metrics::{Counter, CounterVec, Gauge, Histogram, Registry, Summary};

mod notifications;
mod states;

pub(crate) use self::notifications::{IntegrationMetrics, NotificationMetrics, Suppressed};
pub(crate) use self::states::{MaintenanceMetrics, NflogMetrics, SilenceMetrics};

/// All metrics of the crate.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) alerts: AlertMetrics,
    pub(crate) dispatch: DispatchMetrics,
    pub(crate) notifications: NotificationMetrics,
    pub(crate) nflog: NflogMetrics,
    pub(crate) silences: SilenceMetrics,
    pub(crate) configured: ConfiguredMetrics,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        // No cluster is built, so there is nothing else to say about one.
        registry.gauge(
            "alertmanager_cluster_enabled",
            "Indicates whether the clustering is enabled or not.",
        );
        Self {
            alerts: AlertMetrics::new(registry),
            dispatch: DispatchMetrics::new(registry),
            notifications: NotificationMetrics::new(registry),
            nflog: NflogMetrics::new(registry),
            silences: SilenceMetrics::new(registry),
            configured: ConfiguredMetrics::new(registry),
        }
    }
}

/// Observes how long something took, in seconds, when it is dropped.
#[derive(Debug)]
pub(crate) struct Timed<'a> {
    started: Instant,
    observe: Observe<'a>,
}

#[derive(Debug)]
enum Observe<'a> {
    Summary(&'a Summary),
    Histogram(&'a Histogram),
}

impl<'a> Timed<'a> {
    fn of_histogram(histogram: &'a Histogram) -> Self {
        Self { started: Instant::now(), observe: Observe::Histogram(histogram) }
    }
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        let seconds = self.started.elapsed().as_secs_f64();
        match self.observe {
            Observe::Summary(summary) => summary.observe(seconds),
            Observe::Histogram(histogram) => histogram.observe(seconds),
        }
    }
}

/// A summary of durations without quantiles.
#[derive(Clone, Debug)]
pub(crate) struct Durations(Summary);

impl Durations {
    fn new(registry: &Registry, name: &'static str, help: &'static str) -> Self {
        Self(registry.summary(name, help, &[]))
    }

    pub(crate) fn start(&self) -> Timed<'_> {
        Timed { started: Instant::now(), observe: Observe::Summary(&self.0) }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct AlertMetrics {
    pub(crate) active: Gauge,
    pub(crate) suppressed: Gauge,
    pub(crate) unprocessed: Gauge,
    pub(crate) received_firing: Counter,
    pub(crate) received_resolved: Counter,
    pub(crate) invalid: Counter,
    pub(crate) limited: CounterVec,
    pub(crate) per_name_limit: Gauge,
    subscriber_writes: CounterVec,
}

impl AlertMetrics {
    fn new(registry: &Registry) -> Self {
        let states =
            registry.gauge_vec("alertmanager_alerts", "How many alerts by state.", &["state"]);
        let received = registry.counter_vec(
            "alertmanager_alerts_received_total",
            "The total number of received alerts.",
            &["status", "version"],
        );
        let invalid = registry.counter_vec(
            "alertmanager_alerts_invalid_total",
            "The total number of received alerts that were invalid.",
            &["version"],
        );
        let writes = registry.counter_vec(
            "alertmanager_alerts_subscriber_channel_writes_total",
            "Number of times alerts were written to subscriber channels",
            &["subscriber"],
        );
        Self {
            active: states.with(&["active"]),
            suppressed: states.with(&["suppressed"]),
            unprocessed: states.with(&["unprocessed"]),
            received_firing: received.with(&["firing", "v2"]),
            received_resolved: received.with(&["resolved", "v2"]),
            invalid: invalid.with(&["v2"]),
            limited: registry.counter_vec(
                "alertmanager_alerts_limited_total",
                "Total number of alerts that were dropped due to per alert name limit",
                &[],
            ),
            per_name_limit: registry.gauge(
                "alertmanager_alerts_per_alert_limit",
                "Current limit on number of alerts per alert name",
            ),
            subscriber_writes: writes,
        }
    }

    /// Counts an alert that went to the inhibitor and the dispatcher.
    pub(crate) fn pass_on(&self) {
        for subscriber in ["dispatcher", "inhibitor"] {
            self.subscriber_writes.with(&[subscriber]).inc();
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct DispatchMetrics {
    pub(crate) groups: Gauge,
    pub(crate) processing: Durations,
    pub(crate) limit_reached: Counter,
}

impl DispatchMetrics {
    fn new(registry: &Registry) -> Self {
        // One task makes all groups here, so that nothing is ever tried again or given up.
        registry.counter(
            "alertmanager_dispatcher_aggregation_group_creation_retries_total",
            "Number of CAS retries while creating aggregation groups under contention.",
        );
        registry.counter(
            "alertmanager_dispatcher_aggregation_group_creation_given_up_total",
            "Number of alerts dropped because aggregation group creation exceeded the retry limit.",
        );
        Self {
            groups: registry.gauge(
                "alertmanager_dispatcher_aggregation_groups",
                "Number of active aggregation groups",
            ),
            processing: Durations::new(
                registry,
                "alertmanager_dispatcher_alert_processing_duration_seconds",
                "Summary of latencies for the processing of alerts.",
            ),
            limit_reached: registry.counter(
                "alertmanager_dispatcher_aggregation_group_limit_reached_total",
                "Number of times when dispatcher failed to create new aggregation group due to limit.",
            ),
        }
    }
}

/// What the configuration holds.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredMetrics {
    pub(crate) receivers: Gauge,
    pub(crate) integrations: Gauge,
    pub(crate) inhibition_rules: Gauge,
}

impl ConfiguredMetrics {
    fn new(registry: &Registry) -> Self {
        let gauge = |name: &'static str, help: &'static str| registry.gauge(name, help);
        Self {
            receivers: gauge("alertmanager_receivers", "Number of configured receivers."),
            integrations: gauge("alertmanager_integrations", "Number of configured integrations."),
            inhibition_rules: gauge(
                "alertmanager_inhibition_rules",
                "Number of configured inhibition rules.",
            ),
        }
    }
}
