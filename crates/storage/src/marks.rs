//! Marks: what lies between two looks at a store, as one lowest time.
//!
//! A store notes the lowest timestamp of every change once queries can see it; a cache asks for the lowest
//! of those that came after the mark at which it looked. Only the times that a later change has not
//! undercut are kept, ascending, so that noting costs O(1) on average. Where there are many of them,
//! neighbours become one, with the mark of the later and the time of the earlier: the answer is the
//! lowest time or one before it, never one behind it.

use regain_model::Timestamp;

/// The mark of a store that has not changed since it was opened. There is none before it.
const OPENED: u64 = 1;

/// The changes of a store, each with a mark of its own.
#[derive(Clone, Debug)]
pub struct Marks {
    now: u64,
    /// Marks with the lowest time noted since the mark before; both ascend.
    lows: Vec<(u64, i64)>,
}

impl Default for Marks {
    fn default() -> Self {
        Self { now: OPENED, lows: Vec::new() }
    }
}

impl Marks {
    /// At most this many times are told apart.
    pub const LOWS_MAX: usize = 1024;

    /// Changes whose lowest times lie less than this far behind one another are one, in milliseconds.
    pub const MERGED_MS: i64 = 1000;

    /// The mark of the latest change.
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// Notes a change whose lowest timestamp is `time`. Queries must be able to see it already: a query
    /// that takes its mark first may see what is noted later, and never misses what was noted before.
    pub fn note(&mut self, Timestamp(time): Timestamp) {
        self.now += 1;
        while self.lows.pop_if(|(_, low)| *low >= time).is_some() {}
        if let Some((mark, low)) = self.lows.last_mut()
            && time.saturating_sub(*low) < Self::MERGED_MS
        {
            *mark = self.now;
            return;
        }
        if self.lows.len() == Self::LOWS_MAX {
            self.coarsen();
        }
        self.lows.push((self.now, time));
    }

    /// The lowest time of the changes after `mark`, or an earlier one. Of a mark that was never given, as is 0,
    /// nothing is known, so that everything may have changed.
    pub fn lowest_since(&self, mark: u64) -> Option<Timestamp> {
        if mark < OPENED || mark > self.now {
            return Some(Timestamp(i64::MIN));
        }
        let after = self.lows.partition_point(|&(known, _)| known <= mark);
        self.lows.get(after).map(|&(_, time)| Timestamp(time))
    }

    /// Makes one of each two neighbours in the older half: who looks often asks about the newer half.
    fn coarsen(&mut self) {
        let half = Self::LOWS_MAX / 2;
        let newer = self.lows.split_off(half);
        self.lows = self.lows.chunks(2).map(|pair| (pair[pair.len() - 1].0, pair[0].1)).collect();
        self.lows.extend(newer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(times: &[i64]) -> Marks {
        let mut marks = Marks::default();
        for &time in times {
            marks.note(Timestamp(time));
        }
        marks
    }

    #[test]
    fn the_lowest_time_after_a_mark_counts() {
        let marks = noted(&[10_000, 20_000, 15_000, 30_000]);
        let since = |mark| marks.lowest_since(OPENED + mark).map(|time| time.0);
        let all: Vec<_> = (0..=4).map(since).collect();
        assert_eq!(all, [Some(10_000), Some(15_000), Some(15_000), Some(30_000), None]);
        assert_eq!(marks.now(), OPENED + 4);
    }

    #[test]
    fn of_a_mark_that_was_never_given_nothing_is_known() {
        let marks = noted(&[10_000]);
        assert_eq!(marks.lowest_since(0), Some(Timestamp(i64::MIN)));
        assert_eq!(marks.lowest_since(marks.now() + 1), Some(Timestamp(i64::MIN)));
    }

    #[test]
    fn answers_are_bounded_and_never_too_high() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33).cast_signed()
        };
        let mut times = Vec::new();
        for at in 0..20_000 {
            let late = if random() % 500 == 0 { random() % 5_000_000 } else { 0 };
            times.push(at * 700 - late);
        }
        let marks = noted(&times);
        assert!(marks.lows.len() <= Marks::LOWS_MAX);
        let mut lowest = i64::MAX;
        let numbered: Vec<_> = (OPENED..).zip(times).collect();
        for (mark, time) in numbered.into_iter().rev() {
            lowest = lowest.min(time);
            let told = marks.lowest_since(mark).unwrap().0;
            assert!(told <= lowest, "{told} is behind {lowest}");
            if mark + 200 > marks.now() {
                assert!(told > lowest - Marks::MERGED_MS, "{told} is far before {lowest}");
            }
        }
    }
}
