//! When a target is scraped.
//!
//! Every target has a slot: an offset in its interval that follows from its identity, so that the targets of a server
//! are spread evenly, a restart changes nothing, and two servers with different seeds ask at different times. The
//! hashes are upstream's (`scrape/target.go`, 3.14).

use std::time::Duration;

use regain_model::{Labels, Timestamp};

use crate::clock::timestamp;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Is the largest share of the interval by which a timestamp is moved onto the grid.
const TOLERANCE_SHARE: u32 = 100;

/// Returns what identifies a target in its pool.
pub(crate) fn target_hash(labels: &Labels, url: &str) -> u64 {
    let labels = format!("{:016}", labels.upstream_hash());
    fnv1a([labels.as_bytes(), url.as_bytes()])
}

/// Returns what moves the slots of this server against those of others.
pub(crate) fn server_seed(host_name: &str, external_labels: &Labels) -> u64 {
    fnv1a([host_name.as_bytes(), external_labels.to_string().as_bytes()])
}

fn fnv1a<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
    parts.into_iter().flatten().fold(FNV_OFFSET, step)
}

/// Returns how long to wait for the next slot of a target.
pub(crate) fn until_slot(now: Duration, interval: Duration, hash: u64, seed: u64) -> Duration {
    let interval_ns = interval.as_nanos().max(1);
    let base = interval_ns - now.as_nanos() % interval_ns;
    let next = base + u128::from(hash ^ seed) % interval_ns;
    let next = if next > interval_ns { next - interval_ns } else { next };
    Duration::from_nanos(u64::try_from(next).unwrap_or(u64::MAX))
}

/// Is the grid of a target's timestamps: one per interval from its first scrape on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    last: Duration,
    interval: Duration,
    tolerance: Duration,
}

impl Grid {
    /// Starts a grid at the first scrape. Timers are late by a millisecond or so, and a timestamp that is late by no
    /// more than `tolerance` is moved back.
    pub(crate) fn new(first: Duration, interval: Duration, tolerance: Duration) -> Self {
        Self { last: first, interval, tolerance: tolerance.min(interval / TOLERANCE_SHARE) }
    }

    /// Returns the timestamp of a scrape that starts at `now`.
    pub(crate) fn place(&mut self, now: Duration) -> Timestamp {
        // Intervals may have been left out; there is no loop over them, because the clock may jump by years.
        if let Some(late) = now.checked_sub(self.last) {
            let intervals = late.as_nanos() / self.interval.as_nanos().max(1);
            let skipped = u32::try_from(intervals).unwrap_or(u32::MAX);
            self.last = self.last.saturating_add(self.interval.saturating_mul(skipped));
        }
        let on_grid = now.abs_diff(self.last) <= self.tolerance;
        timestamp(if on_grid { self.last } else { now })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn fnv_is_the_published_function() {
        assert_eq!(fnv1a([b"".as_slice()]), FNV_OFFSET);
        assert_eq!(fnv1a([b"foo".as_slice(), b"bar"]), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_slot_depends_on_hash_and_seed_alone() {
        let interval = 10 * SECOND;
        let slot = |now_ms: u64, hash, seed| {
            let now = Duration::from_millis(now_ms);
            let due = now + until_slot(now, interval, hash, seed);
            due.as_nanos() % interval.as_nanos()
        };
        for now_ms in [0, 1, 3_333, 9_999, 1_700_000_000_123] {
            assert_eq!(slot(now_ms, 7_000_000_000, 0), 7_000_000_000, "at {now_ms}");
            assert_eq!(slot(now_ms, 7, 5), 2, "at {now_ms}");
        }
        let wait = until_slot(Duration::from_secs(1003), interval, 2_000_000_000, 0);
        assert_eq!(wait, 9 * SECOND);
        let wait = until_slot(Duration::from_secs(1003), interval, 3_000_000_000, 0);
        assert_eq!(wait, 10 * SECOND, "a slot that is now is the next one");
    }

    #[test]
    fn late_timestamps_move_back_within_the_tolerance() {
        let start = Duration::from_secs(1000);
        let mut grid = Grid::new(start, SECOND, Duration::from_millis(2));
        let mut check = |after_us: u64, expected_ms: i64| {
            let placed = grid.place(start + Duration::from_micros(after_us));
            assert_eq!(placed, Timestamp(1_000_000 + expected_ms), "after {after_us} µs");
        };
        check(0, 0);
        check(1_001_900, 1_000);
        check(2_002_100, 2_002);
        check(5_000_500, 5_000);
        check(4_000_000, 4_000);
    }

    #[test]
    fn the_tolerance_is_at_most_a_hundredth_of_the_interval() {
        let mut grid = Grid::new(SECOND, Duration::from_millis(100), Duration::from_millis(2));
        assert_eq!(grid.place(SECOND + Duration::from_micros(100_900)), Timestamp(1_100));
        assert_eq!(grid.place(SECOND + Duration::from_micros(201_100)), Timestamp(1_201));
    }
}
