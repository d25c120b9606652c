//! `count`, `group`, `min`, `max`, `stddev` and `stdvar`.

use std::ops::Range;

use super::GroupState;
use crate::grid::{ABSENT, is_absent};

/// Counts of series.
#[derive(Debug)]
pub(super) struct CountState {
    steps: usize,
    counts: Vec<f64>,
    /// For each step, and for the one behind the last, how many more series there are than at the one
    /// before, of those of which only the steps are known.
    changes: Vec<f64>,
    presence_only: bool,
}

impl CountState {
    pub(super) const fn new(steps: usize, presence_only: bool) -> Self {
        Self { steps, counts: Vec::new(), changes: Vec::new(), presence_only }
    }
}

impl GroupState for CountState {
    fn cell_bytes(&self) -> usize {
        2 * size_of::<f64>()
    }

    fn add_group(&mut self) {
        self.counts.resize(self.counts.len() + self.steps, 0.0);
    }

    fn add(&mut self, group: usize, row: &[f64]) {
        let counts = &mut self.counts[group * self.steps..(group + 1) * self.steps];
        for (&value, count) in row.iter().zip(counts) {
            *count += if is_absent(value) { 0.0 } else { 1.0 };
        }
    }

    fn add_present(&mut self, group: usize, steps: Range<usize>) {
        let columns = self.steps + 1;
        if self.changes.len() <= group * columns {
            self.changes.resize((group + 1) * columns, 0.0);
        }
        self.changes[group * columns + steps.start] += 1.0;
        self.changes[group * columns + steps.end] -= 1.0;
    }

    fn finish(&mut self, group: usize, out: &mut [f64]) {
        let counts = &self.counts[group * self.steps..(group + 1) * self.steps];
        let changes = self.changes.get(group * (self.steps + 1)..).unwrap_or_default();
        let changes = changes.iter().copied().chain(std::iter::repeat(0.0));
        let mut more = 0.0;
        for ((out, &count), change) in out.iter_mut().zip(counts).zip(changes) {
            more += change;
            *out = match count + more {
                0.0 => ABSENT,
                _ if self.presence_only => 1.0,
                count => count,
            };
        }
    }

    fn is_present(&self, group: usize, k: usize) -> bool {
        let changes = self.changes.get(group * (self.steps + 1)..).unwrap_or_default();
        let more: f64 = changes.iter().take(k + 1).sum();
        self.counts[group * self.steps + k] + more > 0.0
    }
}

/// The smallest or the largest values; NaN only where there is nothing else.
#[derive(Debug)]
pub(super) struct ExtremeState {
    steps: usize,
    /// [`ABSENT`] is a NaN, so the first value replaces it like any other NaN.
    values: Vec<f64>,
    smallest: bool,
}

impl ExtremeState {
    pub(super) const fn new(steps: usize, smallest: bool) -> Self {
        Self { steps, values: Vec::new(), smallest }
    }
}

impl GroupState for ExtremeState {
    fn cell_bytes(&self) -> usize {
        size_of::<f64>()
    }

    fn add_group(&mut self) {
        self.values.resize(self.values.len() + self.steps, ABSENT);
    }

    fn add(&mut self, group: usize, row: &[f64]) {
        let kept = &mut self.values[group * self.steps..(group + 1) * self.steps];
        for (&value, kept) in row.iter().zip(kept) {
            let better = if self.smallest { *kept > value } else { *kept < value };
            if (better || kept.is_nan()) && !is_absent(value) {
                *kept = value;
            }
        }
    }

    fn finish(&mut self, group: usize, out: &mut [f64]) {
        out.copy_from_slice(&self.values[group * self.steps..(group + 1) * self.steps]);
    }

    fn is_present(&self, group: usize, k: usize) -> bool {
        !is_absent(self.values[group * self.steps + k])
    }
}

/// Population variances by Welford's method.
#[derive(Debug)]
pub(super) struct VarianceState {
    steps: usize,
    cells: Vec<Variance>,
    root: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Variance {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Variance {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        if self.count < 2.0 {
            self.mean = value;
            self.squares = if value.is_finite() { 0.0 } else { f64::NAN };
        } else {
            let delta = value - self.mean;
            self.mean += delta / self.count;
            self.squares += delta * (value - self.mean);
        }
    }
}

impl VarianceState {
    pub(super) const fn new(steps: usize, root: bool) -> Self {
        Self { steps, cells: Vec::new(), root }
    }
}

impl GroupState for VarianceState {
    fn cell_bytes(&self) -> usize {
        size_of::<Variance>()
    }

    fn add_group(&mut self) {
        self.cells.resize(self.cells.len() + self.steps, Variance::default());
    }

    fn add(&mut self, group: usize, row: &[f64]) {
        let cells = &mut self.cells[group * self.steps..(group + 1) * self.steps];
        for (&value, cell) in row.iter().zip(cells) {
            if !is_absent(value) {
                cell.add(value);
            }
        }
    }

    fn finish(&mut self, group: usize, out: &mut [f64]) {
        let cells = &self.cells[group * self.steps..(group + 1) * self.steps];
        for (out, cell) in out.iter_mut().zip(cells) {
            let variance = cell.squares / cell.count;
            *out = if cell.count == 0.0 {
                ABSENT
            } else if self.root {
                variance.sqrt()
            } else {
                variance
            };
        }
    }

    fn is_present(&self, group: usize, k: usize) -> bool {
        self.cells[group * self.steps + k].count > 0.0
    }
}
