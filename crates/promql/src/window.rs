//! Windows over one series: which samples each step sees.
//!
//! The samples of a series lie in two columns, and the windows of successive steps only move
//! forward, so that one pass with two positions finds all of them. Series that share their times
//! share their windows as well, and everything that depends on times alone.

mod by_times;
mod layout;

use std::ops::Range;

use crate::grid::Grid;

pub(crate) use by_times::{ByTimes, TimesId};
pub(crate) use layout::{Layout, Layouts};

/// The samples of one series without staleness markers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Samples<'a> {
    pub(crate) times: &'a [i64],
    pub(crate) values: &'a [f64],
}

/// Where windows lie in relation to the steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// The end of the first step's window.
    pub(crate) end: i64,
    /// How far windows are apart; 0 when all steps see the same window.
    pub(crate) step: i64,
    /// How many windows there are.
    pub(crate) steps: usize,
    /// The length of a window, which is open on the left.
    pub(crate) range: i64,
    /// How much further back samples are looked for than the window reaches.
    pub(crate) before: i64,
    /// How much further on samples are looked for than the window reaches.
    pub(crate) after: i64,
}

impl Reach {
    /// Windows that end `offset` before each step, or at `at - offset` when that is given.
    pub(crate) fn new(grid: &Grid, range: i64, offset: i64, at: Option<i64>) -> Self {
        let (end, step) = match at {
            Some(at) => (at, 0),
            None => (grid.start, grid.step),
        };
        let end = end.saturating_sub(offset);
        Self { end, step, steps: grid.len, range, before: 0, after: 0 }
    }

    /// The end of the window of step `k`.
    #[inline]
    pub(crate) const fn end_of(&self, k: usize) -> i64 {
        self.end.saturating_add(self.step.saturating_mul(k.cast_signed() as i64))
    }

    /// The steps whose windows hold a sample, of samples from `first` to `last` that lie so close that no
    /// window fits between two of them.
    pub(crate) fn steps_between(&self, first: i64, last: i64) -> Range<usize> {
        // Windows end at or after the first sample, and begin before the last one.
        let end_min = first.saturating_sub(self.end);
        let end_max = last.saturating_add(self.range).saturating_sub(1).saturating_sub(self.end);
        if self.step <= 0 {
            return if end_min <= 0 && 0 <= end_max { 0..self.steps } else { 0..0 };
        }
        let step = |at: i64| usize::try_from(at).unwrap_or(0).min(self.steps);
        let start = step(end_min.saturating_add(self.step - 1).div_euclid(self.step));
        let end = step(end_max.div_euclid(self.step).saturating_add(1));
        start..end.max(start)
    }

    /// The last time at which no sample is needed any more, and the last at which one is.
    pub(crate) fn span(&self) -> (i64, i64) {
        let last = self.end_of(self.steps.saturating_sub(1));
        let start = self.end.saturating_sub(self.range).saturating_sub(self.before);
        (start, last.saturating_add(self.after))
    }
}

/// The samples that each step sees: from the first position up to, not including, the second.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    bounds: Vec<(u32, u32)>,
    /// How many samples all windows hold together.
    pub(crate) total: u64,
    /// How many samples the windows hold when each is counted in the first window after the one
    /// that ended a step before it, as upstream counts what it reads.
    pub(crate) read: u64,
}

impl Windows {
    /// Finds the windows over `times`, which ascend.
    pub(crate) fn find(&mut self, times: &[i64], reach: &Reach) {
        self.bounds.clear();
        let (mut low, mut high) = (0, 0);
        for k in 0..reach.steps {
            let end = reach.end_of(k);
            let last = end.saturating_add(reach.after);
            let first = end.saturating_sub(reach.range).saturating_sub(reach.before);
            high += times[high..].iter().take_while(|&&time| time <= last).count();
            low += times[low..high].iter().take_while(|&&time| time <= first).count();
            self.bounds.push((index(low), index(high)));
        }
        self.count(reach.step == 0);
    }

    /// Counts the samples; of windows that are all the same, only one is read.
    fn count(&mut self, fixed: bool) {
        self.total = self.bounds.iter().map(|&(low, high)| u64::from(high - low)).sum();
        let counted = if fixed { self.bounds.len().min(1) } else { self.bounds.len() };
        let (mut before, mut read) = (0, 0);
        for &(low, high) in &self.bounds[..counted] {
            read += u64::from(high - low.max(before).min(high));
            before = high;
        }
        self.read = read;
    }

    /// The bounds of each step's window.
    #[inline]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (usize, usize)> + Clone {
        self.bounds.iter().map(|&(low, high)| (low as usize, high as usize))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a run's positions are 32 bits wide")]
const fn index(position: usize) -> u32 {
    position as u32
}

/// For each step the sample that an instant selector picks.
#[derive(Debug, Default)]
pub(crate) struct Picks {
    picks: Vec<u32>,
    /// How many steps pick a sample.
    pub(crate) found: u64,
}

/// No sample is picked.
const NONE: u32 = u32::MAX;

impl Picks {
    /// Finds the newest sample of each window over `times`, which ascend.
    pub(crate) fn find(&mut self, times: &[i64], reach: &Reach) {
        self.picks.clear();
        self.found = 0;
        let mut next = 0;
        for k in 0..reach.steps {
            let end = reach.end_of(k);
            while next < times.len() && times[next] <= end {
                next += 1;
            }
            let fresh = next > 0 && times[next - 1] > end.saturating_sub(reach.range);
            self.picks.push(if fresh { index(next - 1) } else { NONE });
            self.found += u64::from(fresh);
        }
    }

    /// The position of each step's sample.
    #[inline]
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = Option<usize>> {
        self.picks.iter().map(|&pick| if pick == NONE { None } else { Some(pick as usize) })
    }
}

#[cfg(test)]
mod tests;
