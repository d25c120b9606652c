//! `quantile`.

use super::GroupState;
use crate::functions::quantile;
use crate::grid::{ABSENT, is_absent};

/// All values of each group and step.
#[derive(Debug)]
pub(super) struct QuantileState {
    steps: usize,
    quantiles: Vec<f64>,
    values: Vec<Vec<f64>>,
}

impl QuantileState {
    pub(super) const fn new(steps: usize, quantiles: Vec<f64>) -> Self {
        Self { steps, quantiles, values: Vec::new() }
    }
}

impl GroupState for QuantileState {
    fn add_group(&mut self) {
        self.values.resize_with(self.values.len() + self.steps, Vec::new);
    }

    fn add(&mut self, group: usize, row: &[f64]) {
        let cells = &mut self.values[group * self.steps..(group + 1) * self.steps];
        for (&value, cell) in row.iter().zip(cells) {
            if !is_absent(value) {
                cell.push(value);
            }
        }
    }

    fn finish(&mut self, group: usize, out: &mut [f64]) {
        let cells = &mut self.values[group * self.steps..(group + 1) * self.steps];
        for ((out, cell), &q) in out.iter_mut().zip(cells).zip(&self.quantiles) {
            *out = if cell.is_empty() { ABSENT } else { quantile::of(q, cell) };
        }
    }

    fn is_present(&self, group: usize, k: usize) -> bool {
        !self.values[group * self.steps + k].is_empty()
    }
}
