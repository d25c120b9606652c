//! Whether a wish may become a run, and if not, why not: every reason to do nothing in one place.

use std::sync::Arc;
use std::time::Duration;

use regain_alerting::Fingerprint;
use regain_go_format::duration;
use regain_model::Labels;

use super::Machine;
use super::alerts::Known;
use super::audit::Reason;
use super::breaker::Passage;
use super::run::{State, Tally};
use super::steady::elapsed;
use super::wishes::{GuardState, Wish, WishKey};
use crate::settings::{Mode, Remediation};

/// How long a target is left alone after a run whose outcome nobody knows: its action may still go on.
pub const UNKNOWN_REST: Duration = Duration::from_hours(1);

/// Why nothing is begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

fn time(length: Duration) -> String {
    duration::format(i64::try_from(length.as_secs()).unwrap_or(i64::MAX).saturating_mul(1000))
}

impl Machine {
    /// Whether a run may begin; the alert that it is for.
    pub(crate) fn gate(
        &self,
        key: &WishKey,
        wish: &Wish,
        remediation: &Remediation,
    ) -> Result<Fingerprint, Refusal> {
        let alert = self.eligible(wish, remediation)?;
        if self.journal_rests > self.now.steady {
            let detail = "the journal could not be written a short time ago";
            return Err(Refusal::new(Reason::Journal, detail));
        }
        self.check_pauses(key)?;
        self.check_brakes(remediation)?;
        self.check_running(key)?;
        self.check_past(key, wish, remediation)?;
        self.check_room(remediation)?;
        check_guard(wish, remediation, self.now.steady)?;
        Ok(alert)
    }

    /// The alert of a wish that may be healed now: the one that fires for longest.
    pub(crate) fn eligible(
        &self,
        wish: &Wish,
        remediation: &Remediation,
    ) -> Result<Fingerprint, Refusal> {
        let mut refusal = Refusal::new(Reason::Resolved, "the alert has resolved");
        let mut best: Option<(Duration, Fingerprint)> = None;
        for &fingerprint in &wish.alerts {
            let Some(known) = self.alerts.get(fingerprint).filter(|known| known.fires()) else {
                continue;
            };
            match self.check_alert(known, remediation) {
                Ok(()) => best = best.max(Some((known.age(self.now), fingerprint))),
                Err(why) => refusal = why,
            }
        }
        best.map(|(_, fingerprint)| fingerprint).ok_or(refusal)
    }

    fn check_alert(&self, known: &Known, remediation: &Remediation) -> Result<(), Refusal> {
        let suppression = known.suppression;
        for (suppressed, reason, detail) in [
            (suppression.silenced, Reason::Silenced, "a silence matches the alert"),
            (suppression.inhibited, Reason::Inhibited, "another alert inhibits this one"),
            (suppression.muted, Reason::Muted, "a time interval mutes the alert"),
        ] {
            if suppressed {
                return Err(Refusal::new(reason, detail));
            }
        }
        let (age, lag, when) = (known.age(self.now), known.lag(self.now), &remediation.when);
        if age < when.firing_for {
            let detail = format!("it has to fire for {}", time(when.firing_for));
            return Err(Refusal::new(Reason::FiringFor, detail));
        }
        if age > when.not_after {
            let detail = format!("it fires for more than {}", time(when.not_after));
            return Err(Refusal::new(Reason::Stale, detail));
        }
        if lag > when.fresh {
            let detail = format!("nobody has said for {} that it fires", time(when.fresh));
            return Err(Refusal::new(Reason::Stale, detail));
        }
        Ok(())
    }

    pub(crate) fn check_pauses(&self, key: &WishKey) -> Result<(), Refusal> {
        let mut pauses = self.pauses.iter().filter(|pause| !pause.is_over(self.now.wall));
        match pauses.find(|pause| pause.scope.covers(&key.0, &key.1)) {
            None => Ok(()),
            Some(pause) => {
                let detail = format!("paused by {}: {}", pause.by, pause.reason);
                Err(Refusal::new(Reason::Paused, detail))
            }
        }
    }

    fn check_brakes(&self, remediation: &Remediation) -> Result<(), Refusal> {
        if self.storm.is_open() {
            let detail = "too many targets want healing at once";
            return Err(Refusal::new(Reason::Storm, detail));
        }
        let refused = |detail| Err(Refusal::new(Reason::Breaker, detail));
        match self.breaker(&remediation.name).passage(self.now.steady) {
            Passage::Free => Ok(()),
            Passage::Closed => refused("too many of the last runs have failed"),
            Passage::Probe if self.live_of(&remediation.name) > 0 => {
                refused("one run tries whether the remediation helps again")
            }
            Passage::Probe => Ok(()),
        }
    }

    fn check_running(&self, key: &WishKey) -> Result<(), Refusal> {
        match self.runs.values().find(|run| overlap(&run.target, &key.1)) {
            None => Ok(()),
            Some(run) => {
                let detail = format!("{} heals {} right now", run.remediation, run.target);
                Err(Refusal::new(Reason::Running, detail))
            }
        }
    }

    fn check_past(
        &self,
        key: &WishKey,
        wish: &Wish,
        remediation: &Remediation,
    ) -> Result<(), Refusal> {
        let (now, limits) = (self.now.steady, &remediation.limits);
        let mode = remediation.mode;
        let mut counts = vec![0_u32; limits.max.len()];
        let horizon = horizon(remediation);
        let recent = self.tallies.iter().rev().take_while(|one| elapsed(one.ended, now) <= horizon);
        for tally in recent.filter(|tally| tally.mode == mode) {
            if !overlap(&tally.target, &key.1) {
                continue;
            }
            let own = tally.remediation == key.0 && tally.target == key.1;
            if own && tally.closes_episode && self.is_same_episode(wish, tally) {
                let detail = "this alert was healed without success before; it waits for its end \
                              or for somebody to resume the target";
                return Err(Refusal::new(Reason::Escalated, detail));
            }
            if tally.acted && elapsed(tally.ended, now) < rest_after(tally, limits.cooldown) {
                let detail = format!("it was healed less than {} ago", time(limits.cooldown));
                return Err(Refusal::new(Reason::Cooldown, detail));
            }
            if own && tally.acted {
                for (count, limit) in counts.iter_mut().zip(&limits.max) {
                    *count += u32::from(elapsed(tally.started, now) < limit.per);
                }
            }
        }
        let used_up = counts.iter().zip(&limits.max).find(|(count, limit)| **count >= limit.runs);
        match used_up {
            None => Ok(()),
            Some((_, limit)) => {
                let detail = format!("it was healed {} times in {}", limit.runs, time(limit.per));
                Err(Refusal::new(Reason::Limit, detail))
            }
        }
    }

    fn is_same_episode(&self, wish: &Wish, tally: &Tally) -> bool {
        let (fingerprint, starts_at) = tally.alert;
        wish.alerts.contains(&fingerprint)
            && self.alerts.get(fingerprint).is_some_and(|known| known.facts.starts_at == starts_at)
    }

    /// Whether there is room for one run more.
    fn check_room(&self, remediation: &Remediation) -> Result<(), Refusal> {
        if remediation.mode == Mode::Shadow {
            return Ok(());
        }
        let global = &self.settings.limits;
        if self.runs.len() >= global.concurrent
            || self.live_of(&remediation.name) >= remediation.limits.concurrent
        {
            return Err(Refusal::new(Reason::Busy, "as many targets are healed as may be"));
        }
        let now = self.now.steady;
        for limit in &global.max {
            let recent = self.tallies.iter().rev();
            let recent = recent.take_while(|tally| elapsed(tally.ended, now) < limit.per);
            let counts = |tally: &&Tally| {
                tally.acted && tally.mode == Mode::Auto && elapsed(tally.started, now) < limit.per
            };
            let ended = recent.filter(counts).count();
            if ended + self.runs.len() >= usize::try_from(limit.runs).unwrap_or(usize::MAX) {
                let detail =
                    format!("{} runs in {} are all there may be", limit.runs, time(limit.per));
                return Err(Refusal::new(Reason::GlobalLimit, detail));
            }
        }
        Ok(())
    }

    /// How many runs of a remediation there are.
    pub(crate) fn live_of(&self, remediation: &str) -> usize {
        self.runs.values().filter(|run| *run.remediation == *remediation).count()
    }

    pub(crate) fn breaker(&self, remediation: &Arc<str>) -> super::breaker::BreakerState {
        self.breakers.get(remediation).copied().unwrap_or_default()
    }
}

fn check_guard(
    wish: &Wish,
    remediation: &Remediation,
    now: jiff::Timestamp,
) -> Result<(), Refusal> {
    if remediation.when.guard.is_none() {
        return Ok(());
    }
    match &wish.guard {
        GuardState::Passed { until } if *until > now => Ok(()),
        GuardState::Failed { until, why } if *until > now => {
            Err(Refusal::new(Reason::Guard, format!("the guard says no: {why}")))
        }
        _ => Err(Refusal::new(Reason::Guard, "the guard is asked")),
    }
}

/// How far back the past counts. An alert that was healed longer ago than `not_after` is too old itself.
fn horizon(remediation: &Remediation) -> Duration {
    let limits = &remediation.limits;
    let longest = limits.max.iter().map(|limit| limit.per).max().unwrap_or_default();
    longest.max(limits.cooldown).max(UNKNOWN_REST).max(remediation.when.not_after)
}

/// How long a target rests after a run.
fn rest_after(tally: &Tally, cooldown: Duration) -> Duration {
    if tally.state == State::Unknown { cooldown.max(UNKNOWN_REST) } else { cooldown }
}

/// Whether two targets may be the same thing: all labels of one are in the other.
pub(crate) fn overlap(left: &Labels, right: &Labels) -> bool {
    let within = |inner: &Labels, outer: &Labels| {
        inner.iter().all(|(name, value)| outer.get(name) == Some(value))
    };
    within(left, right) || within(right, left)
}
