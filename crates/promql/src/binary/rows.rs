//! Operations between two rows of values.

use crate::grid::{ABSENT, Matrix, is_absent};
use crate::operators::BinaryOp;

/// Computes `left op right` at each step that both have.
pub(super) fn combine(
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
