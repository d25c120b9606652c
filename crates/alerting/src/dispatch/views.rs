//! What can be seen of groups.

use std::sync::Arc;

use regain_model::Labels;

use super::Dispatcher;
use super::group::{AlertMarks, Group};
use crate::alert::{Alert, Fingerprint};
use crate::route::Route;

/// A group as it is now.
#[derive(Debug)]
pub(crate) struct GroupFacts<'a> {
    pub(crate) route: &'a Arc<Route>,
    pub(crate) key: &'a Arc<str>,
    pub(crate) labels: &'a Labels,
    pub(crate) muted_by: &'a [Arc<str>],
    group: &'a Group,
}

impl<'a> GroupFacts<'a> {
    /// The alerts, by fingerprint.
    pub(crate) fn alerts(&self) -> impl Iterator<Item = (Fingerprint, &'a Arc<Alert>)> + use<'a> {
        self.group.alerts.iter().map(|(fingerprint, alert)| (*fingerprint, alert))
    }

    /// What the last flush found about an alert; nothing if no flush has seen it.
    pub(crate) fn marks(&self, fingerprint: Fingerprint) -> Option<&'a AlertMarks> {
        self.group.marks.alerts.get(&fingerprint)
    }
}

impl Dispatcher {
    /// All groups that have alerts, in the order in which they came to life.
    pub(crate) fn groups(&self) -> impl Iterator<Item = GroupFacts<'_>> {
        self.groups.values().filter(|group| !group.destroyed).map(|group| GroupFacts {
            route: &group.route,
            key: &group.key,
            labels: &group.labels,
            muted_by: &group.marks.muted_by,
            group,
        })
    }
}
