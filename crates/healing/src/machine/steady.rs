//! Time as the machine counts it: forwards only, whatever the clock on the wall does.

use std::time::Duration;

use jiff::Timestamp;

/// The longest way that one step goes; there is one each second. A longer silence is a clock that was set, or a
/// machine that slept: the rest of it does not count, so that no cooldown ends early.
const LEAP_MAX: Duration = Duration::from_secs(10);

/// The two times of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// What the clock says: for people, and for comparing with what others say.
    pub wall: Timestamp,
    /// What has passed: for deadlines, cooldowns and limits.
    pub steady: Timestamp,
}

/// Turns the clock's time into one that never goes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady {
    now: Now,
}

impl Steady {
    /// Starts at `wall`, or at `last` where an earlier process had come further.
    pub(crate) fn new(wall: Timestamp, last: Option<Timestamp>) -> Self {
        let steady = last.map_or(wall, |last| last.max(wall));
        Self { now: Now { wall, steady } }
    }

    /// Goes on to `wall`; also says whether the clock was set back.
    pub(crate) fn advance(&mut self, wall: Timestamp) -> (Now, bool) {
        let went_back = wall < self.now.wall;
        let passed = elapsed(self.now.wall, wall).min(LEAP_MAX);
        self.now = Now { wall, steady: after(self.now.steady, passed) };
        (self.now, went_back)
    }

    /// The present.
    pub(crate) const fn now(&self) -> Now {
        self.now
    }
}

/// The time `wait` after `from`.
pub(crate) fn after(from: Timestamp, wait: Duration) -> Timestamp {
    from.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// How long `since` is ago; nothing where it lies in the future.
pub(crate) fn elapsed(since: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}
