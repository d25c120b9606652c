//! `sum` and `avg`.

use super::GroupState;
use crate::grid::{ABSENT, is_absent};
use crate::kahan::{Mean, inc};

/// Compensated sums.
///
/// A sum starts at −0, the one number that changes nothing it is added to, so that the first value
/// needs no special treatment.
#[derive(Debug)]
pub(super) struct SumState {
    steps: usize,
    sums: Vec<f64>,
    compensations: Vec<f64>,
    present: Vec<bool>,
}

impl SumState {
    pub(super) const fn new(steps: usize) -> Self {
        Self { steps, sums: Vec::new(), compensations: Vec::new(), present: Vec::new() }
    }
}

impl GroupState for SumState {
    fn cell_bytes(&self) -> usize {
        2 * size_of::<f64>() + size_of::<bool>()
    }

    fn add_group(&mut self) {
        let len = self.sums.len() + self.steps;
        self.sums.resize(len, -0.0);
        self.compensations.resize(len, 0.0);
        self.present.resize(len, false);
    }

    fn add(&mut self, group: usize, row: &[f64]) {
        let at = group * self.steps..(group + 1) * self.steps;
        let sums = self.sums[at.clone()].iter_mut();
        let compensations = self.compensations[at.clone()].iter_mut();
        let present = self.present[at].iter_mut();
        for (((&value, sum), compensation), present) in
            row.iter().zip(sums).zip(compensations).zip(present)
        {
            let absent = is_absent(value);
            // Adding −0 with its compensation changes neither, so that no branch is needed.
            let value = if absent { -0.0 } else { value };
            (*sum, *compensation) = inc(value, *sum, *compensation);
            *present |= !absent;
        }
    }

    fn finish(&mut self, group: usize, out: &mut [f64]) {
        let start = group * self.steps;
        for (k, out) in out.iter_mut().enumerate() {
            let at = start + k;
            *out = if self.present[at] { self.sums[at] + self.compensations[at] } else { ABSENT };
        }
    }

    fn is_present(&self, group: usize, k: usize) -> bool {
        self.present[group * self.steps + k]
    }
}

/// Means.
#[derive(Debug)]
pub(super) struct AvgState {
    steps: usize,
    means: Vec<Option<Mean>>,
}

impl AvgState {
    pub(super) const fn new(steps: usize) -> Self {
        Self { steps, means: Vec::new() }
    }
}

impl GroupState for AvgState {
    fn cell_bytes(&self) -> usize {
        size_of::<Option<Mean>>()
    }

    fn add_group(&mut self) {
        self.means.resize(self.means.len() + self.steps, None);
    }

    fn add(&mut self, group: usize, row: &[f64]) {
        let means = &mut self.means[group * self.steps..(group + 1) * self.steps];
        for (&value, mean) in row.iter().zip(means) {
            if is_absent(value) {
                continue;
            }
            match mean {
                Some(mean) => mean.add(value),
                None => *mean = Some(Mean::of(value)),
            }
        }
    }

    fn finish(&mut self, group: usize, out: &mut [f64]) {
        let means = &self.means[group * self.steps..(group + 1) * self.steps];
        for (out, mean) in out.iter_mut().zip(means) {
            *out = mean.map_or(ABSENT, Mean::mean);
        }
    }

    fn is_present(&self, group: usize, k: usize) -> bool {
        self.means[group * self.steps + k].is_some()
    }
}
