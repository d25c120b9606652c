//! The two brakes: one for a remediation that does not help, one for everything when everything is ill.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use regain_model::Labels;

use super::run::Tally;
use super::steady::{after, elapsed};
use crate::settings::{Breaker, Mode, Storm};

/// Where the breaker of one remediation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakerState {
    /// Until when nothing is begun; after that one run may try. Nothing while it is closed.
    pub open_until: Option<Timestamp>,
    /// Runs that ended before do not count.
    pub counted_from: Option<Timestamp>,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Everything.
    Free,
    /// One run, to try.
    Probe,
    /// Nothing.
    Closed,
}

impl BreakerState {
    /// What it lets through.
    pub(crate) fn passage(&self, now: Timestamp) -> Passage {
        match self.open_until {
            None => Passage::Free,
            Some(until) if until <= now => Passage::Probe,
            Some(_) => Passage::Closed,
        }
    }

    /// Counts a run that has ended; says where the breaker stands if that changed. `tallies` are those of its
    /// remediation, that run's included.
    pub(crate) fn count<'a>(
        &self,
        settings: &Breaker,
        ended: &Tally,
        tallies: impl Iterator<Item = &'a Tally>,
    ) -> Option<Self> {
        let now = ended.ended;
        let opened = Self { open_until: Some(after(now, settings.open_for)), ..*self };
        if self.open_until.is_some() {
            // Whatever ends while it is open tells how things stand now.
            let closed = Self { open_until: None, counted_from: Some(now) };
            return Some(if ended.state.is_failure() { opened } else { closed });
        }
        let counts = |tally: &&Tally| {
            tally.mode == Mode::Auto
                && tally.acted
                && elapsed(tally.ended, now) < settings.window
                && self.counted_from.is_none_or(|from| tally.ended > from)
        };
        let (mut runs, mut failures) = (0_u32, 0_u32);
        for tally in tallies.filter(counts) {
            runs += 1;
            failures += u32::from(tally.state.is_failure());
        }
        let too_many = f64::from(failures) >= settings.errors * f64::from(runs);
        (runs >= settings.runs && failures > 0 && too_many).then_some(opened)
    }
}

/// Notices that more targets want healing than single failures explain.
#[derive(Clone, Debug, Default)]
pub(crate) struct StormState {
    open: bool,
    begun: VecDeque<(Timestamp, Labels)>,
}

impl StormState {
    /// Whether nothing is to be healed.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Notes that a target wants healing from now on.
    pub(crate) fn note(&mut self, target: &Labels, now: Timestamp) {
        self.begun.retain(|(_, known)| known != target);
        self.begun.push_back((now, target.clone()));
    }

    /// Forgets what it has seen.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Looks again; says whether it opened or closed. `wanting` are the targets that want healing now.
    pub(crate) fn look<'a>(
        &mut self,
        settings: &Storm,
        wanting: impl Iterator<Item = &'a Labels>,
        now: Timestamp,
    ) -> Option<bool> {
        let old = |(at, _): &(Timestamp, Labels), within: Duration| elapsed(*at, now) >= within;
        while self.begun.front().is_some_and(|first| old(first, settings.within)) {
            self.begun.pop_front();
        }
        let open = if self.open {
            let others =
                wanting.filter(|target| self.begun.iter().all(|(_, known)| known != *target));
            self.begun.len() + others.count() > settings.targets / 2
        } else {
            self.begun.len() > settings.targets
        };
        (open != std::mem::replace(&mut self.open, open)).then_some(open)
    }
}
