//! Time as this crate is given it, and the source of what must not repeat.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the wall-clock time; the crate asks nothing else for it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// A sequence of numbers that a seed determines: the jitter of retries and the ids of silences.
///
/// It is splitmix64; ids need no secrecy, only that two processes start with different seeds.
#[derive(Debug)]
pub(crate) struct Sequence(AtomicU64);

impl Sequence {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The sequence of `seed`.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number.
    pub(crate) fn next(&self) -> u64 {
        // Ordering: the state orders nothing else, and every step takes another value.
        let mut value = self.0.fetch_add(Self::STEP, Ordering::Relaxed).wrapping_add(Self::STEP);
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// The next number as a fraction of one: at least 0 and below 1.
    pub(crate) fn fraction(&self) -> f64 {
        const BITS: i32 = 53;
        let mantissa = self.next() >> (64 - BITS);
        mantissa as f64 / 2_f64.powi(BITS)
    }
}

/// Go's zero time, which stands for "not set" in what other programs send and store.
pub(crate) fn is_go_zero(time: Timestamp) -> bool {
    const SECOND: i64 = -62_135_596_800;
    time.as_second() == SECOND && time.subsec_nanosecond() == 0
}

/// The time `by` later, or the last there is.
pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    shifted(time, SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX))
}

/// The time `by` earlier, or the first there is.
pub(crate) fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    shifted(time, SignedDuration::try_from(by).map_or(SignedDuration::MIN, |by| -by))
}

/// The time `by` away, or the last or first there is.
pub(crate) fn shifted(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).expect("only calendar units are refused")
}

/// How long it is from `from` until `until`; zero when that is past.
pub(crate) fn between(from: Timestamp, until: Timestamp) -> Duration {
    until.duration_since(from).try_into().unwrap_or(Duration::ZERO)
}
