//! The only place that looks at clocks; everything below gets the time as a parameter.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use regain_model::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// The time since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are given")]
pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The time in milliseconds since the Unix epoch.
pub(crate) fn now() -> Timestamp {
    Timestamp(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
}

/// The CPU time that the calling thread has used.
pub(crate) fn thread_cpu() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(used).expect("a thread has used no less than nothing")
}
