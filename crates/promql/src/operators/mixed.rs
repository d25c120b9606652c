//! The binary operators where an operand is a histogram.
//!
//! Upstream: `vectorElemBinop` in `promql/engine.go`, 3.14.

use std::sync::Arc;

use regain_model::{Histogram, ResetHint};

use super::BinaryOp;
use crate::annotations::{Operation, Remark};

/// One side of an operator.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Float(f64),
    Histogram(Arc<Histogram>),
}

/// What an operator makes of its operands.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// A value.
    Value(Operand),
    /// A comparison that does not hold, or whose left side stays because it does.
    Holds(bool),
    /// Nothing, because the operator does not take these operands.
    Refused,
}

/// Computes `left op right`, of which at least one is a histogram or the operator takes histograms
/// only. A remark may be to be made whether or not there is a value.
pub(crate) fn combine_mixed(
    op: BinaryOp,
    left: &Operand,
    right: &Operand,
) -> (Outcome, Option<Remark>) {
    let value = |histogram| Outcome::Value(Operand::Histogram(Arc::new(histogram)));
    match (left, right, op) {
        (Operand::Histogram(left), Operand::Histogram(right), _) => histograms(op, left, right),
        (Operand::Float(factor), Operand::Histogram(histogram), BinaryOp::Mul)
        | (Operand::Histogram(histogram), Operand::Float(factor), BinaryOp::Mul) => {
            (value(changed(histogram, |h| h.multiply(*factor))), None)
        }
        (Operand::Histogram(histogram), Operand::Float(divisor), BinaryOp::Div) => {
            (value(changed(histogram, |h| h.divide(*divisor))), None)
        }
        (Operand::Histogram(histogram), Operand::Float(at), BinaryOp::TrimUpper) => {
            let mut trimmed = histogram.as_ref().clone();
            trimmed.trim_above(*at);
            (value(trimmed), None)
        }
        (Operand::Histogram(histogram), Operand::Float(at), BinaryOp::TrimLower) => {
            let mut trimmed = histogram.as_ref().clone();
            trimmed.trim_below(*at);
            (value(trimmed), None)
        }
        _ => refused(op, left, right),
    }
}

fn histograms(
    op: BinaryOp,
    left: &Arc<Histogram>,
    right: &Arc<Histogram>,
) -> (Outcome, Option<Remark>) {
    let (mut result, operation) = match op {
        BinaryOp::Equal => return (Outcome::Holds(left.equals(right)), None),
        BinaryOp::NotEqual => return (Outcome::Holds(!left.equals(right)), None),
        BinaryOp::Add => (left.as_ref().clone(), Operation::Addition),
        BinaryOp::Sub => (left.as_ref().clone(), Operation::Subtraction),
        _ => {
            let operands = [left, right].map(|side| Operand::Histogram(Arc::clone(side)));
            return refused(op, &operands[0], &operands[1]);
        }
    };
    let combined = match operation {
        Operation::Addition => result.add(right),
        _ => result.subtract(right),
    };
    let Ok(combined) = combined else {
        return (Outcome::Refused, Some(Remark::IncompatibleLayout(op.text())));
    };
    if operation == Operation::Subtraction {
        result.hint = ResetHint::Gauge;
    }
    result.compact();
    let value = Outcome::Value(Operand::Histogram(Arc::new(result)));
    if combined.collision {
        // Upstream takes this for a failure: there is no result.
        return (Outcome::Refused, Some(Remark::Collision(operation)));
    }
    (value, combined.reconciled.then_some(Remark::Reconciled(operation)))
}

fn changed(histogram: &Histogram, change: impl FnOnce(&mut Histogram)) -> Histogram {
    let mut histogram = histogram.clone();
    change(&mut histogram);
    histogram.compact();
    histogram
}

fn refused(op: BinaryOp, left: &Operand, right: &Operand) -> (Outcome, Option<Remark>) {
    let (left, operator, right) = (left.kind(), op.text(), right.kind());
    (Outcome::Refused, Some(Remark::Incompatible { left, operator, right }))
}

impl Operand {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Float(_) => "float",
            Self::Histogram(_) => "histogram",
        }
    }
}
