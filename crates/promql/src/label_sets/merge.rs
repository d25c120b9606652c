//! Rows that have come to the same labels.

use std::sync::Arc;

use regain_storage::Ctx;

use super::KeyIndex;
use crate::eval_error::{EvalError, Result};
use crate::grid::{Held, Matrix, is_absent};

/// What to do about rows with the same labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// They are an error.
    Refuse,
    /// They become one row unless both have a value at some step, which is an error.
    Merge,
}

/// Makes the labels of all rows distinct.
pub(crate) fn merge_same_labels(
    ctx: &Arc<Ctx>,
    matrix: Matrix,
    duplicates: Duplicates,
) -> Result<Matrix> {
    let mut index = KeyIndex::default();
    let targets: Vec<usize> = {
        let reader = ctx.labels.read();
        let rows = matrix.labels.iter();
        rows.map(|row| index.number(reader.pairs(row.labels)).0).collect()
    };
    if index.len() == matrix.len() {
        return Ok(matrix);
    }
    if duplicates == Duplicates::Refuse {
        return Err(EvalError::DuplicateLabels);
    }
    let (mut merged, mut held) = (Matrix::new(matrix.steps), Held::new(ctx, 0)?);
    for (&target, (labels, row)) in targets.iter().zip(matrix.rows()) {
        if target == merged.len() {
            merged.push_held(labels, row, &mut held)?;
        } else {
            merge_row(merged.row_mut(target), row)?;
        }
    }
    merged.adopt(held);
    Ok(merged)
}

/// Adds the values of `row` to `target`, which must have none at the same steps.
pub(crate) fn merge_row(target: &mut [f64], row: &[f64]) -> Result<()> {
    for (target, &value) in target.iter_mut().zip(row) {
        if is_absent(value) {
            continue;
        }
        if !is_absent(*target) {
            return Err(EvalError::DuplicateLabels);
        }
        *target = value;
    }
    Ok(())
}
