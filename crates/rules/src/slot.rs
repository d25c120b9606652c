//! When a group is evaluated.
//!
//! Every group has a slot: an offset in its interval that follows from its file and name, so that the groups of a
//! server are spread evenly and a restart changes nothing. The hash is upstream's (`rules/group.go`, 3.14).

use std::time::Duration;

use regain_model::Labels;

use crate::settings::RuleGroup;

/// A timer may end this share of the interval before its time and still be on time.
const EARLY_SHARE: i128 = 100;

/// Is the time grid of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    interval_ns: i128,
    offset_ns: i128,
}

/// Says what is to be done at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The slot has come, and so many before it were missed.
    Now { slot: Duration, missed: u64 },
    /// The clock was set back: the slot before now counts as done.
    ResetTo(Duration),
}

impl Grid {
    pub(crate) fn new(group: &RuleGroup) -> Self {
        let labels = Labels::from_pairs([("name", &*group.name), ("file", &*group.file)]);
        let interval_ns = nanos(group.interval).max(1);
        Self { interval_ns, offset_ns: i128::from(labels.upstream_hash()) % interval_ns }
    }

    /// Returns the slot at `now` or the last one before it.
    pub(crate) fn at_or_before(&self, now: Duration) -> Duration {
        let since = (nanos(now) - self.offset_ns).div_euclid(self.interval_ns);
        duration(since * self.interval_ns + self.offset_ns)
    }

    /// Returns the slot after `slot`.
    pub(crate) fn after(&self, slot: Duration) -> Duration {
        duration(nanos(slot) + self.interval_ns)
    }

    /// Returns what is due at `now`, when the slot after `done` should have come.
    pub(crate) fn due(&self, done: Duration, now: Duration) -> Due {
        let passed = nanos(now) - nanos(done) + self.interval_ns / EARLY_SHARE;
        let steps = passed.div_euclid(self.interval_ns);
        if steps < 1 {
            return Due::ResetTo(self.at_or_before(now));
        }
        let slot = duration(nanos(done) + steps * self.interval_ns);
        Due::Now { slot, missed: u64::try_from(steps - 1).unwrap_or(u64::MAX) }
    }
}

impl RuleGroup {
    /// Returns the first time from `from` on at which the group is evaluated.
    pub fn first_slot_from(&self, from: Duration) -> Duration {
        let grid = Grid::new(self);
        let slot = grid.at_or_before(from);
        if slot < from { grid.after(slot) } else { slot }
    }
}

fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX / 4)
}

fn duration(nanos: i128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(interval_s: u64) -> RuleGroup {
        RuleGroup {
            file: "rules.yml".into(),
            name: "test".into(),
            interval: Duration::from_secs(interval_s),
            query_offset: None,
            limit: 0,
            rules: Vec::new(),
        }
    }

    fn grid(interval_s: u64) -> Grid {
        Grid::new(&group(interval_s))
    }

    #[test]
    fn the_first_slot_from_a_time_is_that_time_or_the_next_slot() {
        let group = group(10);
        let slot = group.first_slot_from(Duration::from_secs(1_700_000_000));
        assert_eq!(group.first_slot_from(slot), slot);
        let behind = slot + Duration::from_nanos(1);
        assert_eq!(group.first_slot_from(behind), slot + Duration::from_secs(10));
    }

    #[test]
    fn slots_have_the_same_offset_at_all_times() {
        let grid = grid(10);
        for now_ms in [0, 1, 12_345, 1_700_000_000_123] {
            let now = Duration::from_millis(now_ms);
            let slot = grid.at_or_before(now);
            assert!(slot <= now || slot.is_zero(), "at {now_ms}");
            assert!(grid.after(slot) > now, "at {now_ms}");
        }
        let a = grid.at_or_before(Duration::from_secs(1_000_000));
        let b = grid.at_or_before(Duration::from_secs(2_000_000));
        assert_eq!(b.abs_diff(a).as_nanos() % 10_000_000_000, 0);
    }

    #[test]
    fn the_offset_is_that_of_the_real_program() {
        // Prometheus 3.14.0 evaluated the group `g` of the file `r.yml` at 02.184147877 s past the minute.
        let group = RuleGroup {
            file: "r.yml".into(),
            name: "g".into(),
            interval: Duration::from_secs(1),
            query_offset: None,
            limit: 0,
            rules: Vec::new(),
        };
        let slot = Grid::new(&group).at_or_before(Duration::from_secs(1_795_743_663));
        assert_eq!(slot.subsec_nanos(), 184_147_877);
    }

    #[test]
    fn missed_slots_are_counted_and_left_out() {
        let (grid, done) = (grid(10), Duration::from_secs(1000));
        let due = |after_ms| grid.due(done, done + Duration::from_millis(after_ms));
        let now = |after_s, missed| Due::Now { slot: done + Duration::from_secs(after_s), missed };
        assert_eq!(due(10_000), now(10, 0));
        assert_eq!(due(9_950), now(10, 0), "a timer that is a little early");
        assert_eq!(due(19_800), now(10, 0));
        assert_eq!(due(35_000), now(30, 2));
    }

    #[test]
    fn a_clock_that_was_set_back_starts_again_at_its_slot() {
        let (grid, done) = (grid(10), Duration::from_secs(1000));
        let now = Duration::from_secs(500);
        assert_eq!(grid.due(done, now), Due::ResetTo(grid.at_or_before(now)));
    }
}
