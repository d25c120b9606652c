//! Telling receivers: what is said to them, what came of it, and who can be told.
//!
//! A [`Notification`] is one flush of one group for one receiver. Nothing here reads a clock or remembers
//! anything between two notifications: the time comes in with the notification, and what a receiver has to
//! remember (the message that Slack updates, for one) goes in and out as `receiver_data`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use regain_model::{INSTANCE_NAME, JOB_NAME, Labels};

use crate::Alert;
use crate::order::by_size_then_labels;

mod failure;
mod integration;
mod payload;
mod post;
mod slack;
mod webhook;

#[cfg(test)]
pub(crate) mod tests;

pub use failure::{Failure, FailureReason, NotifyError};
pub use integration::Integration;

/// Everything that a receiver is told in one go.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The name of the receiver, as the configuration has it.
    pub receiver: Arc<str>,
    /// The group's key, which payloads carry.
    pub group_key: String,
    /// The labels that the group is made by.
    pub group_labels: Labels,
    /// The labels of the route, whose templates are rendered already.
    pub route_labels: Labels,
    /// The alerts in the order of [`sort_alerts`]; `ends_at` is `None` for what fires.
    pub alerts: Vec<Arc<Alert>>,
    /// Why the group is notified now.
    pub reason: NotificationReason,
    /// Where this program is reached from outside, without a slash at its end.
    pub external_url: Arc<str>,
    /// The time of the notification: what resolved means, and what `now` gives in templates.
    pub now: Timestamp,
    /// What the integration gave back at its last delivery for this group.
    pub receiver_data: BTreeMap<String, ReceiverValue>,
}

/// Why a group is notified; the texts are upstream's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotificationReason {
    /// There is no reason, so nothing is sent.
    None,
    /// The group fires and was not notified before, or all of it had resolved.
    FirstNotification,
    /// Alerts fire that did not fire at the last notification.
    NewAlerts,
    /// Some alerts have resolved since the last notification.
    SomeResolved,
    /// Nothing fires any more.
    AllResolved,
    /// Nothing changed, and the repeat interval has passed.
    RepeatIntervalElapsed,
    /// Nobody said why.
    Unknown,
}

impl NotificationReason {
    /// The reason as templates and payloads show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::FirstNotification => "first notification",
            Self::NewAlerts => "new alerts added",
            Self::SomeResolved => "some alerts resolved",
            Self::AllResolved => "all alerts resolved",
            Self::RepeatIntervalElapsed => "repeat interval elapsed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for NotificationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value that an integration remembers for a group.
#[derive(Clone, Debug, PartialEq)]
pub enum ReceiverValue {
    /// A text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
}

/// A delivery that succeeded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivered {
    /// What the integration wants back with the group's next notification; replaces what it had.
    pub receiver_data: BTreeMap<String, ReceiverValue>,
}

/// Brings alerts into the order in which receivers are told of them: by `job`, by `instance`, then smaller label
/// sets first, then by the labels themselves. An alert without `job` or `instance` comes behind those that have it.
pub fn sort_alerts(alerts: &mut [Arc<Alert>]) {
    alerts.sort_by(|a, b| {
        by_label(JOB_NAME, a, b)
            .then_with(|| by_label(INSTANCE_NAME, a, b))
            .then_with(|| by_size_then_labels(&a.labels, &b.labels))
    });
}

fn by_label(name: &str, a: &Alert, b: &Alert) -> Ordering {
    match (a.labels.get(name), b.labels.get(name)) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}
