//! The wall clock as the handlers are given it.

use regain_model::Timestamp;

/// Tells the time.
#[derive(Clone, Copy)]
pub struct Clock(fn() -> Timestamp);

impl Clock {
    /// A clock that asks `now`.
    pub const fn new(now: fn() -> Timestamp) -> Self {
        Self(now)
    }

    /// The present time.
    pub fn now(self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
