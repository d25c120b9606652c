//! How much there is of a vector at each step.

use std::sync::Arc;

use regain_model::Histogram;
use regain_storage::{Ctx, is_histogram};

use crate::eval::Output;
use crate::grid::is_absent;
use crate::native::{cost, fresh_cost};

/// The size of a vector over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// The values.
    pub(super) cells: Vec<u64>,
    /// What they count: a histogram more than one.
    pub(super) samples: Vec<u64>,
    /// What they count while an operator makes them: a histogram a little more.
    pub(super) fresh: Vec<u64>,
}

impl Shape {
    /// The size of what a node has become.
    pub(super) fn of(output: &Output, ctx: &Ctx) -> Self {
        let matrix = match output {
            Output::Scalar(values) => {
                let ones = vec![1; values.len()];
                return Self { cells: ones.clone(), samples: ones.clone(), fresh: ones };
            }
            Output::Text(_) => return Self::default(),
            Output::Vector(matrix) => matrix,
        };
        let none = vec![0; matrix.steps];
        let mut shape = Self { cells: none.clone(), samples: none.clone(), fresh: none };
        for (_, row) in matrix.rows() {
            let present = row.iter().enumerate().filter(|(_, cell)| !is_absent(**cell));
            for (k, &cell) in present {
                let histogram = histogram_of(cell, ctx);
                let histogram = histogram.as_deref();
                shape.cells[k] += 1;
                shape.samples[k] += histogram.map_or(1, cost);
                shape.fresh[k] += histogram.map_or(1, fresh_cost);
            }
        }
        shape
    }

    /// What all values count.
    pub(super) fn total(&self) -> u64 {
        self.samples.iter().sum()
    }
}

fn histogram_of(cell: f64, ctx: &Ctx) -> Option<Arc<Histogram>> {
    if is_histogram(cell) { ctx.histograms.get(cell) } else { None }
}

/// What the values of a row count.
pub(crate) fn row_weight(row: &[f64], ctx: &Ctx) -> u64 {
    let present = row.iter().filter(|cell| !is_absent(**cell));
    present.map(|&cell| histogram_of(cell, ctx).as_deref().map_or(1, cost)).sum()
}
