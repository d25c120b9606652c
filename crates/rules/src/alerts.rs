//! The alerts of one rule from evaluation to evaluation.

use std::collections::BTreeMap;
use std::time::Duration;

use regain_model::{Labels, LabelsBuilder, METRIC_NAME};
use regain_storage::Value;

use crate::alert::{Absent, Alert, AlertState, Candidate, Pace};
use crate::error::RuleError;
use crate::settings::Rule;

/// The label that holds the name of an alert.
pub(crate) const ALERT_NAME: &str = "alertname";
/// The series of alerts that are pending or firing.
pub(crate) const ALERTS: &str = "ALERTS";
/// The series that say since when alerts are active.
pub(crate) const ALERTS_FOR_STATE: &str = "ALERTS_FOR_STATE";
const ALERT_STATE: &str = "alertstate";

/// Holds the alerts of one rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alerts {
    active: BTreeMap<Labels, Alert>,
    /// The state before the start of the process is known or given up; series are written from then on.
    pub(crate) is_restored: bool,
    /// Some alerts are as a former process left them. In the next evaluation those whose condition does not hold stay
    /// as they are, because targets may not have been scraped yet.
    is_settling: bool,
}

impl Alerts {
    /// Starts without alerts.
    pub(crate) fn new(is_restored: bool) -> Self {
        Self { is_restored, ..Self::default() }
    }

    /// Starts with the alerts of a former process. They are sent anew with the first evaluation: whoever keeps them in
    /// memory alone, as Alertmanagers do, may have been restarted, too.
    pub(crate) fn restored(alerts: impl IntoIterator<Item = Alert>) -> Self {
        let unsent = |alert: Alert| Alert { last_sent_at: None, ..alert };
        let alerts = alerts.into_iter().map(unsent);
        let active = alerts.map(|alert| (alert.labels.clone(), alert)).collect();
        Self { active, is_restored: true, is_settling: true }
    }

    /// All alerts, resolved ones too, in the order of their labels.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.active.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.active.values_mut()
    }

    /// Takes over the alerts of a rule that this one continues.
    pub(crate) fn take_from(&mut self, other: Self) {
        self.active = other.active;
        self.is_settling = other.is_settling;
    }

    /// Moves all alerts on, by what the rule's expression came to. Where the limit is exceeded all alerts are
    /// forgotten. Returns whether anything happened that must survive a restart.
    pub(crate) fn advance(
        &mut self,
        found: BTreeMap<Labels, Candidate>,
        pace: Pace,
        limit: Option<usize>,
    ) -> Result<bool, RuleError> {
        let is_settling = std::mem::take(&mut self.is_settling);
        let mut has_changed = false;
        let mut holding = Vec::with_capacity(found.len());
        for (labels, candidate) in found {
            holding.push(labels.clone());
            match self.active.get_mut(&labels) {
                Some(alert) if alert.state != AlertState::Inactive => {
                    alert.value = candidate.value;
                    alert.annotations = candidate.annotations;
                }
                _ => {
                    has_changed = true;
                    let alert = Alert::pending(labels.clone(), candidate, pace.now);
                    self.active.insert(labels, alert);
                }
            }
        }
        let mut active_count = 0;
        self.active.retain(|labels, alert| {
            let before = alert.milestones();
            let holds = holding.binary_search(labels).is_ok();
            if !holds && is_settling {
                active_count += usize::from(alert.state != AlertState::Inactive);
                return true;
            }
            let outcome = if holds {
                alert.keep_firing_since = None;
                Absent::KeepsFiring
            } else {
                alert.miss(pace)
            };
            if outcome == Absent::KeepsFiring {
                active_count += 1;
                alert.ripen(pace);
            }
            has_changed |= outcome == Absent::Forgotten || alert.milestones() != before;
            outcome != Absent::Forgotten
        });
        match limit {
            Some(limit) if active_count > limit => {
                self.active.clear();
                Err(RuleError::AlertLimit { limit, found: active_count })
            }
            _ => Ok(has_changed),
        }
    }

    /// Returns the greatest state of all alerts, at least inactive.
    pub(crate) fn state(&self) -> AlertState {
        self.iter().map(|alert| alert.state).max().unwrap_or(AlertState::Inactive)
    }

    /// Returns the series that say how the alerts are, in the order of their labels; none before the restoration.
    pub(crate) fn series(&self, rule: &Rule) -> Vec<(Labels, Value)> {
        if !self.is_restored {
            return Vec::new();
        }
        let active = self.iter().filter(|alert| alert.state != AlertState::Inactive);
        let mut series: Vec<_> = active
            .flat_map(|alert| {
                let state = Some(alert.state);
                let since = Value::Float(alert.active_at.as_secs() as f64);
                [
                    (alert_series(rule, ALERTS, Some(&alert.labels), state), Value::Float(1.0)),
                    (alert_series(rule, ALERTS_FOR_STATE, Some(&alert.labels), None), since),
                ]
            })
            .collect();
        series.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        series
    }

    /// Hands out the alerts that receivers must hear of at `now`, and notes that they do.
    pub(crate) fn take_due(&mut self, now: Duration, resend_delay: Duration) -> Vec<Alert> {
        let due = self.iter_mut().filter(|alert| alert.needs_sending(now, resend_delay));
        due.map(|alert| {
            alert.last_sent_at = Some(now);
            alert.clone()
        })
        .collect()
    }
}

/// Returns the labels of a series about an alert of `rule`, or about all of them.
///
/// As upstream has it, the rule's own labels come through unexpanded where the alert has no such label.
pub(crate) fn alert_series(
    rule: &Rule,
    metric: &str,
    alert: Option<&Labels>,
    state: Option<AlertState>,
) -> Labels {
    let mut labels = LabelsBuilder::new();
    for (name, value) in &rule.labels {
        labels.set(name, value);
    }
    for (name, value) in alert.into_iter().flatten() {
        labels.set(name, value);
    }
    labels.set(METRIC_NAME, metric);
    labels.set(ALERT_NAME, &rule.name);
    if let Some(state) = state {
        labels.set(ALERT_STATE, state.as_str());
    }
    labels.labels()
}
#[cfg(test)]
mod tests;
