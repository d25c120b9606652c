//! The time that this thread has spent on a processor, which others on the machine do not disturb.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A reading of the thread's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuClock(Duration);

impl CpuClock {
    pub(crate) fn now() -> Self {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = u64::try_from(now.tv_sec).expect("a thread's clock starts at zero");
        let nanos = u32::try_from(now.tv_nsec).expect("nanoseconds of a second");
        Self(Duration::new(seconds, nanos))
    }

    /// The time since this reading.
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}
