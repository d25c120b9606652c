//! `sort` and its kin, which have an effect on instant queries only.

use std::cmp::Ordering;

use regain_model::Labels;
use regain_storage::is_histogram;

use super::Evaluator;
use crate::annotations::Kind;
use crate::eval_error::Result;
use crate::functions::natural_order;
use crate::grid::{ABSENT, Grid, Held, Matrix};
use crate::plan::{Node, Position, SortBy};

impl Evaluator<'_> {
    pub(super) fn sort(
        &mut self,
        input: &Node,
        by: &SortBy,
        descending: bool,
        at: &Position,
        grid: &Grid,
    ) -> Result<Matrix> {
        let mut matrix = self.vector(input, grid)?;
        if matches!(by, SortBy::Value) && !self.ctx.histograms.is_empty() {
            // Histograms are not larger or smaller than anything.
            let histograms = matrix.values.iter_mut().filter(|cell| is_histogram(**cell));
            histograms.for_each(|cell| *cell = ABSENT);
            matrix.drop_empty();
        }
        if grid.len > 1 {
            self.annotations.add(&Kind::SortInRange, at.clone());
            return Ok(matrix);
        }
        let mut held = Held::new(self.ctx, 0)?;
        let mut order: Vec<usize> = Vec::new();
        held.make_room(&mut order, matrix.len())?;
        order.extend(0..matrix.len());
        match by {
            SortBy::Value => {
                order.sort_by(|&a, &b| by_value(matrix.row(a)[0], matrix.row(b)[0], descending));
            }
            SortBy::Labels(names) => {
                let labels = self.labels_of(&matrix, &mut held)?;
                order.sort_by(|&a, &b| {
                    let order = by_labels(&labels[a], &labels[b], names);
                    if descending { order.reverse() } else { order }
                });
            }
        }
        let (mut sorted, mut held) = (Matrix::new(matrix.steps), Held::new(self.ctx, 0)?);
        for row in order {
            self.ctx.cancel.check()?;
            sorted.push_held(matrix.labels[row], matrix.row(row), &mut held)?;
        }
        sorted.adopt(held);
        Ok(sorted)
    }

    /// The labels of all rows, in memory that `held` takes.
    fn labels_of(&self, matrix: &Matrix, held: &mut Held) -> Result<Vec<Labels>> {
        let arena = self.ctx.labels.read();
        let mut all = Vec::new();
        held.make_room(&mut all, matrix.len())?;
        for row in &matrix.labels {
            self.ctx.cancel.check()?;
            let labels = arena.labels(row.labels);
            held.add_bytes(labels.size_bytes())?;
            all.push(labels);
        }
        Ok(all)
    }
}

/// Orders by value; NaN is last in both directions.
fn by_value(a: f64, b: f64, descending: bool) -> Ordering {
    match a.partial_cmp(&b) {
        Some(order) if descending => order.reverse(),
        Some(order) => order,
        None => a.is_nan().cmp(&b.is_nan()),
    }
}

/// Orders by some labels as people count, then by all of them.
fn by_labels(a: &Labels, b: &Labels, names: &[String]) -> Ordering {
    let mut pairs =
        names.iter().map(|name| [a, b].map(|labels| labels.get(name).unwrap_or_default()));
    let different = pairs.find(|[a, b]| a != b);
    different.map_or_else(|| a.cmp(b), |[a, b]| natural_order::compare(a, b))
}
