//! The alerts that senders have told of, by fingerprint, as last described.
//!
//! Alerts are not persisted: each sender repeats what fires.

mod limit;
mod posted;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use self::limit::NameLimits;
use crate::alert::{Alert, Fingerprint};

pub use self::posted::{InvalidAlert, PostedAlert};

/// An alert was dropped because as many of its name as may be are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alert limited")]
pub(crate) struct Limited;

/// The alerts by fingerprint.
#[derive(Debug)]
pub(crate) struct AlertStore {
    alerts: BTreeMap<Fingerprint, Arc<Alert>>,
    limits: NameLimits,
}

impl AlertStore {
    /// An empty store for at most `per_name_max` alerts of each name; 0 is no limit.
    pub(crate) fn new(per_name_max: usize) -> Self {
        Self { alerts: BTreeMap::new(), limits: NameLimits::new(per_name_max) }
    }

    /// Takes an alert in, merged with the one that is here where both were active at the same time.
    pub(crate) fn put(&mut self, alert: Alert, now: Timestamp) -> Result<Arc<Alert>, Limited> {
        let fingerprint = alert.fingerprint();
        let alert = match self.alerts.get(&fingerprint) {
            Some(old) if overlap(old, &alert) => merge(old, &alert, now),
            _ => alert,
        };
        if !self.limits.admit(&alert, fingerprint, now) {
            return Err(Limited);
        }
        let alert = Arc::new(alert);
        self.alerts.insert(fingerprint, Arc::clone(&alert));
        Ok(alert)
    }

    /// All alerts, by fingerprint.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Fingerprint, &Arc<Alert>)> {
        self.alerts.iter().map(|(fingerprint, alert)| (*fingerprint, alert))
    }

    /// Forgets the alerts that have ended and gives their fingerprints.
    pub(crate) fn collect_garbage(&mut self, now: Timestamp) -> Vec<Fingerprint> {
        self.limits.collect_garbage(now);
        let ended = self.alerts.extract_if(.., |_, alert| alert.is_resolved_at(now));
        ended.map(|(fingerprint, _)| fingerprint).collect()
    }
}

/// Whether an end of the new alert's time lies inside the old one's.
fn overlap(old: &Alert, new: &Alert) -> bool {
    let before_end = |time: Timestamp| old.ends_at.is_some_and(|end| time < end);
    let ends_inside = new.ends_at.is_some_and(|end| end > old.starts_at && before_end(end));
    ends_inside || (new.starts_at > old.starts_at && before_end(new.starts_at))
}

/// One alert from two descriptions of it: the younger one with the earlier start, and the end that counts.
fn merge(a: &Alert, b: &Alert, now: Timestamp) -> Alert {
    let (older, younger) = if b.updated_at < a.updated_at { (b, a) } else { (a, b) };
    let mut merged = younger.clone();
    merged.starts_at = merged.starts_at.min(older.starts_at);
    let older_ends_later = older.ends_at > younger.ends_at;
    let older_counts = if younger.is_resolved_at(now) {
        // Both have ended: the later end is true.
        older.is_resolved_at(now)
    } else {
        // An end that the sender named is better than one that was made up for it.
        !older.timeout
    };
    if older_ends_later && older_counts {
        merged.ends_at = older.ends_at;
    }
    merged
}

#[cfg(test)]
mod tests;
