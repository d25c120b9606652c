//! Whether an integration knows already.

use std::time::Duration;

use hashbrown::HashSet;
use jiff::Timestamp;

use crate::clock::earlier;
use crate::nflog::Entry;
use crate::notify::NotificationReason;

/// How a group stands now, as hashes of its alerts.
#[derive(Debug)]
pub(super) struct Standing<'a> {
    pub(super) firing: &'a [u64],
    pub(super) resolved: &'a [u64],
    pub(super) send_resolved: bool,
}

/// Why the integration is to be told, given what it was told last.
pub(super) fn reason(
    entry: Option<&Entry>,
    standing: &Standing<'_>,
    repeat: Duration,
    now: Timestamp,
) -> NotificationReason {
    let has_firing = !standing.firing.is_empty();
    let Some(entry) = entry else {
        // Nobody needs to hear of the end of what they never heard of.
        return if has_firing {
            NotificationReason::FirstNotification
        } else {
            NotificationReason::None
        };
    };
    if !is_subset(standing.firing, &entry.firing) {
        return if entry.firing.is_empty() {
            NotificationReason::FirstNotification
        } else {
            NotificationReason::NewAlerts
        };
    }
    if !has_firing {
        // This holds for integrations that are not sent what has resolved, too: the log has to forget what fired.
        return if entry.firing.is_empty() {
            NotificationReason::None
        } else {
            NotificationReason::AllResolved
        };
    }
    if standing.send_resolved && !is_subset(standing.resolved, &entry.resolved) {
        return NotificationReason::SomeResolved;
    }
    if entry.timestamp < earlier(now, repeat) {
        NotificationReason::RepeatIntervalElapsed
    } else {
        NotificationReason::None
    }
}

fn is_subset(part: &[u64], whole: &[u64]) -> bool {
    let whole: HashSet<u64> = whole.iter().copied().collect();
    part.iter().all(|hash| whole.contains(hash))
}
