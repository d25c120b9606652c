//! What follows when an attempt is over: the next attempt, the next step, people, or the end.

use std::sync::Arc;

use super::Machine;
use super::audit::{Decision, Reason};
use super::event::Escalation;
use super::note::{Note, cut};
use super::record::Record;
use super::run::{CancelWhy, Doubt, Phase, Run, State, Tally};
use super::steady::after;
use crate::settings::{Mode, StepKind};

/// Why an attempt has not healed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) why: String,
    /// Whether the same step may be tried again.
    pub(crate) again: bool,
}

impl Failure {
    /// A failure that another attempt may mend.
    pub(crate) fn again(reason: Reason, why: String) -> Self {
        Self { reason, why, again: true }
    }

    /// A failure that the same step will have again.
    pub(crate) fn for_good(reason: Reason, why: String) -> Self {
        Self { reason, why, again: false }
    }
}

impl Machine {
    /// Climbs on: the next attempt of the step, the next step, or the end.
    pub(crate) fn attempt_failed(&mut self, run: &mut Run, failure: Failure) {
        let Failure { reason, why, again } = failure;
        run.doubt = Doubt::Settled;
        let decision =
            if reason == Reason::Timeout { Decision::TimedOut } else { Decision::Failed };
        self.note(Note::new(decision, why.clone()).reason(reason).run(run));
        let Some(plan) = run.plan.clone() else { return self.lose_plan(run) };
        let Some(step) = plan.steps.get(run.step) else { return self.lose_plan(run) };
        if again && run.attempt < step.attempts {
            let until = after(self.now.steady, step.backoff.after(run.attempt));
            run.attempt += 1;
            return run.enter(Phase::Backoff { until }, Some(cut(why)), self.now);
        }
        let state = if reason == Reason::Timeout { State::TimedOut } else { State::Failed };
        match plan.steps.get(run.step + 1).map(|next| &next.kind) {
            Some(StepKind::Act(_)) => {
                run.climb_to(run.step + 1);
                run.enter(Phase::Backoff { until: self.now.steady }, Some(cut(why)), self.now);
            }
            Some(StepKind::Notify { receiver, reason: say }) => {
                run.step += 1;
                let why = format!("{say}: {why}");
                self.tell(run, Some(Arc::clone(receiver)), &why);
                self.end(run, State::Escalated, Some(why), true);
            }
            None => self.end_without_success(run, state, why),
        }
    }

    /// Ends a run that has not healed, and tells people where somebody is named.
    pub(crate) fn end_without_success(&mut self, run: &mut Run, state: State, why: String) {
        let named = run.plan.as_ref().and_then(|plan| plan.escalate_to.clone());
        let receiver = named.or_else(|| self.settings.escalate_to.clone());
        let told = receiver.is_some();
        self.tell(run, receiver, &why);
        let shown = if told && state != State::Unknown { State::Escalated } else { state };
        self.end(run, shown, Some(why), true);
    }

    /// Ends a run of which nobody can say whether its action goes on.
    pub(crate) fn unknown_end(&mut self, run: &mut Run, why: String) {
        self.note(Note::new(Decision::Unknown, why.clone()).reason(Reason::Unknown).run(run));
        self.end_without_success(run, State::Unknown, why);
    }

    /// Ends a run whose settings are gone while its action may go on.
    pub(crate) fn lose_plan(&mut self, run: &mut Run) {
        let why = "its remediation is not configured any more as it was when it began";
        self.unknown_end(run, why.to_owned());
    }

    /// Ends a run that may not go on.
    pub(crate) fn give_up(&mut self, run: &mut Run, reason: Reason, why: String) {
        if run.is_in_doubt() {
            return self
                .unknown_end(run, format!("{why}; whether its action goes on is not known"));
        }
        self.note(Note::new(Decision::Cancelled, why.clone()).reason(reason).run(run));
        if reason == Reason::Stale && run.acted {
            return self.end_without_success(run, State::Failed, why);
        }
        self.end(run, State::Cancelled, Some(why), reason == Reason::Operator);
    }

    /// Ends a run that was cancelled, or goes on after a timeout.
    pub(crate) fn cancelled(&mut self, run: &mut Run, why: &CancelWhy, how: &str) {
        let (reason, why) = match why {
            CancelWhy::TimedOut => {
                let why = format!("it took too long; {how}");
                return self.attempt_failed(run, Failure::again(Reason::Timeout, why));
            }
            CancelWhy::Resolved => (Reason::Resolved, format!("the alert has resolved; {how}")),
            CancelWhy::Silenced => (Reason::Silenced, format!("the alert is suppressed; {how}")),
            CancelWhy::Operator { by } => (Reason::Operator, format!("cancelled by {by}; {how}")),
        };
        self.give_up(run, reason, why);
    }

    /// Ends a run that has healed.
    pub(crate) fn succeed(&mut self, run: &mut Run, how: String) {
        self.note(Note::new(Decision::Verified, how.clone()).run(run));
        self.end(run, State::Succeeded, Some(how), false);
    }

    /// Ends a run. `closes_episode` leaves its alert alone until that resolves.
    pub(crate) fn end(
        &mut self,
        run: &mut Run,
        state: State,
        detail: Option<String>,
        closes_episode: bool,
    ) {
        run.ended = Some(self.now);
        run.cancel = None;
        run.enter(Phase::Ended(state), detail.map(cut), self.now);
        let tally = Tally {
            run: run.id.clone(),
            remediation: Arc::clone(&run.remediation),
            target: run.target.clone(),
            alert: (run.alert.fingerprint, run.alert.starts_at),
            mode: run.mode,
            started: run.started.steady,
            ended: self.now.steady,
            state,
            acted: run.acted,
            closes_episode,
        };
        self.count_in_breaker(&tally);
        self.records.push(Record::Tally(tally.clone()));
        self.tallies.push_back(tally);
    }

    fn count_in_breaker(&mut self, ended: &Tally) {
        let neutral = !ended.state.is_failure() && ended.state != State::Succeeded;
        if ended.mode != Mode::Auto || !ended.acted || neutral {
            return;
        }
        let Some(remediation) = self.remediation(&ended.remediation).cloned() else { return };
        let before = self.breaker(&ended.remediation);
        let own = self.tallies.iter().filter(|tally| tally.remediation == ended.remediation);
        let own = own.chain([ended]);
        let Some(state) = before.count(&remediation.limits.breaker, ended, own) else { return };
        self.set_breaker(&ended.remediation, state);
        let name = &ended.remediation;
        if state.open_until.is_some() {
            let why = "too many of its runs have failed; nothing is begun for a while";
            let note = Note::new(Decision::BreakerOpened, why).reason(Reason::Breaker);
            self.note(note.of(name, &regain_model::Labels::empty()));
            if before.open_until.is_none() {
                let receiver = remediation.escalate_to.clone();
                let receiver = receiver.or_else(|| self.settings.escalate_to.clone());
                let title = format!("healing by {name} has stopped");
                self.tell_about(receiver, name, title, why.to_owned());
            }
        } else {
            let note = Note::new(Decision::BreakerClosed, "a run has healed again");
            self.note(note.of(name, &regain_model::Labels::empty()));
        }
    }

    pub(crate) fn set_breaker(&mut self, name: &Arc<str>, state: super::breaker::BreakerState) {
        self.breakers.insert(Arc::clone(name), state);
        self.records.push(Record::Breaker { remediation: Arc::clone(name), state });
    }

    /// Tells people about a run.
    pub(crate) fn tell(&mut self, run: &Run, receiver: Option<Arc<str>>, why: &str) {
        let name = run.alert.labels.get(regain_alerting::ALERT_NAME).unwrap_or("an alert");
        let title = format!("{name} was not healed by {}", run.remediation);
        let steps = run.plan.iter().flat_map(|plan| &plan.steps).take(run.steps_tried());
        let tried: Vec<String> = steps.map(|step| step.what_for(&run.alert.labels)).collect();
        let mut text = format!("{} of {}: {why}", run.action, run.target);
        if !tried.is_empty() {
            text.push_str("\nTried: ");
            text.push_str(&tried.join(", "));
        }
        if let Some(link) = &run.link {
            text.push('\n');
            text.push_str(link);
        }
        let escalation = Escalation {
            sequence: 0,
            at: self.now.wall,
            receiver: "".into(),
            remediation: Arc::clone(&run.remediation),
            labels: run.alert.labels.clone(),
            annotations: run.alert.annotations.clone(),
            run: Some(run.id.clone()),
            title,
            text,
        };
        let note =
            Note::new(Decision::Escalated, why.to_owned()).reason(Reason::Exhausted).run(run);
        self.escalate(receiver, escalation, note);
    }
}
