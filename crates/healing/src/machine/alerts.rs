//! The alerts as they were last described, in the order in which they changed and not in that in which
//! descriptions came in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::Fingerprint;

use super::audit::Reason;
use super::run::AlertFacts;
use super::steady::{Now, elapsed};
use super::wishes::WishKey;
use crate::settings::{Observation, Suppression};

/// The alerts that are kept. More of them are not looked at: nobody heals ten thousand things.
pub const ALERTS_MAX: usize = 10_000;

/// How long a sender may go on repeating what is over. Alertmanager retries a notification as long as its
/// group's interval, so that a webhook about a firing alert can come after that about its end.
const REORDER_MAX: Duration = Duration::from_mins(5);

/// How long the end of an alert is remembered.
const ENDED_KEPT: Duration = Duration::from_hours(1);

/// An alert as it was last described.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) facts: Arc<AlertFacts>,
    standing: Standing,
    pub(crate) suppression: Suppression,
    /// The target whose healing it asks for.
    pub(crate) wish: Option<WishKey>,
    /// Whether nothing can come of it under the present settings.
    pub(crate) hopeless: bool,
    /// Why it is not in the queue, as the audit knows.
    pub(crate) noted: Option<Reason>,
    updated_at: Timestamp,
    /// When this description came in, steadily, and how old it was then.
    seen: Timestamp,
    lag_then: Duration,
    /// When the alert first fired here, steadily, and for how long it had fired when it was last described.
    first_seen: Timestamp,
    age_then: Duration,
    late_noted: bool,
}

/// Whether an alert fires, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Firing,
    /// Its end was told.
    Resolved,
    /// Its end was concluded from its absence.
    Vanished,
}

impl Standing {
    const fn told(firing: bool) -> Self {
        if firing { Self::Firing } else { Self::Resolved }
    }
}

/// What a description changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The alert fires, or is described differently.
    Firing,
    /// The alert has resolved.
    Resolved,
    /// Nothing.
    None,
    /// The description is older than what is known; the first such one of an alert says so.
    Late {
        /// Whether it is the first.
        first: bool,
    },
    /// Too many alerts are known.
    Full,
}

impl Known {
    fn new(observation: Observation, now: Now) -> Self {
        let Observation { alert, firing, suppression } = observation;
        Self {
            standing: Standing::told(firing),
            suppression,
            wish: None,
            hopeless: false,
            noted: None,
            updated_at: alert.updated_at,
            seen: now.steady,
            lag_then: elapsed(alert.updated_at, now.wall),
            first_seen: now.steady,
            age_then: elapsed(alert.starts_at, now.wall),
            late_noted: false,
            facts: Arc::new(AlertFacts {
                fingerprint: alert.fingerprint(),
                labels: alert.labels,
                annotations: alert.annotations,
                starts_at: alert.starts_at,
            }),
        }
    }

    /// Whether it fires.
    pub(crate) fn fires(&self) -> bool {
        self.standing == Standing::Firing
    }

    /// For how long it fires: by its own beginning, or since it was first seen where that is longer.
    pub(crate) fn age(&self, now: Now) -> Duration {
        let by_beginning = self.age_then + elapsed(self.seen, now.steady);
        by_beginning.max(elapsed(self.first_seen, now.steady))
    }

    /// How long ago it was described.
    pub(crate) fn lag(&self, now: Now) -> Duration {
        self.lag_then + elapsed(self.seen, now.steady)
    }

    /// Whether a description is older than this one.
    fn is_later_than(&self, new: &Observation) -> bool {
        let alert = &new.alert;
        if alert.updated_at < self.updated_at {
            return true;
        }
        if new.firing && self.standing == Standing::Resolved {
            // The end of an episode is not undone by its beginning coming in once more.
            let same_episode = alert.starts_at <= self.facts.starts_at;
            let soon = elapsed(self.updated_at, alert.updated_at) <= REORDER_MAX;
            return same_episode && soon;
        }
        // The end of an earlier episode does not end this one.
        !new.firing && self.fires() && alert.starts_at < self.facts.starts_at
    }
}

/// All alerts that were described.
#[derive(Debug, Default)]
pub(crate) struct AlertBook {
    known: BTreeMap<Fingerprint, Known>,
    /// Whether all alerts were listed at least once, so that an unknown one does not fire.
    listed: bool,
}

impl AlertBook {
    pub(crate) fn get(&self, fingerprint: Fingerprint) -> Option<&Known> {
        self.known.get(&fingerprint)
    }

    pub(crate) fn get_mut(&mut self, fingerprint: Fingerprint) -> Option<&mut Known> {
        self.known.get_mut(&fingerprint)
    }

    /// Whether an alert that nothing heals is kept.
    pub(crate) fn has_room_for(&self, fingerprint: Fingerprint) -> bool {
        self.known.len() < ALERTS_MAX / 2 || self.known.contains_key(&fingerprint)
    }

    pub(crate) fn fingerprints(&self) -> Vec<Fingerprint> {
        self.known.keys().copied().collect()
    }

    /// The firing alerts that ask for nothing yet and may.
    pub(crate) fn unasked(&self) -> Vec<Fingerprint> {
        let unasked = |known: &Known| known.fires() && known.wish.is_none() && !known.hopeless;
        self.known.iter().filter(|(_, known)| unasked(known)).map(|(print, _)| *print).collect()
    }

    /// Whether an alert certainly does not fire.
    pub(crate) fn is_over(&self, fingerprint: Fingerprint) -> bool {
        match self.known.get(&fingerprint) {
            Some(known) => !known.fires(),
            None => self.listed,
        }
    }

    /// Takes a description.
    pub(crate) fn observe(&mut self, mut new: Observation, now: Now) -> Change {
        // A sender whose clock is ahead must not make what comes later look old.
        new.alert.updated_at = new.alert.updated_at.min(now.wall);
        let fingerprint = new.alert.fingerprint();
        let Some(known) = self.known.get_mut(&fingerprint) else {
            if self.known.len() >= ALERTS_MAX {
                return Change::Full;
            }
            let firing = new.firing;
            self.known.insert(fingerprint, Known::new(new, now));
            return if firing { Change::Firing } else { Change::Resolved };
        };
        if known.is_later_than(&new) {
            let first = !std::mem::replace(&mut known.late_noted, true);
            return Change::Late { first };
        }
        let repeated = new.alert.updated_at == known.updated_at && new.firing == known.fires();
        if repeated && new.suppression == known.suppression {
            return Change::None;
        }
        let firing = new.firing;
        let goes_on = known.fires() && firing && new.alert.starts_at == known.facts.starts_at;
        let mut next = Known::new(new, now);
        next.wish.clone_from(&known.wish);
        (next.hopeless, next.noted) = (known.hopeless, known.noted);
        if goes_on {
            next.first_seen = known.first_seen;
        }
        if repeated {
            (next.seen, next.lag_then, next.age_then) =
                (known.seen, known.lag_then, known.age_then);
        }
        *known = next;
        if firing { Change::Firing } else { Change::Resolved }
    }

    /// Ends all alerts that are not among `listed`; returns those that it ended.
    pub(crate) fn end_others(&mut self, listed: &[Fingerprint], now: Now) -> Vec<Fingerprint> {
        self.listed = true;
        let mut ended = Vec::new();
        for (fingerprint, known) in &mut self.known {
            if known.fires() && listed.binary_search(fingerprint).is_err() {
                known.standing = Standing::Vanished;
                known.updated_at = known.updated_at.max(now.wall);
                ended.push(*fingerprint);
            }
        }
        ended
    }

    /// Takes back what was said in a future that the clock has left.
    pub(crate) fn clock_went_back(&mut self, wall: Timestamp) {
        for known in self.known.values_mut() {
            known.updated_at = known.updated_at.min(wall);
        }
    }

    /// Forgets alerts that ended long ago.
    pub(crate) fn forget(&mut self, now: Now) {
        self.known.retain(|_, known| known.fires() || elapsed(known.seen, now.steady) < ENDED_KEPT);
    }
}
