//! What is counted about notifications.

use regain_metrics::{Counter, CounterVec, Histogram, HistogramVec, Registry};

use crate::notify::FailureReason;

/// All integrations that upstream has, built here or not: dashboards look for each.
const INTEGRATIONS: [&str; 18] = [
    "email",
    "pagerduty",
    "wechat",
    "pushover",
    "slack",
    "opsgenie",
    "webhook",
    "victorops",
    "sns",
    "telegram",
    "discord",
    "webex",
    "msteams",
    "msteamsv2",
    "incidentio",
    "jira",
    "rocketchat",
    "mattermost",
];

const LATENCY_BUCKETS: [f64; 5] = [1.0, 5.0, 10.0, 15.0, 20.0];

/// Why alerts were left out of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suppressed {
    Silence,
    Inhibition,
    MuteTimeInterval,
    ActiveTimeInterval,
}

impl Suppressed {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Inhibition => "inhibition",
            Self::MuteTimeInterval => "mute_time_interval",
            Self::ActiveTimeInterval => "active_time_interval",
        }
    }
}

/// The families; [`NotificationMetrics::of`] gives those of one integration.
#[derive(Clone, Debug)]
pub(crate) struct NotificationMetrics {
    notifications: CounterVec,
    failed: CounterVec,
    requests: CounterVec,
    requests_failed: CounterVec,
    latency: HistogramVec,
    suppressed: CounterVec,
}

impl NotificationMetrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let counters = |name: &'static str, help: &'static str, labels: &[&'static str]| {
            registry.counter_vec(name, help, labels)
        };
        let metrics = Self {
            notifications: counters(
                "alertmanager_notifications_total",
                "The total number of attempted notifications.",
                &["integration"],
            ),
            failed: counters(
                "alertmanager_notifications_failed_total",
                "The total number of failed notifications.",
                &["integration", "reason"],
            ),
            requests: counters(
                "alertmanager_notification_requests_total",
                "The total number of attempted notification requests.",
                &["integration"],
            ),
            requests_failed: counters(
                "alertmanager_notification_requests_failed_total",
                "The total number of failed notification requests.",
                &["integration"],
            ),
            latency: registry.histogram_vec(
                "alertmanager_notification_latency_seconds",
                "The latency of notifications in seconds.",
                &["integration"],
                &LATENCY_BUCKETS,
            ),
            suppressed: counters(
                "alertmanager_notifications_suppressed_total",
                "The total number of notifications suppressed for being silenced, inhibited, outside of active time intervals or within muted time intervals.",
                &["reason"],
            ),
        };
        for integration in INTEGRATIONS {
            metrics.of(integration);
            for reason in FailureReason::ALL {
                metrics.failed.with(&[integration, reason.as_str()]);
            }
        }
        metrics
    }

    /// The metrics of one integration.
    pub(crate) fn of(&self, integration: &str) -> IntegrationMetrics {
        IntegrationMetrics {
            integration: integration.to_owned(),
            notifications: self.notifications.with(&[integration]),
            failed: self.failed.clone(),
            requests: self.requests.with(&[integration]),
            requests_failed: self.requests_failed.with(&[integration]),
            latency: self.latency.with(&[integration]),
        }
    }

    /// Counts alerts that are left out.
    pub(crate) fn suppress(&self, why: Suppressed, alerts: usize) {
        if alerts > 0 {
            self.suppressed.with(&[why.as_str()]).add(alerts as u64);
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct IntegrationMetrics {
    integration: String,
    failed: CounterVec,
    pub(crate) notifications: Counter,
    pub(crate) requests: Counter,
    pub(crate) requests_failed: Counter,
    pub(crate) latency: Histogram,
}

impl IntegrationMetrics {
    pub(crate) fn fail(&self, reason: FailureReason) {
        self.failed.with(&[&self.integration, reason.as_str()]).inc();
    }
}
