//! One group of alerts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use jiff::Timestamp;
use regain_model::Labels;

use super::{GroupName, Timer, is_unchanged};
use crate::alert::{Alert, Fingerprint};
use crate::clock::later;
use crate::notify::sort_alerts;
use crate::route::Route;

/// Alerts that go to one receiver together.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) route: Arc<Route>,
    pub(super) labels: Labels,
    pub(super) key: Arc<str>,
    pub(super) alerts: BTreeMap<Fingerprint, Arc<Alert>>,
    pub(super) marks: Marks,
    /// When the group is due next, be it flushing or not.
    pub(super) next: Timestamp,
    pub(super) has_flushed: bool,
    pub(super) is_flushing: bool,
    /// Whether the last alert has left; a new alert starts a new group.
    pub(super) destroyed: bool,
}

/// What the last flush found to keep alerts from being notified.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// The time intervals that mute the whole group.
    pub(crate) muted_by: Vec<Arc<str>>,
    /// The alerts that were looked at, and whether they were suppressed.
    pub(crate) alerts: HashMap<Fingerprint, AlertMarks>,
}

/// See [`Marks`].
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertMarks {
    pub(crate) is_silenced: bool,
    pub(crate) is_inhibited: bool,
}

impl Group {
    /// A group without alerts that waits as long as a new one does.
    pub(super) fn new(route: Arc<Route>, labels: Labels, now: Timestamp) -> Self {
        Self {
            key: route.group_key(&labels).into(),
            next: later(now, route.options.group_wait),
            route,
            labels,
            alerts: BTreeMap::new(),
            marks: Marks::default(),
            has_flushed: false,
            is_flushing: false,
            destroyed: false,
        }
    }

    pub(super) fn insert(&mut self, fingerprint: Fingerprint, alert: &Arc<Alert>) {
        self.alerts.insert(fingerprint, Arc::clone(alert));
    }

    /// The alerts as a flush sees them: those that fire have no end, so that none resolves while it runs.
    pub(super) fn snapshot(&self, now: Timestamp) -> Vec<Arc<Alert>> {
        let seen = |alert: &Arc<Alert>| {
            if alert.is_resolved_at(now) {
                Arc::clone(alert)
            } else {
                Arc::new(Alert { ends_at: None, ..Alert::clone(alert) })
            }
        };
        let mut alerts: Vec<_> = self.alerts.values().map(seen).collect();
        sort_alerts(&mut alerts);
        alerts
    }

    /// Removes what a flush has told to be resolved, unless something was heard of it since.
    pub(super) fn forget_resolved(&mut self, flushed: &[Arc<Alert>]) {
        for told in flushed.iter().filter(|alert| alert.ends_at.is_some()) {
            let fingerprint = told.fingerprint();
            if self.alerts.get(&fingerprint).is_some_and(|here| is_unchanged(here, told)) {
                self.alerts.remove(&fingerprint);
                self.marks.alerts.remove(&fingerprint);
            }
        }
    }

    /// How long the group waits from one moment to its next flush.
    pub(super) fn wait_after(&self, has_flushed: bool) -> Duration {
        let options = &self.route.options;
        if has_flushed { options.group_interval } else { options.group_wait }
    }

    pub(super) fn name(&self) -> GroupName {
        GroupName {
            group_key: Arc::clone(&self.key),
            receiver: Arc::clone(&self.route.options.receiver),
        }
    }

    pub(super) fn timer(&self) -> Timer {
        Timer { name: self.name(), next: self.next, has_flushed: self.has_flushed }
    }
}
