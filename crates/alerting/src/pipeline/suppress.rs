//! What is not to be notified now.

use std::sync::Arc;

use jiff::Timestamp;

use crate::alert::Alert;
use crate::dispatch::{Flush, Marks};
use crate::inhibit::Inhibitor;
use crate::metrics::{NotificationMetrics, Suppressed};
use crate::silences::Silences;
use crate::time_interval::TimeIntervals;

/// Everything that can keep an alert from being notified.
#[derive(Debug)]
pub(crate) struct Suppression<'a> {
    pub(crate) inhibitor: &'a Inhibitor,
    pub(crate) intervals: &'a TimeIntervals,
    pub(crate) silences: &'a mut Silences,
    pub(crate) metrics: &'a NotificationMetrics,
}

/// The alerts of a flush that remain. What kept the others is noted in `marks`.
pub(crate) fn suppress(
    flush: &Flush,
    marks: &mut Marks,
    by: &mut Suppression<'_>,
    now: Timestamp,
) -> Vec<Arc<Alert>> {
    let mut alerts = flush.alerts.clone();
    alerts.retain(|alert| {
        let is_inhibited = !by.inhibitor.inhibited_by(&alert.labels, now).is_empty();
        marks.alerts.entry(alert.fingerprint()).or_default().is_inhibited = is_inhibited;
        !is_inhibited
    });
    by.metrics.suppress(Suppressed::Inhibition, flush.alerts.len() - alerts.len());
    if alerts.is_empty() {
        return alerts;
    }
    if let Some((why, muted_by)) = muting(flush, by.intervals) {
        by.metrics.suppress(why, alerts.len());
        marks.muted_by = muted_by;
        return Vec::new();
    }
    marks.muted_by.clear();
    let before = alerts.len();
    alerts.retain(|alert| {
        let fingerprint = alert.fingerprint();
        let is_silenced = !by.silences.silencing(fingerprint, &alert.labels, now).is_empty();
        marks.alerts.entry(fingerprint).or_default().is_silenced = is_silenced;
        !is_silenced
    });
    by.metrics.suppress(Suppressed::Silence, before - alerts.len());
    alerts
}

/// The time intervals that mute the whole group, and in which way.
fn muting(flush: &Flush, intervals: &TimeIntervals) -> Option<(Suppressed, Vec<Arc<str>>)> {
    let options = &flush.route.options;
    if !intervals.is_active(&options.active_time_intervals, flush.now) {
        return Some((Suppressed::ActiveTimeInterval, options.active_time_intervals.clone()));
    }
    let muted_by = intervals.holding(&options.mute_time_intervals, flush.now);
    (!muted_by.is_empty()).then_some((Suppressed::MuteTimeInterval, muted_by))
}
