//! Beginning runs: in turn, so that no remediation keeps others from theirs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::Fingerprint;

use super::audit::{Decision, Reason};
use super::event::{Command, Verdict};
use super::gate::Refusal;
use super::note::Note;
use super::run::{Doubt, Phase, Run, Tally};
use super::steady::after;
use super::wishes::{GuardState, WishKey};
use super::{Leave, Machine};
use crate::order::ExecutionId;
use crate::settings::{Mode, Remediation, Step, StepKind};

/// How long the yes of a guard holds.
const GUARD_HOLDS: Duration = Duration::from_secs(10);
/// How long to wait after its no, or without an answer.
const GUARD_EVERY: Duration = Duration::from_secs(30);
/// What a run may take beyond what its steps add up to.
const EXPIRES_SLACK: Duration = Duration::from_mins(30);

impl Machine {
    /// Begins the runs that may begin, and notes of each other target why it may not.
    pub(crate) fn begin_runs(&mut self) {
        // Those that may not begin are looked at once; each beginning can only close gates.
        let mut waiting: Vec<WishKey> = self.wishes.all.keys().cloned().collect();
        waiting.sort_by_cached_key(|key| self.turn(key));
        let mut next = 0;
        while next < waiting.len() {
            let key = waiting[next].clone();
            next += 1;
            if self.try_to_begin(&key) {
                waiting[next..].sort_by_cached_key(|key| self.turn(key));
            }
        }
    }

    /// Whose turn it is: the remediation with the fewest runs, then the one that has waited for longest.
    fn turn(&self, key: &WishKey) -> (usize, Option<Timestamp>, u64) {
        let order = self.wishes.all.get(key).map_or(u64::MAX, |wish| wish.order);
        (self.live_of(&key.0), self.begun.get(&key.0).copied(), order)
    }

    fn try_to_begin(&mut self, key: &WishKey) -> bool {
        let Some(remediation) = self.remediation(&key.0).cloned() else { return false };
        let Some(wish) = self.wishes.all.get(key) else { return false };
        match self.gate(key, wish, &remediation) {
            Ok(alert) => {
                if let Some(wish) = self.wishes.all.get_mut(key) {
                    (wish.refused, wish.guard) = (None, GuardState::Unasked);
                }
                self.begin(key, &remediation, alert);
                true
            }
            Err(refusal) => {
                self.refuse(key, &remediation, refusal);
                false
            }
        }
    }

    fn refuse(&mut self, key: &WishKey, remediation: &Remediation, refusal: Refusal) {
        let Refusal { reason, detail } = refusal;
        if reason == Reason::Guard {
            self.ask_guard(key, remediation);
        }
        let Some(wish) = self.wishes.all.get_mut(key) else { return };
        let tell = reason == Reason::Limit && !wish.told;
        wish.told |= tell;
        if wish.refused == Some(reason) {
            return;
        }
        wish.refused = Some(reason);
        let alert = wish.alerts.first().copied();
        let mut note = Note::new(Decision::NotStarted, detail.clone()).reason(reason);
        note = note.of(&key.0, &key.1);
        if let Some(alert) = alert {
            note = note.alert(alert);
        }
        self.note(note);
        if tell && remediation.mode == Mode::Auto {
            let receiver = remediation.escalate_to.clone();
            let receiver = receiver.or_else(|| self.settings.escalate_to.clone());
            let title = format!("healing by {} does not last", key.0);
            let text = format!("{}: {detail}. Something deeper is wrong.", key.1);
            self.tell_about(receiver, &key.0, title, text);
        }
    }

    fn ask_guard(&mut self, key: &WishKey, remediation: &Remediation) {
        let now = self.now.steady;
        let Some(guard) = &remediation.when.guard else { return };
        let Some(wish) = self.wishes.all.get(key) else { return };
        let asks = match &wish.guard {
            GuardState::Unasked => true,
            GuardState::Asked { until, .. }
            | GuardState::Passed { until }
            | GuardState::Failed { until, .. } => *until <= now,
        };
        let Some(alert) = wish.alerts.first().and_then(|first| self.alerts.get(*first)) else {
            return;
        };
        if !asks {
            return;
        }
        let until = after(now, GUARD_EVERY);
        let state = match guard.query(&alert.facts.labels) {
            Err(missing) => GuardState::Failed { until, why: missing.to_string() },
            Ok(query) => {
                self.token += 1;
                let (token, fresh) = (self.token, remediation.when.fresh);
                self.commands.push(Command::Guard { token, query, fresh });
                GuardState::Asked { token, until }
            }
        };
        if let Some(wish) = self.wishes.all.get_mut(key) {
            wish.guard = state;
        }
    }

    /// Takes the answer of a guard.
    pub(crate) fn guarded(&mut self, token: u64, verdict: Verdict) {
        let now = self.now.steady;
        let asked = |state: &GuardState| matches!(state, GuardState::Asked { token: asked, .. } if *asked == token);
        let Some(wish) = self.wishes.all.values_mut().find(|wish| asked(&wish.guard)) else {
            return;
        };
        wish.guard = match verdict {
            Verdict::Healthy => GuardState::Passed { until: after(now, GUARD_HOLDS) },
            Verdict::Unhealthy { why } | Verdict::NoFreshData { why } => {
                GuardState::Failed { until: after(now, GUARD_EVERY), why }
            }
        };
        wish.refused = wish.refused.filter(|reason| *reason != Reason::Guard);
    }

    fn begin(&mut self, key: &WishKey, remediation: &Arc<Remediation>, alert: Fingerprint) {
        let Some(known) = self.alerts.get(alert) else { return };
        let facts = Arc::clone(&known.facts);
        let (name, target) = (Arc::clone(&key.0), key.1.clone());
        let same = |tally: &&Tally| {
            tally.remediation == name && tally.target == target && tally.alert.1 == facts.starts_at
        };
        let earlier = self.tallies.iter().filter(same).count();
        let episode: Arc<str> =
            format!("{alert}-{}-{earlier}", facts.starts_at.as_millisecond()).into();
        let id = ExecutionId::of(&name, &target, &episode, 0, 0);
        let mut run = Run {
            execution: id.clone(),
            id: id.clone(),
            remediation: name,
            target,
            alert: facts,
            episode,
            mode: remediation.mode,
            step: 0,
            attempt: 1,
            action: String::new(),
            action_id: None,
            phase: Phase::Backoff { until: self.now.steady },
            intended_at: self.now.wall,
            deadline: self.now.steady,
            triggers: 0,
            acted: false,
            doubt: Doubt::Settled,
            cancel: None,
            started: self.now,
            ended: None,
            expires: after(self.now.steady, longest(remediation)),
            link: None,
            detail: None,
            log: None,
            stages: Vec::new(),
            plan: Some(Arc::clone(remediation)),
            token: 0,
            dirty: true,
        };
        run.climb_to(0);
        self.begun.insert(Arc::clone(&run.remediation), self.now.steady);
        if remediation.mode == Mode::Shadow {
            return self.begin_shadow(run);
        }
        self.intend(&mut run);
        self.note(Note::new(Decision::Started, run.action.clone()).run(&run));
        if let StepKind::Notify { .. } = remediation.steps[0].kind {
            // Nothing acts: people are told at once.
            run.enter(Phase::Backoff { until: self.now.steady }, None, self.now);
            run.step = 0;
            self.runs.insert(id.clone(), run);
            return self.with_run(&id, Self::notify_first);
        }
        self.runs.insert(id, run);
    }

    fn begin_shadow(&mut self, mut run: Run) {
        self.intend(&mut run);
        run.acted = true;
        let detail = format!("shadow: would have done this: {}", run.action);
        self.note(Note::new(Decision::NotStarted, detail.clone()).reason(Reason::Shadow).run(&run));
        self.end_shadow(&mut run, detail);
        self.put_away(run);
    }

    /// Whether a run may trigger now. Its wish is looked at again, because the queue may be long, a guard slow
    /// and a restart far away.
    pub(crate) fn leave_of(&self, run: &Run) -> Leave {
        let stop = |reason, detail: &str| Leave::Stop(Refusal::new(reason, detail));
        let Some(remediation) = self.remediation(&run.remediation) else {
            return stop(Reason::Off, "its remediation is not configured any more");
        };
        if remediation.mode != Mode::Auto {
            return stop(Reason::Off, "its remediation does not act any more");
        }
        let key = (Arc::clone(&run.remediation), run.target.clone());
        if let Err(refusal) = self.check_pauses(&key) {
            return Leave::Stop(refusal);
        }
        let Some(wish) = self.wishes.all.get(&key) else {
            return if self.alerts.is_over(run.alert.fingerprint) {
                stop(Reason::Resolved, "the alert has resolved")
            } else {
                Leave::Wait(Refusal::new(Reason::Stale, "nobody has said whether the alert fires"))
            };
        };
        match self.eligible(wish, remediation) {
            Ok(_) => Leave::Go,
            Err(refusal) if matches!(refusal.reason, Reason::Stale | Reason::FiringFor) => {
                Leave::Wait(refusal)
            }
            Err(refusal) => Leave::Stop(refusal),
        }
    }
}

/// How long a run can take if every step takes as long as it may.
fn longest(remediation: &Remediation) -> Duration {
    let step = |step: &Step| {
        let attempt = step.timeout * 2 + step.verify.within + step.verify.stable_for;
        (attempt + step.backoff.max) * step.attempts
    };
    remediation.steps.iter().map(step).sum::<Duration>() + EXPIRES_SLACK
}
