//! One rule between its evaluations.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regain_model::{Labels, LabelsBuilder, METRIC_NAME};
use regain_storage::{LaneKey, Value};

use crate::alert::{Alert, AlertState, Candidate, Pace};
use crate::alerts::{ALERT_NAME, Alerts};
use crate::clock::timestamp;
use crate::error::RuleError;
use crate::output::{Output, Refused};
use crate::recording::record;
use crate::scene::Scene;
use crate::settings::Rule;
use crate::state::SavedRule;
use crate::template::RuleTemplates;
use crate::view::{AlertingView, RuleHealth, RuleView};

/// Is one rule of a group, with what it knows from its last evaluation.
#[derive(Debug)]
pub(crate) struct RuleState {
    pub(crate) settings: Arc<Rule>,
    /// Is absent for a recording rule.
    pub(crate) alerts: Option<Alerts>,
    templates: RuleTemplates,
    output: Output,
    /// Is the slot of the last evaluation that moved the alerts on.
    advanced_at: Option<Duration>,
    status: Status,
}

#[derive(Debug, Default)]
struct Status {
    health: RuleHealth,
    last_error: Option<Arc<str>>,
    evaluation_time: Duration,
    last_evaluation: Option<Duration>,
}

/// Is what a rule's expression came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What is to be written, in the order of the labels.
    pub(crate) series: Vec<(Labels, Value)>,
    /// The alerts have changed in a way that must survive a restart.
    pub(crate) has_changed: bool,
}

impl RuleState {
    pub(crate) fn new(settings: Arc<Rule>, lane: LaneKey, is_restored: bool) -> Self {
        let alerts = settings.alerting().map(|_| Alerts::new(is_restored));
        Self {
            templates: RuleTemplates::new(&settings),
            output: Output::new(lane),
            settings,
            alerts,
            advanced_at: None,
            status: Status::default(),
        }
    }

    /// Goes on with the alerts of a former process.
    pub(crate) fn restore(&mut self, saved: SavedRule) {
        self.advanced_at = Some(saved.evaluated());
        if let Some(alerts) = &mut self.alerts {
            *alerts = Alerts::restored(saved.alerts());
        }
    }

    /// Goes on with the series and alerts of a rule that this one replaces.
    pub(crate) fn continue_from(&mut self, before: Self) {
        self.output.continue_from(before.output);
        if let (Some(alerts), Some(before_alerts)) = (&mut self.alerts, before.alerts) {
            alerts.take_from(before_alerts);
            self.advanced_at = before.advanced_at;
        }
    }

    /// The series that have not ended.
    pub(crate) fn into_series(self) -> impl Iterator<Item = Labels> {
        self.output.into_series()
    }

    /// Tells whether somebody still has to look for the alerts of a former process.
    pub(crate) fn is_unrestored(&self) -> bool {
        self.alerts.as_ref().is_some_and(|alerts| !alerts.is_restored)
    }

    /// Evaluates the rule at a slot and moves its alerts on.
    pub(crate) fn evaluate(
        &mut self,
        scene: &Scene<'_>,
        limit: Option<usize>,
    ) -> Result<Outcome, RuleError> {
        let at = timestamp(scene.slot, scene.query_offset);
        let samples = scene.ask.of_rule(&self.settings, at)?;
        let (Some(alerts), Some(settings)) = (&mut self.alerts, self.settings.alerting()) else {
            let series = record(&self.settings, samples, limit)?;
            return Ok(Outcome { series, has_changed: false });
        };
        let mut found = BTreeMap::new();
        let mut labels = LabelsBuilder::new();
        let stage = self.templates.stage(scene);
        for sample in samples {
            let (own_labels, annotations) = stage.expand(&sample);
            labels.reset(&sample.labels);
            labels.delete(METRIC_NAME);
            for (name, value) in own_labels {
                labels.set(name, &value);
            }
            labels.set(ALERT_NAME, &self.settings.name);
            let candidate = Candidate { annotations, value: sample.value };
            if found.insert(labels.labels(), candidate).is_some() {
                return Err(RuleError::DuplicateAlert);
            }
        }
        let pace = Pace {
            now: scene.slot,
            hold: settings.hold,
            keep_firing_for: settings.keep_firing_for,
        };
        self.advanced_at = Some(scene.slot);
        let has_changed = alerts.advance(found, pace, limit)?;
        Ok(Outcome { series: alerts.series(&self.settings), has_changed })
    }

    /// Hands out the alerts that receivers must hear of.
    pub(crate) fn take_due(&mut self, scene: &Scene<'_>) -> Vec<Alert> {
        let alerts = self.alerts.as_mut();
        alerts.map(|alerts| alerts.take_due(scene.slot, scene.resend_delay)).unwrap_or_default()
    }

    /// The series that change when `series` are written: those, and the ones that may end.
    pub(crate) fn touched<'a>(
        &'a self,
        series: &'a [(Labels, Value)],
    ) -> impl Iterator<Item = &'a Labels> {
        series.iter().map(|(labels, _)| labels).chain(self.output.series())
    }

    /// Writes the samples of an evaluation. Says how many queries can see now, and what was refused.
    pub(crate) fn write(
        &mut self,
        scene: &Scene<'_>,
        series: Vec<(Labels, Value)>,
    ) -> Result<(u64, Refused), RuleError> {
        let at = timestamp(scene.slot, scene.query_offset);
        self.output.write(scene.store, at, series)
    }

    /// Forgets what an evaluation that broke down has begun.
    pub(crate) fn abandon(&mut self) {
        self.output.abandon();
    }

    /// Notes how an evaluation went.
    pub(crate) fn note(&mut self, start: Duration, took: Duration, error: Option<&RuleError>) {
        self.status = Status {
            health: if error.is_some() { RuleHealth::Bad } else { RuleHealth::Good },
            last_error: error.map(|error| error.to_string().into()),
            evaluation_time: took,
            last_evaluation: Some(start),
        };
    }

    /// Returns why the last evaluation failed, where it did.
    pub(crate) fn last_error(&self) -> Option<&str> {
        self.status.last_error.as_deref()
    }

    pub(crate) fn evaluation_time(&self) -> Duration {
        self.status.evaluation_time
    }

    /// Returns what has to be saved; nothing for a recording rule or one that was never evaluated.
    pub(crate) fn saved(&self) -> Option<SavedRule> {
        let (alerts, advanced_at) = (self.alerts.as_ref()?, self.advanced_at?);
        Some(SavedRule::new(&self.settings, advanced_at, alerts.iter()))
    }

    pub(crate) fn view(&self) -> RuleView {
        let status = &self.status;
        let alerting = self.alerts.as_ref().map(|alerts| AlertingView {
            state: match status.last_evaluation {
                None => AlertState::Unknown,
                Some(_) => alerts.state(),
            },
            alerts: alerts.iter().filter(|alert| alert.resolved_at.is_none()).cloned().collect(),
        });
        RuleView {
            settings: Arc::clone(&self.settings),
            health: status.health,
            last_error: status.last_error.clone(),
            evaluation_time: status.evaluation_time,
            last_evaluation: status.last_evaluation,
            alerting,
        }
    }
}
