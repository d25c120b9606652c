//! What people, restarts and reloads do.

use std::sync::Arc;
use std::time::Duration;

use regain_alerting::Fingerprint;
use regain_model::Labels;

use super::audit::{Decision, Reason};
use super::breaker::BreakerState;
use super::gate::Refusal;
use super::note::Note;
use super::pause::{Pause, Scope};
use super::record::{Record, reopen};
use super::run::{Phase, Run, State};
use super::steady::after;
use super::{HISTORY_MAX, Leave, Machine};
use crate::settings::{Remediations, StepKind};

/// How long an attempt waits whose intent could not be written.
const JOURNAL_RETRY: Duration = Duration::from_secs(30);

impl Machine {
    /// Writes are durable: what waited for them may go on.
    pub(crate) fn persisted(&mut self, ticket: u64) {
        for id in self.waiting_for(ticket) {
            self.with_run(&id, Self::intent_is_durable);
        }
    }

    /// Writes may not be durable: what waited for them does not happen.
    pub(crate) fn not_persisted(&mut self, ticket: u64, why: &str) {
        self.journal_rests = after(self.now.steady, JOURNAL_RETRY);
        for id in self.waiting_for(ticket) {
            self.with_run(&id, |machine, run| {
                let detail = format!("its intent could not be written: {why}");
                if run.is_in_doubt() {
                    machine.look(run, detail);
                } else if run.acted {
                    let note = Note::new(Decision::NotStarted, detail.clone());
                    machine.note(note.reason(Reason::Journal).run(run));
                    let until = after(machine.now.steady, JOURNAL_RETRY);
                    run.enter(Phase::Backoff { until }, Some(detail), machine.now);
                } else {
                    machine.give_up(run, Reason::Journal, detail);
                }
            });
        }
    }

    fn waiting_for(&self, ticket: u64) -> Vec<crate::order::ExecutionId> {
        let waits = |run: &&Run| run.phase == Phase::Intent { ticket: Some(ticket) };
        self.runs.values().filter(waits).map(|run| run.id.clone()).collect()
    }

    /// Looks at the runs for an alert again that was described anew: a silence or the end of the alert cancels
    /// what has not begun.
    pub(crate) fn recheck_runs(&mut self, fingerprint: Fingerprint) {
        let Some(known) = self.alerts.get(fingerprint) else { return };
        let labels = known.facts.labels.clone();
        let concerns = |run: &&Run| {
            run.alert.fingerprint == fingerprint
                || run.target.iter().all(|(name, value)| labels.get(name) == Some(value))
        };
        let ids: Vec<_> = self.runs.values().filter(concerns).map(|run| run.id.clone()).collect();
        for id in ids {
            self.with_run(&id, |machine, run| match run.phase.clone() {
                Phase::Intent { .. } | Phase::Backoff { .. } => {
                    if let Leave::Stop(Refusal { reason, detail }) = machine.leave_of(run) {
                        machine.give_up(run, reason, detail);
                    }
                }
                Phase::Active { handle, queued, .. } => {
                    if let Some(why) = machine.wants_cancel(run, queued) {
                        machine.cancel_action(run, handle, why);
                    }
                }
                _ => {}
            });
        }
    }

    /// Stops healing. What is in flight goes on; nothing new begins, not even the next step of a run.
    pub(crate) fn pause(&mut self, pause: Pause) {
        let (scope, by, reason) = (pause.scope.clone(), pause.by.clone(), pause.reason.clone());
        self.pauses.retain(|known| known.scope != scope);
        self.pauses.push(pause.clone());
        self.records.push(Record::Pause(pause));
        let detail = format!("{by} has paused {}: {reason}", title(&scope));
        self.note_scope(Decision::Paused, &scope, detail);
        let unbegun =
            |run: &&Run| matches!(run.phase, Phase::Intent { .. } | Phase::Backoff { .. });
        let covered = |run: &&Run| scope.covers(&run.remediation, &run.target);
        let ids: Vec<_> =
            self.runs.values().filter(unbegun).filter(covered).map(|run| run.id.clone()).collect();
        for id in ids {
            let detail = format!("paused by {by}: {reason}");
            self.with_run(&id, |machine, run| machine.give_up(run, Reason::Paused, detail));
        }
    }

    /// Lets healing go on, and opens what was closed in the scope: episodes, breakers, the storm.
    pub(crate) fn resume(&mut self, scope: Scope, by: &str) {
        let at = self.now.steady;
        self.pauses.retain(|known| known.scope != scope);
        reopen(self.tallies.iter_mut(), &scope, at);
        let detail = format!("{by} has resumed {}", title(&scope));
        self.note_scope(Decision::Resumed, &scope, detail);
        let names: Vec<Arc<str>> = self.breakers.keys().cloned().collect();
        for name in names {
            let named = matches!(&scope, Scope::Remediation(one) if *one == name);
            if named || scope == Scope::All {
                let state = BreakerState { open_until: None, counted_from: Some(at) };
                self.set_breaker(&name, state);
            }
        }
        if scope == Scope::All {
            self.storm.reset();
        }
        self.records.push(Record::Resume { scope, at });
    }

    fn note_scope(&mut self, decision: Decision, scope: &Scope, detail: String) {
        let remediation: Arc<str> = match scope {
            Scope::Remediation(name) => Arc::clone(name),
            Scope::All | Scope::Target(_) => "".into(),
        };
        self.note(Note::new(decision, detail).of(&remediation, &Labels::empty()));
    }

    /// Goes on with other settings. Runs keep the ones that they began with; no next attempt begins where the
    /// new ones do not have their remediation.
    pub(crate) fn reload(&mut self, settings: Remediations) {
        self.settings = settings;
        self.note(Note::new(Decision::Reloaded, "other remediations hold from now on"));
        for fingerprint in self.alerts.fingerprints() {
            if let Some(known) = self.alerts.get_mut(fingerprint) {
                known.hopeless = false;
            }
            self.leave_if_unmatched(fingerprint);
            self.ask_for(fingerprint);
        }
    }

    fn leave_if_unmatched(&mut self, fingerprint: Fingerprint) {
        let Some(known) = self.alerts.get(fingerprint) else { return };
        let is_known = known.wish.as_ref().is_some_and(|key| self.remediation(&key.0).is_some());
        if !is_known {
            self.leave_wish(fingerprint);
        }
    }

    /// Notices when too many targets are ill at once, and when not any more.
    pub(crate) fn brake_storm(&mut self) {
        let storm = self.settings.limits.storm;
        let apart = |reason: Option<Reason>| {
            matches!(
                reason,
                Some(
                    Reason::Silenced
                        | Reason::Inhibited
                        | Reason::Muted
                        | Reason::Stale
                        | Reason::Escalated
                        | Reason::Shadow
                )
            )
        };
        let wanting = self.wishes.all.iter().filter(|(_, wish)| !apart(wish.refused));
        let wanting = wanting.map(|((_, target), _)| target);
        match self.storm.look(&storm, wanting, self.now.steady) {
            Some(true) => {
                let text = format!(
                    "more than {} targets want healing at once; nothing is healed until \
                     fewer do. Look for what they have in common.",
                    storm.targets
                );
                self.note(Note::new(Decision::StormBegan, text.clone()).reason(Reason::Storm));
                let receiver = self.settings.escalate_to.clone();
                let mut named = self.settings.list.iter().filter_map(|one| one.escalate_to.clone());
                let receiver = receiver.or_else(|| named.next());
                let title = "too much is ill at once to be healed".to_owned();
                self.tell_about(receiver, &"".into(), title, text);
            }
            Some(false) => {
                let detail = "few enough targets want healing again";
                self.note(Note::new(Decision::StormEnded, detail));
            }
            None => {}
        }
    }

    /// Takes over a run that an earlier process has written.
    pub(crate) fn take_over(&mut self, run: &Arc<Run>) {
        if matches!(run.phase, Phase::Ended(_)) {
            self.history.push_back(Arc::clone(run));
            if self.history.len() > HISTORY_MAX {
                self.history.pop_front();
            }
            return;
        }
        let mut run = Run::clone(run);
        run.find_plan(self.remediation(&run.remediation));
        let id = run.id.clone();
        self.runs.insert(id.clone(), run);
        self.with_run(&id, |machine, run| {
            let detail = format!("an earlier process left it {}", run.state().as_str());
            machine.note(Note::new(Decision::Recovered, detail).run(run));
            machine.resume_run(run);
        });
    }

    /// Ends a run that only shows what it would do.
    pub(crate) fn end_shadow(&mut self, run: &mut Run, detail: String) {
        self.end(run, State::Cancelled, Some(detail), false);
    }

    /// Tells people where a remediation does nothing else.
    pub(crate) fn notify_first(&mut self, run: &mut Run) {
        let Some(StepKind::Notify { receiver, reason }) =
            run.plan_step().map(|step| step.kind.clone())
        else {
            return self.lose_plan(run);
        };
        self.tell(run, Some(receiver), &reason);
        self.end(run, State::Escalated, Some(reason), true);
    }
}

/// Names a scope in a sentence.
fn title(scope: &Scope) -> String {
    match scope {
        Scope::All => "all healing".to_owned(),
        scope => format!("the {} {}", scope.word(), scope.name()),
    }
}
