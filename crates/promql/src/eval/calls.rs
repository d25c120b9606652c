//! Functions and operators that change each value of a vector.

use regain_model::Labels;

use super::Evaluator;
use crate::eval_error::{EvalError, Result};
use crate::grid::{ABSENT, Grid, Matrix, RowLabels, is_absent};
use crate::label_sets::{Duplicates, drop_metadata, merge_same_labels};
use crate::native::{Native, Notes};
use crate::plan::{Map, Node, Position, VectorScalar};
use crate::row_op::RowOp;

impl Evaluator<'_> {
    /// A function of each value with its parameters.
    pub(super) fn row_op(&mut self, map: Map, params: &[Node], grid: &Grid) -> Result<RowOp> {
        let missing = || EvalError::Unsupported("a function without its parameter");
        let mut values = |at: usize| match params.get(at) {
            Some(param) => self.scalars(param, grid),
            None => Err(missing()),
        };
        Ok(match map {
            Map::Negate => RowOp::Negate,
            Map::Math(function) => RowOp::Math(function),
            Map::Date(part) => RowOp::Date(part),
            Map::Stat(stat) => RowOp::Stat(stat),
            Map::Round if params.is_empty() => RowOp::Round { inverse: vec![1.0; grid.len] },
            Map::Round => {
                RowOp::Round { inverse: values(0)?.into_iter().map(|to| 1.0 / to).collect() }
            }
            Map::Clamp => RowOp::Clamp { min: values(0)?, max: values(1)? },
            Map::ClampMin => RowOp::Clamp { min: values(0)?, max: vec![f64::INFINITY; grid.len] },
            Map::ClampMax => {
                RowOp::Clamp { min: vec![f64::NEG_INFINITY; grid.len], max: values(0)? }
            }
            Map::StepTime => {
                RowOp::Time { seconds: grid.times().map(|time| time as f64 / 1000.0).collect() }
            }
        })
    }

    /// An operation with a scalar.
    pub(super) fn scalar_op(&mut self, node: &VectorScalar, grid: &Grid) -> Result<RowOp> {
        let scalars = self.scalars(&node.scalar, grid)?;
        let VectorScalar { op, scalar_left, as_bool, .. } = *node;
        Ok(RowOp::Binary { op, scalars, scalar_left, as_bool })
    }

    pub(super) fn map(
        &mut self,
        map: Map,
        input: &Node,
        params: &[Node],
        grid: &Grid,
    ) -> Result<Matrix> {
        let input = self.vector(input, grid)?;
        let op = self.row_op(map, params, grid)?;
        self.apply(&op, input, &(0..0))
    }

    pub(super) fn vector_scalar(&mut self, node: &VectorScalar, grid: &Grid) -> Result<Matrix> {
        // Of two errors the left one is told.
        let left = node.scalar_left.then(|| self.scalar_op(node, grid)).transpose()?;
        let input = self.vector(&node.vector, grid)?;
        let op = left.map_or_else(|| self.scalar_op(node, grid), Ok)?;
        self.apply(&op, input, &node.at)
    }

    /// Applies an operation to each row; what is noticed is about the bytes `at`.
    pub(super) fn apply(
        &mut self,
        op: &RowOp,
        mut matrix: Matrix,
        at: &Position,
    ) -> Result<Matrix> {
        let mut notes = Notes::default();
        for row in 0..matrix.len() {
            let mut native = Native { ctx: self.ctx, notes: &mut notes, number: 0 };
            op.apply(matrix.row_mut(row), &mut native)?;
        }
        self.annotate(&notes, at);
        matrix.drop_empty();
        if op.drops_name() { self.drop_names(matrix) } else { Ok(matrix) }
    }

    /// Takes the names of all rows, at once or at the end of the query.
    pub(super) fn drop_names(&self, mut matrix: Matrix) -> Result<Matrix> {
        if self.delayed() {
            matrix.labels.iter_mut().for_each(|row| row.drop_name = true);
            return Ok(matrix);
        }
        drop_metadata(&self.ctx.labels, &mut matrix.labels);
        merge_same_labels(self.ctx, matrix, Duplicates::Merge)
    }

    /// Says what was noticed about the bytes `at`.
    pub(super) fn annotate(&mut self, notes: &Notes, at: &Position) {
        for (_, remark) in notes.0.keys() {
            self.annotations.add(&remark.about(""), at.clone());
        }
    }

    /// 1 at each step at which `input` has no series.
    pub(super) fn absent(&mut self, input: &Node, labels: &Labels, grid: &Grid) -> Result<Matrix> {
        let input = self.lent(input, grid)?;
        Ok(self.missing(&input, labels, false))
    }

    /// 1 at each step at which `matrix` has no value.
    pub(super) fn missing(&self, matrix: &Matrix, labels: &Labels, drop_name: bool) -> Matrix {
        let mut row = vec![1.0; matrix.steps];
        for (_, values) in matrix.rows() {
            for (out, &value) in row.iter_mut().zip(values) {
                if !is_absent(value) {
                    *out = ABSENT;
                }
            }
        }
        let mut missing = Matrix::new(matrix.steps);
        let labels = self.ctx.labels.add(labels);
        missing.push(RowLabels { labels, drop_name }, &row);
        missing
    }
}
