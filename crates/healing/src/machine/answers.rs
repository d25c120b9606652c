//! What answers from outside do to a run.

use super::Machine;
use super::attempt::{ANSWER_MAX, LOOKUP_EVERY, POLL_EVERY, VERIFY_EVERY};
use super::audit::{Decision, Reason};
use super::event::{Answer, Command, Verdict};
use super::ladder::Failure;
use super::note::{Note, cut};
use super::run::{CancelWhy, Doubt, Phase, Run};
use super::steady::{Now, after, elapsed};
use crate::order::{Cancelled, ExecutionId, Found, Outcome, Progress, Triggered};

impl Machine {
    /// Takes the answer to a question about a run.
    pub(crate) fn answered(&mut self, run: &ExecutionId, token: u64, answer: Answer) {
        self.with_run(run, |machine, run| {
            let in_time = run.token == token;
            match answer {
                Answer::Triggered(answer) => machine.triggered(run, in_time, answer),
                Answer::Found(answer) if in_time => machine.found(run, answer),
                Answer::Progress(answer) if in_time => machine.progressed(run, answer),
                Answer::Cancelled(answer) if in_time => machine.stopped(run, answer),
                Answer::Verdict(verdict) if in_time => machine.judged(run, verdict),
                _ => {}
            }
        });
    }

    fn triggered(&mut self, run: &mut Run, in_time: bool, answer: Triggered) {
        match (&run.phase, answer) {
            // However late it comes, it proves that the action was begun.
            (Phase::Triggering | Phase::Looking { .. }, Triggered::Started(handle)) => {
                self.goes_on(run, handle, true, None);
            }
            (Phase::Triggering | Phase::Looking { .. }, Triggered::Done(outcome)) => {
                self.acted(run, outcome);
            }
            (Phase::Triggering, Triggered::Refused { why, retryable }) if in_time => {
                let failure = Failure { reason: Reason::Refused, why, again: retryable };
                if run.doubt == Doubt::EarlierTrigger {
                    return self.look(run, failure.why);
                }
                run.doubt = Doubt::Settled;
                if let Some(why) = run.cancel.take() {
                    return self.cancelled(run, &why, "it was refused");
                }
                self.attempt_failed(run, failure);
            }
            (Phase::Triggering, Triggered::Unknown { why }) if in_time => self.look(run, why),
            _ => {}
        }
    }

    fn found(&mut self, run: &mut Run, answer: Found) {
        let Phase::Looking { nothing, .. } = run.phase else { return };
        let said = match &answer {
            Found::Nothing => "it was not begun",
            Found::Running(_) => "it goes on",
            Found::Done(..) => "it has ended",
            Found::Unknown { .. } => "nobody knows",
        };
        self.note(Note::new(Decision::LookedUp, said).run(run));
        match answer {
            Found::Nothing => self.found_nothing(run, nothing + 1),
            Found::Running(handle) => self.goes_on(run, handle, true, None),
            Found::Done(_, outcome) => self.acted(run, outcome),
            Found::Unknown { why } => self.unknown(run, why),
        }
    }

    fn progressed(&mut self, run: &mut Run, answer: Progress) {
        let Phase::Active { handle, queued, .. } = run.phase.clone() else { return };
        match answer {
            Progress::Queued { handle, why } => self.goes_on(run, handle, true, Some(cut(why))),
            Progress::Running { handle, note } => {
                self.goes_on(run, handle, false, Some(cut(note)).filter(|note| !note.is_empty()));
            }
            Progress::Done(outcome) => self.acted(run, outcome),
            Progress::Unreachable { why } => {
                let next = after(self.now.steady, POLL_EVERY);
                run.phase = Phase::Active { handle, queued, next };
                run.detail = Some(cut(why));
            }
            Progress::Lost { why } => self.look(run, why),
        }
    }

    fn stopped(&mut self, run: &mut Run, answer: Cancelled) {
        let Phase::Cancelling { .. } = run.phase else { return };
        let why = run.cancel.take().unwrap_or(CancelWhy::TimedOut);
        run.doubt = Doubt::Settled;
        match answer {
            Cancelled::Stopped => self.cancelled(run, &why, "it was stopped"),
            Cancelled::Ended(outcome) if why == CancelWhy::TimedOut => self.acted(run, outcome),
            Cancelled::Ended(_) => self.cancelled(run, &why, "it had ended before"),
            Cancelled::Unknown { why } => self.unknown_end(run, why),
        }
    }

    /// The action is over.
    fn acted(&mut self, run: &mut Run, outcome: Outcome) {
        run.doubt = Doubt::Settled;
        if let Some(why) = run.cancel.take().filter(|why| *why != CancelWhy::TimedOut) {
            return self.cancelled(run, &why, "its action has ended");
        }
        match outcome {
            Outcome::Succeeded => {
                self.note(Note::new(Decision::Acted, run.action.clone()).run(run));
                let (since, next) = (self.now, self.now.steady);
                run.enter(Phase::Verifying { since, healthy: None, next }, None, self.now);
            }
            Outcome::Failed { why } => {
                self.attempt_failed(run, Failure::again(Reason::Action, why));
            }
        }
    }

    /// Asks about the target's health.
    pub(crate) fn verify(&mut self, run: &mut Run, since: Now, healthy: Option<jiff::Timestamp>) {
        let Some(step) = run.plan_step() else { return self.lose_plan(run) };
        let (query, fresh) = (step.verify.query(&run.alert.labels), step.verify.fresh);
        let Some(query) = query else {
            let why = "the alert lacks a label that the verification needs".to_owned();
            return self.attempt_failed(run, Failure::for_good(Reason::Unverified, why));
        };
        let next = after(self.now.steady, ANSWER_MAX);
        run.phase = Phase::Verifying { since, healthy, next };
        let token = self.next_token(run);
        let (run, newer_than) = (run.id.clone(), since.wall);
        self.commands.push(Command::Verify { run, token, query, newer_than, fresh });
    }

    fn judged(&mut self, run: &mut Run, verdict: Verdict) {
        let Phase::Verifying { since, healthy, .. } = run.phase else { return };
        let Some(step) = run.plan_step() else { return self.lose_plan(run) };
        let verify = step.verify.clone();
        let verdict = match self.fires_still(run).filter(|_| verify.alert_resolved) {
            Some(why) => Verdict::Unhealthy { why },
            None => verdict,
        };
        let now = self.now.steady;
        let watched = elapsed(since.steady, now);
        let next = after(now, VERIFY_EVERY);
        match verdict {
            Verdict::Healthy => {
                let from = healthy.unwrap_or(now);
                if elapsed(from, now) >= verify.stable_for {
                    return self.succeed(run, "healthy on fresh samples".to_owned());
                }
                if watched >= verify.within + verify.stable_for {
                    let why = "it was not healthy for long enough".to_owned();
                    return self.attempt_failed(run, Failure::again(Reason::Unverified, why));
                }
                let phase = Phase::Verifying { since, healthy: Some(from), next };
                if healthy.is_none() {
                    let detail = Some("healthy; watching whether it stays so".to_owned());
                    run.enter(phase, detail, self.now);
                } else {
                    run.phase = phase;
                }
            }
            Verdict::Unhealthy { why } | Verdict::NoFreshData { why } => {
                if watched >= verify.within {
                    return self.attempt_failed(run, Failure::again(Reason::Unverified, why));
                }
                run.phase = Phase::Verifying { since, healthy: None, next };
                run.detail = Some(cut(why));
            }
        }
    }

    /// What of the target still fires.
    fn fires_still(&self, run: &Run) -> Option<String> {
        let key = (std::sync::Arc::clone(&run.remediation), run.target.clone());
        if self.wishes.all.contains_key(&key) {
            return Some("an alert of the target fires".to_owned());
        }
        // After a restart the alert counts as firing until somebody says what it does.
        let over = self.alerts.is_over(run.alert.fingerprint);
        (!over).then(|| "nobody has said yet that the alert has resolved".to_owned())
    }

    /// Gives up a run that somebody does not want any more.
    pub(crate) fn cancel_run(&mut self, run: &mut Run, by: String) {
        let why = CancelWhy::Operator { by };
        match run.phase.clone() {
            Phase::Ended(_) => {}
            Phase::Intent { .. } | Phase::Backoff { .. } => {
                self.cancelled(run, &why, "nothing is in flight");
            }
            Phase::Verifying { .. } => self.cancelled(run, &why, "its action has ended"),
            Phase::Active { handle, .. } => self.cancel_action(run, handle, why),
            // Whether there is something to stop is not known yet.
            Phase::Triggering | Phase::Looking { .. } | Phase::Cancelling { .. } => {
                run.cancel = Some(why);
                run.dirty = true;
            }
        }
    }

    /// Sets a run that an earlier process began on its way again.
    pub(crate) fn resume_run(&mut self, run: &mut Run) {
        let now = self.now.steady;
        match run.phase.clone() {
            Phase::Intent { .. } | Phase::Triggering => {
                // The intent was durable, and whether it was carried out is not known.
                (run.acted, run.doubt) = (true, Doubt::EarlierTrigger);
                run.triggers = run.triggers.max(1);
                run.deadline = run.deadline.max(after(now, LOOKUP_EVERY * 4));
                self.look(run, "this process was restarted; the backend is asked".to_owned());
            }
            Phase::Looking { nothing: _, .. } => {
                run.deadline = run.deadline.max(after(now, LOOKUP_EVERY * 4));
                run.doubt = Doubt::EarlierTrigger;
                run.phase = Phase::Looking { next: now, nothing: 0 };
            }
            Phase::Active { handle, queued, .. } => {
                run.doubt = Doubt::EarlierTrigger;
                run.phase = Phase::Active { handle, queued, next: now };
            }
            Phase::Cancelling { handle, .. } => {
                run.doubt = Doubt::EarlierTrigger;
                let why = run.cancel.clone().unwrap_or(CancelWhy::TimedOut);
                self.cancel_action(run, handle, why);
            }
            Phase::Verifying { since, .. } => {
                run.phase = Phase::Verifying { since, healthy: None, next: now };
            }
            Phase::Backoff { .. } | Phase::Ended(_) => {}
        }
    }

    /// Takes what is known of a run's action.
    pub(crate) fn noted(&mut self, run: &ExecutionId, link: Option<String>, log: Option<String>) {
        self.with_run(run, |_, run| {
            if (link.is_some() && run.link != link) || (log.is_some() && run.log != log) {
                run.link = link.or_else(|| run.link.take());
                run.log = log.or_else(|| run.log.take());
                run.dirty = true;
            }
        });
    }
}
