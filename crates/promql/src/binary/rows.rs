//! Operations between two rows of values.

use hashbrown::HashMap;
use regain_storage::{Ctx, is_histogram};

use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::grid::{ABSENT, Matrix, is_absent};
use crate::native::keep;
use crate::operators::{BinaryOp, Operand, Outcome, combine_mixed};
use crate::plan::VectorVector;

/// Computes `left op right` at each step that both have.
pub(crate) fn combine(
    op: BinaryOp,
    as_bool: bool,
    left: &[f64],
    right: &[f64],
    out: &mut Vec<f64>,
) {
    out.clear();
    if op.is_comparison() {
        both(left, right, out, |left, right| match (op.holds(left, right), as_bool) {
            (true, true) => 1.0,
            (false, true) => 0.0,
            (true, false) => left,
            (false, false) => ABSENT,
        });
    } else {
        op.each_arithmetic(|f| both(left, right, out, f));
    }
}

#[inline]
fn both(left: &[f64], right: &[f64], out: &mut Vec<f64>, f: impl Fn(f64, f64) -> f64) {
    out.extend(left.iter().zip(right).map(|(&left, &right)| {
        if is_absent(left) || is_absent(right) { ABSENT } else { f(left, right) }
    }));
}

/// Removes from `row` the steps at which `other` has a value.
pub(super) fn hide(row: &mut [f64], other: &[f64]) {
    for (value, &other) in row.iter_mut().zip(other) {
        if !is_absent(other) {
            *value = ABSENT;
        }
    }
}

/// At which steps any series has a value.
pub(super) fn any_present(matrix: &Matrix) -> Vec<bool> {
    let mut any = vec![false; matrix.steps];
    for (_, row) in matrix.rows() {
        any.iter_mut().zip(row).for_each(|(any, &value)| *any |= !is_absent(value));
    }
    any
}

/// Computes `left op right` where some values are histograms or must be. Returns the steps at which
/// the operator does not take the operands.
pub(super) fn combine_mixed_rows(
    ctx: &Ctx,
    node: &VectorVector,
    [left, right]: [&[f64]; 2],
    out: &mut Vec<f64>,
    remarks: &mut HashMap<usize, Remark>,
) -> Result<Vec<usize>> {
    out.clear();
    let mut refused = Vec::new();
    let operand =
        |cell: f64| ctx.histograms.get(cell).map_or(Operand::Float(cell), Operand::Histogram);
    let of_floats = node.op.histogram_only().is_none();
    let mut single = Vec::with_capacity(1);
    for (k, (&left, &right)) in left.iter().zip(right).enumerate() {
        if is_absent(left) || is_absent(right) {
            out.push(ABSENT);
            continue;
        }
        if of_floats && !is_histogram(left) && !is_histogram(right) {
            combine(node.op, node.as_bool, &[left], &[right], &mut single);
            out.append(&mut single);
            continue;
        }
        let (outcome, remark) = combine_mixed(node.op, &operand(left), &operand(right));
        if let Some(remark) = remark {
            remarks.insert(k, remark);
        }
        out.push(match outcome {
            Outcome::Refused => {
                refused.push(k);
                ABSENT
            }
            // Asked for a truth value, upstream says that there was a result.
            Outcome::Value(_) if node.as_bool => 1.0,
            Outcome::Value(Operand::Histogram(histogram)) => keep(ctx, histogram)?,
            Outcome::Value(Operand::Float(value)) => value,
            Outcome::Holds(holds) if node.as_bool => f64::from(u8::from(holds)),
            Outcome::Holds(true) => left,
            Outcome::Holds(false) => ABSENT,
        });
    }
    Ok(refused)
}
