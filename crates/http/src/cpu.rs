//! How much CPU time work takes whose parts run on several threads and in several tasks.
//!
//! Wall time says little about that: a task waits most of the time, and on a busy machine it is interrupted. A meter
//! asks the thread's own clock at both ends of each turn, the stretch that a future runs without waiting, and adds up.
//!
//! That clock is a system call. Where turns are many and short, a meter measures some of them and counts each of these
//! for several.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Tells how much CPU time the calling thread has used so far.
#[derive(Clone, Copy, Debug)]
pub struct ThreadClock(fn() -> Duration);

impl ThreadClock {
    /// A clock that asks `used`.
    pub const fn new(used: fn() -> Duration) -> Self {
        Self(used)
    }
}

/// Adds up CPU time; clones are the same meter.
#[derive(Clone, Debug)]
pub struct CpuMeter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: ThreadClock,
    used_ns: AtomicU64,
    turns: AtomicU64,
    stride: AtomicU32,
}

impl CpuMeter {
    /// A meter at zero, which measures every turn.
    pub fn new(clock: ThreadClock) -> Self {
        let (used_ns, turns, stride) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU32::new(1));
        Self(Arc::new(Inner { clock, used_ns, turns, stride }))
    }

    /// The CPU time of all turns, those that were not measured included by proportion.
    pub fn used(&self) -> Duration {
        // Ordering: the numbers of a meter guard no other memory.
        Duration::from_nanos(self.0.used_ns.load(Ordering::Relaxed))
    }

    /// How many turns there were.
    pub fn turns(&self) -> u64 {
        // Ordering: as above.
        self.0.turns.load(Ordering::Relaxed)
    }

    /// Measures one turn of so many from now on; at least one.
    pub fn set_stride(&self, stride: u32) {
        // Ordering: as above.
        self.0.stride.store(stride.max(1), Ordering::Relaxed);
    }

    /// Does `work`, which is one turn.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        // Ordering: as above.
        let turn = self.0.turns.fetch_add(1, Ordering::Relaxed);
        let stride = u64::from(self.0.stride.load(Ordering::Relaxed));
        if !is_measured(turn, stride) {
            return work();
        }
        let before = (self.0.clock.0)();
        let result = work();
        let used = (self.0.clock.0)().saturating_sub(before);
        let used_ns = u64::try_from(used.as_nanos()).unwrap_or(u64::MAX);
        // Ordering: as above.
        self.0.used_ns.fetch_add(used_ns.saturating_mul(stride), Ordering::Relaxed);
        result
    }

    /// Drives `future` and measures it, without the time in which it waits.
    pub async fn measure<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        std::future::poll_fn(|cx| self.run(|| future.as_mut().poll(cx))).await
    }
}

/// Chooses one turn of `stride`, scattered: turns of different kinds follow each other in a fixed pattern, which a fixed
/// distance could keep step with.
const fn is_measured(turn: u64, stride: u64) -> bool {
    const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
    (turn.wrapping_mul(GOLDEN_RATIO) >> 32).is_multiple_of(stride)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;

    use super::*;

    thread_local! {
        static USED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// Uses CPU time, as the test's clock sees it.
    fn work(ms: u64) {
        USED.set(USED.get() + Duration::from_millis(ms));
    }

    #[tokio::test]
    async fn time_counts_while_a_future_runs_and_not_while_it_waits() {
        let meter = CpuMeter::new(ThreadClock::new(|| USED.get()));
        let (go, wait) = tokio::sync::oneshot::channel();
        let future = pin!(async {
            work(3);
            wait.await.unwrap();
            work(4);
            "done"
        });
        let meanwhile = async {
            work(100);
            go.send(()).unwrap();
        };
        let (said, ()) = tokio::join!(meter.measure(future), meanwhile);
        assert_eq!(said, "done");
        assert_eq!(meter.clone().used(), Duration::from_millis(7));
        meter.run(|| work(1));
        assert_eq!((meter.used(), meter.turns()), (Duration::from_millis(8), 3));
    }

    #[test]
    fn some_turns_stand_for_all() {
        for stride in [2, 7, 16, 100] {
            let meter = CpuMeter::new(ThreadClock::new(|| USED.get()));
            meter.set_stride(stride);
            let asked_before = USED.get();
            for turn in 0..80_000 {
                // A pattern of eight turns, one of which takes most of the time.
                meter.run(|| work(if turn % 8 == 0 { 50 } else { 1 }));
            }
            let all = USED.get().saturating_sub(asked_before);
            let share = meter.used().as_secs_f64() / all.as_secs_f64();
            assert!((0.9..1.1).contains(&share), "{share} of all with a stride of {stride}");
        }
    }
}
