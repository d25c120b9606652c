//! A group: its rules are evaluated one after another at a slot. Synchronous; whoever runs it says when.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use regain_model::{Labels, Timestamp};
use regain_promql::{Expr, Round};
use regain_storage::{LaneKey, Value};

use crate::ask::Ask;
use crate::clock::timestamp;
use crate::error::RuleError;
use crate::external_url::ExternalUrl;
use crate::manager::Shared;
use crate::metrics::GroupMetrics;
use crate::notifier::OutgoingAlert;
use crate::output::{Output, Refused};
use crate::rule_state::{Outcome, RuleState};
use crate::running::Running;
use crate::scene::Scene;
use crate::settings::{RuleGroup, RuleSet};
use crate::state::{SavedGroup, Saver};
use crate::view::GroupView;

mod restore;

/// Receivers drop an alert that they do not hear of for so many resends.
const RESENDS_VALID: u32 = 4;

/// Is a group with the state of its rules.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) settings: Arc<RuleGroup>,
    key: String,
    rules: Vec<RuleState>,
    /// The series of rules that are gone, which are to end.
    leftovers: Vec<Labels>,
    saver: Saver,
    metrics: GroupMetrics,
    evaluation_time: Duration,
    last_evaluation: Option<Duration>,
}

impl Group {
    /// Makes a group that nobody ran before in this process. Where a former process is to be continued
    /// (`restores`), alerts come from its state file or are waited for.
    pub(crate) fn new(settings: RuleGroup, shared: &Shared, restores: bool) -> Self {
        let key = settings.key();
        let metrics = shared.metrics.group(&key, settings.interval, settings.rules.len());
        let mut counts: HashMap<String, usize> = HashMap::new();
        let rules = settings.rules.iter().map(|rule| {
            let name = format!("{} {:?}", rule.name, rule.labels);
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            let lane = LaneKey::rule(&key, &format!("{name} {count}"));
            RuleState::new(Arc::clone(rule), lane, !restores)
        });
        let mut group = Self {
            rules: rules.collect(),
            leftovers: Vec::new(),
            saver: Saver::new(shared.options.state.clone()),
            metrics,
            evaluation_time: Duration::ZERO,
            last_evaluation: None,
            key,
            settings: Arc::new(settings),
        };
        if restores {
            group.restore_saved(shared);
        }
        group
    }

    /// Makes a group that goes on with the state of the one that it replaces. Rules are the same where they have the
    /// same name and labels; of several the first continues the first, and so on.
    pub(crate) fn replacing(settings: RuleGroup, shared: &Shared, before: Self) -> Self {
        let mut group = Self::new(settings, shared, false);
        group.evaluation_time = before.evaluation_time;
        group.last_evaluation = before.last_evaluation;
        group.leftovers = before.leftovers;
        let mut olds: Vec<Option<RuleState>> = before.rules.into_iter().map(Some).collect();
        for rule in &mut group.rules {
            let continued = olds
                .iter_mut()
                .find(|old| old.as_ref().is_some_and(|old| rule.settings.continues(&old.settings)));
            if let Some(old) = continued.and_then(Option::take) {
                rule.continue_from(old);
            }
        }
        group.leftovers.extend(olds.into_iter().flatten().flat_map(RuleState::into_series));
        group
    }

    /// Evaluates all rules at `slot`, until `running` is stopped.
    pub(crate) fn evaluate(&mut self, slot: Duration, shared: &Shared, running: &Arc<Running>) {
        let set = shared.set.load();
        let mut scene = self.scene(slot, shared, &set, running);
        scene.ask.round = self.round(shared, timestamp(slot, scene.query_offset));
        let clock = &shared.options.clock;
        let start = clock.now();
        self.metrics.scheduled.inc();
        let mut samples = 0;
        let mut is_whole = true;
        for index in 0..self.rules.len() {
            if running.is_stopped() {
                is_whole = false;
                break;
            }
            scene.ask.rule = Arc::clone(&self.rules[index].settings.name);
            scene.ask.index = index;
            samples += self.evaluate_rule(index, shared, &scene);
        }
        if is_whole {
            self.metrics.samples.set(samples as f64);
            self.end_leftovers(&scene);
        }
        if self.saver.is_due(slot, self.has_alerts()) {
            self.save(shared, slot);
        }
        let took = clock.now().saturating_sub(start);
        (self.last_evaluation, self.evaluation_time) = (Some(start), took);
        let rule_durations = self.rules.iter().map(RuleState::evaluation_time).sum();
        shared.metrics.group_evaluated(took);
        self.metrics.evaluated(start, took, rule_durations);
    }

    /// Begins what the rules share when they are evaluated at `at`. One that cannot be planned breaks down by itself.
    fn round(&self, shared: &Shared, at: Timestamp) -> Option<Arc<Round>> {
        let exprs: Vec<&Expr> = self.rules.iter().map(|rule| &rule.settings.expr).collect();
        if exprs.len() < 2 {
            return None;
        }
        let round = AssertUnwindSafe(|| shared.options.queries.round(&exprs, at));
        catch_unwind(round).ok().map(Arc::new)
    }

    /// Counts slots that passed without an evaluation.
    pub(crate) fn note_missed(&self, slots: u64) {
        self.metrics.missed.add(slots);
        self.metrics.scheduled.add(slots);
    }

    /// Evaluates one rule, whatever happens in it, and returns how many samples it had.
    fn evaluate_rule(&mut self, index: usize, shared: &Shared, scene: &Scene<'_>) -> usize {
        let clock = &shared.options.clock;
        let start = clock.now();
        self.metrics.evaluations.inc();
        let steps = AssertUnwindSafe(|| self.steps(index, shared, scene));
        let (samples, error) = match catch_unwind(steps) {
            Ok(Ok((samples, refused))) => (samples, self.report_refused(index, refused)),
            Ok(Err(error)) => (0, Some(error)),
            Err(panic) => {
                self.rules[index].abandon();
                (0, Some(RuleError::Panicked(panic_text(&*panic))))
            }
        };
        let took = clock.now().saturating_sub(start);
        let rule = &mut self.rules[index];
        rule.note(start, took, error.as_ref());
        shared.metrics.rule_evaluated(took);
        if let Some(err) = error
            && !matches!(err, RuleError::Refused(_))
        {
            self.metrics.failures.inc();
            if !err.is_canceled() {
                let (file, group, name) =
                    (&*self.settings.file, &*self.settings.name, &*rule.settings.name);
                let query = &*rule.settings.query;
                tracing::warn!(file, group, name, index, rule = query, %err, "Evaluating rule failed");
            }
        }
        samples
    }

    /// Goes through the steps of one rule: ask, move alerts on, save what changed, tell the receivers, write.
    fn steps(
        &mut self,
        index: usize,
        shared: &Shared,
        scene: &Scene<'_>,
    ) -> Result<(usize, Refused), RuleError> {
        let limit = usize::try_from(self.settings.limit).ok().filter(|&limit| limit > 0);
        let evaluated = self.rules[index].evaluate(scene, limit);
        if matches!(evaluated, Err(RuleError::AlertLimit { .. })) {
            self.saver.note_change();
        }
        let Outcome { series, has_changed } = evaluated?;
        if has_changed {
            self.save(shared, scene.slot);
        }
        let samples = series.len();
        let due = self.rules[index].take_due(scene);
        if !due.is_empty() {
            self.saver.note_change();
            let valid = self.settings.interval.max(scene.resend_delay) * RESENDS_VALID;
            let link = scene.external_url.table_link(&self.rules[index].settings.query);
            let outgoing = due
                .into_iter()
                .map(|alert| OutgoingAlert::of(alert, scene.slot.saturating_add(valid), &link));
            let outgoing: Vec<_> = outgoing.map(Arc::new).collect();
            shared.options.notifier.send(&outgoing);
        }
        let refused = self.write(index, shared, scene, series)?;
        Ok((samples, refused))
    }

    /// Writes the samples of one rule. What the rules after it share goes on to hold as far as they do not read these.
    fn write(
        &mut self,
        index: usize,
        shared: &Shared,
        scene: &Scene<'_>,
        series: Vec<(Labels, Value)>,
    ) -> Result<Refused, RuleError> {
        let rule = &mut self.rules[index];
        let (source, round) = (&*shared.options.source, scene.ask.round.as_deref());
        let before = round.and_then(|round| round.before_write(source));
        let touched: Vec<Labels> =
            before.map(|_| rule.touched(&series).cloned().collect()).unwrap_or_default();
        let (visible, refused) = rule.write(scene, series)?;
        if let (Some(round), Some(before)) = (round, before)
            && visible > 0
        {
            round.wrote(source, before, &touched);
        }
        Ok(refused)
    }

    fn report_refused(&self, index: usize, refused: Refused) -> Option<RuleError> {
        let (file, group) = (&*self.settings.file, &*self.settings.name);
        let name = &*self.rules[index].settings.name;
        for (num_dropped, message) in [
            (refused.out_of_order, "Error on ingesting out-of-order result from rule evaluation"),
            (refused.too_old, "Error on ingesting too old result from rule evaluation"),
            (
                refused.duplicate,
                "Error on ingesting results from rule evaluation with different value but same timestamp",
            ),
        ] {
            if num_dropped > 0 {
                tracing::warn!(file, group, name, index, num_dropped, "{message}");
            }
        }
        refused.last
    }

    /// Ends the series of rules that are gone, `before` the slot by the query offset.
    fn end_leftovers(&mut self, scene: &Scene<'_>) {
        let leftovers = std::mem::take(&mut self.leftovers);
        if leftovers.is_empty() {
            return;
        }
        let at = timestamp(scene.slot, scene.query_offset);
        let mut output = Output::ending(LaneKey::rule(&self.key, ""), leftovers);
        if let Err(err) = output.write(scene.store, at, Vec::new()) {
            let (file, group) = (&*self.settings.file, &*self.settings.name);
            tracing::warn!(file, group, %err,
                "Stale sample appending for previous configuration failed");
            self.leftovers = output.into_series().collect();
        }
    }

    /// Ends all series of a group that is gone since `at`.
    pub(crate) fn end_all(mut self, at: Duration, shared: &Shared) {
        let rules = std::mem::take(&mut self.rules);
        self.leftovers.extend(rules.into_iter().flat_map(RuleState::into_series));
        let (set, running) = (shared.set.load(), Arc::new(Running::new()));
        let scene = self.scene(at, shared, &set, &running);
        self.end_leftovers(&scene);
    }

    /// Forgets a group that is no longer configured.
    pub(crate) fn forget(&self, shared: &Shared) {
        self.saver.remove(&self.settings);
        shared.metrics.forget(&self.key);
    }

    pub(crate) fn rules(&self) -> &[RuleState] {
        &self.rules
    }

    fn has_alerts(&self) -> bool {
        let mut alerts = self.rules.iter().filter_map(|rule| rule.alerts.as_ref());
        alerts.any(|alerts| alerts.iter().next().is_some())
    }

    /// Writes the state file at the end, if anything is newer.
    pub(crate) fn save_final(&mut self, shared: &Shared) {
        let now = shared.options.clock.now();
        if self.saver.is_due(now, false) {
            self.save(shared, now);
        }
    }

    /// Writes the state file, where there are such files.
    pub(crate) fn save(&mut self, shared: &Shared, now: Duration) {
        if shared.options.state.is_none() {
            return;
        }
        let rules = self.rules.iter().filter_map(RuleState::saved).collect();
        let saved = SavedGroup::new(&self.settings, rules);
        if !self.saver.write(&self.settings, &saved, now) {
            shared.metrics.state_writes_failed.inc();
        }
    }

    pub(crate) fn view(&self) -> GroupView {
        GroupView {
            settings: Arc::clone(&self.settings),
            rules: self.rules.iter().map(RuleState::view).collect(),
            evaluation_time: self.evaluation_time,
            last_evaluation: self.last_evaluation,
        }
    }

    fn scene<'a>(
        &self,
        slot: Duration,
        shared: &'a Shared,
        set: &'a RuleSet,
        running: &Arc<Running>,
    ) -> Scene<'a> {
        let options = &shared.options;
        let external_url: &ExternalUrl = &options.external_url;
        Scene {
            slot,
            query_offset: self.settings.query_offset.unwrap_or(set.query_offset),
            ask: Ask {
                queries: Arc::clone(&options.queries),
                group: Arc::clone(&self.settings),
                rule: Arc::default(),
                parser: options.parser,
                running: Arc::clone(running),
                round: None,
                index: 0,
            },
            store: &*options.store,
            external_labels: &set.external_labels,
            external_url,
            resend_delay: options.resend_delay,
            templates: &shared.metrics.templates,
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown".to_owned())
}
#[cfg(test)]
mod tests;
