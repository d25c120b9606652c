//! `quantile`.

use super::GroupState;
use crate::functions::quantile;
use crate::grid::{ABSENT, is_absent};

/// How many columns are put together at once: as many values as lie in a line of a cache.
const COLUMNS: usize = 8;

/// All rows of each group, one after another.
#[derive(Debug)]
pub(super) struct QuantileState {
    steps: usize,
    quantiles: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

impl QuantileState {
    pub(super) const fn new(steps: usize, quantiles: Vec<f64>) -> Self {
        Self { steps, quantiles, rows: Vec::new() }
    }
}

impl GroupState for QuantileState {
    fn cell_bytes(&self) -> usize {
        0
    }

    fn row_bytes(&self, row: &[f64]) -> usize {
        // What rows lie in grows by doubling.
        2 * size_of_val(row)
    }

    fn add_group(&mut self) {
        self.rows.push(Vec::new());
    }

    fn add(&mut self, group: usize, row: &[f64]) {
        self.rows[group].extend_from_slice(row);
    }

    fn finish(&mut self, group: usize, out: &mut [f64]) {
        let rows = &self.rows[group];
        let mut columns: [Vec<f64>; COLUMNS] = std::array::from_fn(|_| Vec::new());
        for (block, out) in out.chunks_mut(COLUMNS).enumerate() {
            let (first, count) = (block * COLUMNS, out.len());
            columns.iter_mut().for_each(Vec::clear);
            for row in rows.chunks_exact(self.steps) {
                for (&value, column) in row[first..first + count].iter().zip(&mut columns) {
                    if !is_absent(value) {
                        column.push(value);
                    }
                }
            }
            let quantiles = &self.quantiles[first..first + count];
            for ((out, column), &q) in out.iter_mut().zip(&mut columns).zip(quantiles) {
                *out = if column.is_empty() { ABSENT } else { quantile::of(q, column) };
            }
        }
    }

    fn is_present(&self, group: usize, k: usize) -> bool {
        self.rows[group].iter().skip(k).step_by(self.steps).any(|&value| !is_absent(value))
    }
}
