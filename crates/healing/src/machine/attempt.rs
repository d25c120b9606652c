//! The course of an attempt: intent, trigger, action, verification.
//!
//! Each question to the outside carries a number. Only the answer to the last question counts, but for one
//! case: a trigger that turns out to have begun something is believed however late it says so.

use std::sync::Arc;
use std::time::Duration;

use super::audit::{Decision, Reason};
use super::event::{Command, Question};
use super::ladder::Failure;
use super::note::Note;
use super::run::{CancelWhy, Doubt, Phase, Run};
use super::steady::after;
use super::{Leave, Machine};
use crate::order::{ExecutionId, Handle, Order};
use crate::settings::{CancelOnResolve, OnUnknown, StepKind};

/// How long to wait before the backend is asked whether it was asked to act, and between two such questions.
pub(super) const LOOKUP_EVERY: Duration = Duration::from_secs(5);
/// How often a backend must say that it knows nothing before it is asked to act again: a request may still be
/// on its way when it says so for the first time.
pub(super) const NOTHINGS: u32 = 2;
/// How often an action in flight is asked about.
pub(super) const POLL_EVERY: Duration = Duration::from_secs(2);
/// How often the target's health is asked about.
pub(super) const VERIFY_EVERY: Duration = Duration::from_secs(2);
/// How long an answer may take before the question is asked again.
pub(super) const ANSWER_MAX: Duration = Duration::from_mins(1);
/// How long a backend may take to answer a trigger beyond the step's timeout.
pub(super) const TRIGGER_GRACE: Duration = Duration::from_secs(10);
/// How long a cancelled action may take to end.
pub(super) const CANCEL_MAX: Duration = Duration::from_mins(2);
/// How often one attempt is triggered at most: more than once only where the backend knew nothing of it.
pub(super) const TRIGGERS_MAX: u32 = 3;

impl Machine {
    /// Makes the intent of the next attempt, which is triggered once it is written.
    pub(crate) fn intend(&mut self, run: &mut Run) {
        run.execution =
            ExecutionId::of(&run.remediation, &run.target, &run.episode, run.step, run.attempt);
        (run.triggers, run.doubt) = (0, Doubt::Settled);
        run.intended_at = self.now.wall;
        (run.link, run.log) = (None, None);
        run.enter(Phase::Intent { ticket: None }, Some(run.action.clone()), self.now);
    }

    /// Goes on with a run whose intent is durable.
    pub(crate) fn intent_is_durable(&mut self, run: &mut Run) {
        match self.leave_of(run) {
            Leave::Go => {}
            Leave::Wait(refusal) | Leave::Stop(refusal) => {
                return self.give_up(run, refusal.reason, refusal.detail);
            }
        }
        let Some(step) = run.plan_step() else { return self.lose_plan(run) };
        let until = after(self.now.steady, step.timeout);
        let Some(question) = self.question(run) else { return self.lose_plan(run) };
        if run.triggers == 0 {
            run.deadline = until;
        }
        run.count_trigger();
        self.note(Note::new(Decision::Triggered, run.action.clone()).run(run));
        run.enter(Phase::Triggering, None, self.now);
        self.commands.push(Command::Trigger(question));
    }

    /// The next question about a run's action.
    pub(crate) fn question(&mut self, run: &mut Run) -> Option<Question> {
        let step = run.plan_step()?;
        let StepKind::Act(action) = &step.kind else { return None };
        let order = Order {
            id: run.execution.clone(),
            remediation: Arc::clone(&run.remediation),
            target: run.target.clone(),
            labels: run.alert.labels.clone(),
            annotations: run.alert.annotations.clone(),
            action: Arc::clone(action),
            intended_at: run.intended_at,
            deadline: step.timeout,
        };
        let token = self.next_token(run);
        Some(Question { run: run.id.clone(), token, order: Arc::new(order) })
    }

    pub(crate) fn next_token(&mut self, run: &mut Run) -> u64 {
        self.token += 1;
        run.token = self.token;
        self.token
    }

    /// Does what the time asks for.
    pub(crate) fn tick_run(&mut self, run: &mut Run) {
        if run.expires <= self.now.steady && !matches!(run.phase, Phase::Ended(_)) {
            return self.unknown_end(run, "it has not ended for too long".to_owned());
        }
        let due = |at| at <= self.now.steady;
        match run.phase.clone() {
            Phase::Intent { .. } | Phase::Ended(_) => {}
            Phase::Triggering => {
                if due(after(run.deadline, TRIGGER_GRACE)) {
                    self.look(run, "the backend has not answered the trigger".to_owned());
                }
            }
            Phase::Looking { next, nothing } if due(next) => self.lookup(run, nothing),
            Phase::Active { handle, .. } if due(run.deadline) => {
                self.cancel_action(run, handle, CancelWhy::TimedOut);
            }
            Phase::Active { handle, queued, next } if due(next) => self.poll(run, handle, queued),
            Phase::Cancelling { until, .. } if due(until) => {
                self.unknown_end(
                    run,
                    "it was cancelled, and nobody says that it has ended".to_owned(),
                );
            }
            Phase::Verifying { since, healthy, next } if due(next) => {
                self.verify(run, since, healthy);
            }
            Phase::Backoff { until } if due(until) => self.try_again(run, until),
            Phase::Looking { .. }
            | Phase::Active { .. }
            | Phase::Cancelling { .. }
            | Phase::Verifying { .. }
            | Phase::Backoff { .. } => {}
        }
    }

    /// Begins to find out whether a trigger began something.
    pub(crate) fn look(&mut self, run: &mut Run, why: String) {
        let next = after(self.now.steady, LOOKUP_EVERY);
        // An answer to the trigger's own question is still welcome.
        run.enter(Phase::Looking { next, nothing: 0 }, Some(why), self.now);
    }

    fn lookup(&mut self, run: &mut Run, nothing: u32) {
        if run.deadline <= self.now.steady && nothing < NOTHINGS {
            let late = after(run.deadline, ANSWER_MAX);
            if late <= self.now.steady {
                return self.unknown(run, "nobody can say whether it was begun".to_owned());
            }
        }
        let Some(question) = self.question(run) else { return self.lose_plan(run) };
        run.phase = Phase::Looking { next: after(self.now.steady, ANSWER_MAX), nothing };
        self.commands.push(Command::Lookup(question));
    }

    /// The backend knows of no action: it may be asked to act, if that is still wanted.
    pub(crate) fn found_nothing(&mut self, run: &mut Run, nothing: u32) {
        if nothing < NOTHINGS {
            let next = after(self.now.steady, LOOKUP_EVERY);
            run.phase = Phase::Looking { next, nothing };
            return;
        }
        run.doubt = Doubt::Settled;
        if let Some(why) = run.cancel.take() {
            return self.cancelled(run, &why, "it had not begun");
        }
        let overdue = run.deadline <= self.now.steady;
        match self.leave_of(run) {
            Leave::Go if overdue || run.triggers >= TRIGGERS_MAX => {
                let why = "the backend has not begun it".to_owned();
                self.attempt_failed(run, Failure::again(Reason::Timeout, why));
            }
            Leave::Go => {
                // The same order once more, with an intent of its own.
                let detail = Some("the backend knows nothing of it; it is asked again".to_owned());
                run.enter(Phase::Intent { ticket: None }, detail, self.now);
            }
            Leave::Wait(refusal) if overdue => self.give_up(run, refusal.reason, refusal.detail),
            Leave::Wait(_) => {
                let next = after(self.now.steady, LOOKUP_EVERY);
                run.phase = Phase::Looking { next, nothing };
            }
            Leave::Stop(refusal) => self.give_up(run, refusal.reason, refusal.detail),
        }
    }

    /// Nobody can say whether the action was begun.
    pub(crate) fn unknown(&mut self, run: &mut Run, why: String) {
        let Some(step) = run.plan_step() else { return self.lose_plan(run) };
        let (on_unknown, idempotent) = (step.on_unknown, step.idempotent);
        let overdue = run.deadline <= self.now.steady;
        match on_unknown {
            OnUnknown::Wait if !overdue => {
                let nothing = 0;
                run.phase = Phase::Looking { next: after(self.now.steady, LOOKUP_EVERY), nothing };
            }
            OnUnknown::Retry
                if idempotent
                    && !overdue
                    && run.cancel.is_none()
                    && run.triggers < TRIGGERS_MAX =>
            {
                let detail = Some("nobody knows of it; it is asked again".to_owned());
                run.enter(Phase::Intent { ticket: None }, detail, self.now);
            }
            _ => self.unknown_end(run, why),
        }
    }

    fn poll(&mut self, run: &mut Run, handle: Handle, queued: bool) {
        let Some(question) = self.question(run) else { return self.lose_plan(run) };
        let next = after(self.now.steady, ANSWER_MAX);
        run.phase = Phase::Active { handle: handle.clone(), queued, next };
        self.commands.push(Command::Poll(question, handle));
    }

    /// The action goes on, as far as the backend says.
    pub(crate) fn goes_on(
        &mut self,
        run: &mut Run,
        handle: Handle,
        queued: bool,
        detail: Option<String>,
    ) {
        let next = after(self.now.steady, POLL_EVERY);
        let same = matches!(&run.phase,
            Phase::Active { handle: old, queued: was, .. } if *old == handle && *was == queued);
        let phase = Phase::Active { handle: handle.clone(), queued, next };
        if same && run.detail == detail {
            run.phase = phase;
        } else {
            run.enter(phase, detail, self.now);
        }
        if let Some(why) = run.cancel.clone() {
            self.cancel_action(run, handle, why);
        } else if let Some(why) = self.wants_cancel(run, queued) {
            self.cancel_action(run, handle, why);
        }
    }

    /// Whether the end of the alert, or a silence, cancels an action that has begun.
    pub(crate) fn wants_cancel(&self, run: &Run, queued: bool) -> Option<CancelWhy> {
        let policy = run.plan.as_ref().map(|plan| plan.cancel_on_resolve)?;
        let wanted = match policy {
            CancelOnResolve::Never => false,
            CancelOnResolve::Queued => queued,
            CancelOnResolve::Running => true,
        };
        match self.leave_of(run) {
            Leave::Stop(refusal) if wanted => match refusal.reason {
                Reason::Resolved => Some(CancelWhy::Resolved),
                Reason::Silenced | Reason::Inhibited | Reason::Muted => Some(CancelWhy::Silenced),
                _ => None,
            },
            _ => None,
        }
    }

    /// Has an action stopped.
    pub(crate) fn cancel_action(&mut self, run: &mut Run, handle: Handle, why: CancelWhy) {
        let Some(question) = self.question(run) else { return self.lose_plan(run) };
        let detail = match &why {
            CancelWhy::TimedOut => "it takes too long and is stopped".to_owned(),
            CancelWhy::Resolved => "the alert has resolved; it is stopped".to_owned(),
            CancelWhy::Silenced => "the alert is suppressed; it is stopped".to_owned(),
            CancelWhy::Operator { by } => format!("{by} has it stopped"),
        };
        run.cancel = Some(why);
        let until = after(self.now.steady, CANCEL_MAX);
        run.enter(Phase::Cancelling { handle: handle.clone(), until }, Some(detail), self.now);
        self.commands.push(Command::Cancel(question, handle));
    }

    /// Goes on after the wait between attempts.
    fn try_again(&mut self, run: &mut Run, until: jiff::Timestamp) {
        match self.leave_of(run) {
            Leave::Go if run.plan.is_none() => {
                let why = "its step is not configured any more as it was when it began";
                self.give_up(run, Reason::Off, why.to_owned());
            }
            Leave::Go => self.intend(run),
            Leave::Wait(_) if self.now.steady < after(until, super::OBSERVE_GRACE) => {}
            Leave::Wait(refusal) | Leave::Stop(refusal) => {
                self.give_up(run, refusal.reason, refusal.detail);
            }
        }
    }
}
