//! The wall clock as rules are given it.

use std::sync::Arc;
use std::time::Duration;

use regain_model::Timestamp;

/// Tells the time since the Unix epoch, to the nanosecond: slots are cut from it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// Creates a clock that asks `now`.
    pub fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the present time.
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// Returns the time `offset` before `time`, cut to the milliseconds that samples carry.
pub(crate) fn timestamp(time: Duration, offset: Duration) -> Timestamp {
    let nanos = |duration: Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
    let millis = nanos(time).saturating_sub(nanos(offset)).div_euclid(1_000_000);
    Timestamp(i64::try_from(millis).unwrap_or(i64::MAX))
}
