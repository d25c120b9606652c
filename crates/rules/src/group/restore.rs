//! Taking over the alerts of a former process: exactly from its state file, or by upstream's rules from the series
//! `ALERTS_FOR_STATE` where there is no such file.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use regain_model::{Labels, LabelsBuilder, METRIC_NAME, Matcher, Span, Timestamp, is_stale};
use regain_storage::{Batch, Ctx, Queryable, Selection};

use super::Group;
use crate::alert::Alert;
use crate::alerts::{ALERT_NAME, ALERTS_FOR_STATE, alert_series};
use crate::clock::timestamp;
use crate::error::RuleError;
use crate::manager::Shared;
use crate::rule_state::RuleState;
use crate::settings::Rule;

/// A state that is older than this, and than two intervals, is not gone on with: by then queries have no samples from
/// before the interruption, and upstream's rules say how to wait.
const GAP_MAX: Duration = Duration::from_mins(5);

/// Is the last sample of a series about an alert.
type LastSample = (Timestamp, f64);

impl Group {
    /// Takes over the alerts of rules whose saved state is fresh.
    pub(super) fn restore_saved(&mut self, shared: &Shared) {
        let Some(dir) = &shared.options.state else { return };
        let Some(mut saved) = dir.load(&self.settings) else { return };
        let now = shared.options.clock.now();
        let gap_max = GAP_MAX.max(self.settings.interval.saturating_mul(2));
        for rule in &mut self.rules {
            let Some(saved) = saved.take(&rule.settings) else { continue };
            if now.saturating_sub(saved.evaluated()) <= gap_max {
                rule.restore(saved);
            }
        }
    }

    /// Tells whether some rules wait for [`Group::restore_from_series`].
    pub(crate) fn is_unrestored(&self) -> bool {
        self.rules.iter().any(RuleState::is_unrestored)
    }

    /// Moves the starts of alerts to where they were before the process started, as far as series tell.
    pub(crate) fn restore_from_series(&mut self, now: Duration, shared: &Shared) {
        for rule in self.rules.iter_mut().filter(|rule| rule.is_unrestored()) {
            if let Err(err) = restore_rule(rule, now, shared) {
                let (file, group) = (&*self.settings.file, &*self.settings.name);
                let alertname = &*rule.settings.name;
                tracing::error!(file, group, alertname, %err, "Failed to restore 'for' state");
            }
            // There is no second try: the rule waits as a new one does.
            if let Some(alerts) = &mut rule.alerts {
                alerts.is_restored = true;
            }
        }
        self.saver.note_change();
        shared.metrics.restored(&self.key, shared.options.clock.now().saturating_sub(now));
    }
}

fn restore_rule(rule: &mut RuleState, now: Duration, shared: &Shared) -> Result<(), RuleError> {
    let (Some(alerts), Some(settings)) = (&mut rule.alerts, rule.settings.alerting()) else {
        return Ok(());
    };
    let options = &shared.options;
    // Such a rule fires sooner than the grace period would let it.
    if settings.hold < options.grace_period {
        return Ok(());
    }
    let span = Span::new(timestamp(now, options.outage_tolerance), timestamp(now, Duration::ZERO));
    let last = last_samples(&rule.settings, &*options.source, span)?;
    for alert in alerts.iter_mut() {
        let Some(&(down_at, active_at)) = last.get(&alert.labels) else { continue };
        if !is_stale(active_at) {
            let times = Times { now, hold: settings.hold, grace: options.grace_period };
            shift(alert, down_at, active_at, times);
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Debug)]
struct Times {
    now: Duration,
    hold: Duration,
    grace: Duration,
}

/// Sets since when an alert is active, when its last sample was at `down_at` and said `active_at` (in seconds).
fn shift(alert: &mut Alert, down_at: Timestamp, active_at: f64, times: Times) {
    let Times { now, hold, grace } = times;
    let down_at = Duration::from_secs(u64::try_from(down_at.0 / 1000).unwrap_or(0));
    let active_at = Duration::try_from_secs_f64(active_at.trunc()).unwrap_or(Duration::ZERO);
    let remaining = hold.saturating_sub(down_at.saturating_sub(active_at));
    alert.active_at = if remaining.is_zero() {
        // It was firing, and fires again in the next evaluation.
        active_at
    } else if remaining < grace {
        (now + grace).saturating_sub(hold)
    } else {
        active_at + now.saturating_sub(down_at)
    };
}

/// Returns the last samples of all series about the alerts of a rule, by the labels of the alerts.
fn last_samples(
    rule: &Rule,
    source: &dyn Queryable,
    span: Span,
) -> Result<HashMap<Labels, LastSample>, RuleError> {
    let labels = alert_series(rule, ALERTS_FOR_STATE, None, None);
    // What a template comes to is different for each alert.
    let fixed = labels.iter().filter(|(_, value)| !value.contains("{{"));
    let matchers: Vec<Matcher> = fixed.map(|(name, value)| Matcher::equal(name, value)).collect();
    debug_assert!(matchers.iter().any(|matcher| matcher.name() == ALERT_NAME), "alerts are named");
    let ctx = Arc::new(Ctx::default());
    let snapshot = source.snapshot(span, &ctx)?;
    let mut parts = snapshot.select(&Selection::new(&matchers, span), &ctx)?;
    let mut last = HashMap::new();
    let mut batch = Batch::default();
    let mut builder = LabelsBuilder::new();
    while let Some(mut part) = parts.next()? {
        let count = part.series().len();
        part.decode(0..count, &mut batch)?;
        for run in &batch.runs {
            let at = usize::try_from(run.series).expect("a part has few series");
            let labels = ctx.labels.labels(part.series()[at].labels);
            builder.reset(&labels);
            builder.delete(METRIC_NAME);
            let sample = batch.times_of(run).last().zip(batch.floats_of(run).last());
            if let Some((&time, &value)) = sample {
                last.insert(builder.labels(), (Timestamp(time), value));
            }
        }
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Candidate;
    use crate::settings::Texts;

    #[test]
    fn the_start_of_an_alert_moves_as_upstream_moves_it() {
        const MIN: u64 = 60;
        // Columns: active since, last sample, now, all in minutes; for; grace; expected start in minutes.
        for (active, down, now, hold, grace, expected) in [
            // Was firing: stays where it was.
            (10, 40, 60, 30, 10, 10),
            (10, 50, 60, 30, 10, 10),
            // Little was left: the grace period is left now.
            (10, 35, 60, 30, 10, 40),
            // Much was left: the interruption does not count.
            (10, 15, 40, 30, 10, 35),
            (10, 30, 50, 30, 10, 30),
        ] {
            let minutes = |n: u64| Duration::from_secs(n * MIN);
            let candidate = Candidate { annotations: Texts::new(), value: 1.0 };
            let mut alert = Alert::pending(Labels::empty(), candidate, minutes(now));
            let times = Times { now: minutes(now), hold: minutes(hold), grace: minutes(grace) };
            let down_at = Timestamp(i64::try_from(down * MIN * 1000).unwrap());
            shift(&mut alert, down_at, (active * MIN) as f64, times);
            assert_eq!(alert.active_at, minutes(expected), "active {active} down {down}");
        }
    }
}
