//! What the steps of an evaluation have looked at and read.

use regain_model::Timestamp;

use crate::grid::Grid;
use crate::value::StepStats;

/// Samples by the steps that saw them.
#[derive(Debug)]
pub(crate) struct Seen {
    grid: Grid,
    total: Vec<u64>,
    read: Vec<u64>,
}

impl Seen {
    /// Nothing yet, over `grid`.
    pub(super) fn over(grid: &Grid) -> Self {
        Self { grid: *grid, total: vec![0; grid.len], read: vec![0; grid.len] }
    }

    /// Counts samples that step `k` has looked at.
    pub(super) fn look(&mut self, k: usize, samples: u64) {
        if let Some(total) = self.total.get_mut(k) {
            *total += samples;
        }
    }

    /// Counts samples that were read for step `k`.
    pub(super) fn read(&mut self, k: usize, samples: u64) {
        if let Some(read) = self.read.get_mut(k) {
            *read += samples;
        }
    }

    /// What all steps have looked at, and read.
    pub(super) fn sums(&self) -> (u64, u64) {
        (self.total.iter().sum(), self.read.iter().sum())
    }

    /// What each step has looked at, and read.
    pub(super) fn steps(&self) -> Vec<StepStats> {
        let steps = self.grid.times().zip(self.total.iter().zip(&self.read));
        let step = |(time, (&samples_total, &samples_read))| {
            let time = Timestamp(time);
            StepStats { time, samples_total, samples_read }
        };
        steps.map(step).collect()
    }

    /// Counts what `once` has looked at for each step, and what it has read for the first.
    pub(super) fn repeat(&mut self, once: &Self) {
        let (total, read) = once.sums();
        self.total.iter_mut().for_each(|step| *step += total);
        self.read(0, read);
    }

    /// Counts what the steps of a subquery have read for the first step whose window reaches them; what no window
    /// reaches is not counted.
    pub(super) fn take_windows(&mut self, inner: &Self, offset: i64, range: i64) {
        let Grid { start, step, len } = self.grid;
        if len <= 1 {
            self.read(0, inner.sums().1);
            return;
        }
        for (time, &samples) in inner.grid.times().zip(&inner.read) {
            let time = time.saturating_add(offset);
            let after = time.saturating_sub(start).saturating_add(step - 1).max(0) / step;
            let k = usize::try_from(after).unwrap_or(usize::MAX).min(len - 1);
            if time > self.grid.time(k).saturating_sub(range) {
                self.read(k, samples);
            }
        }
    }
}
