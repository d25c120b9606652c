//! Durations, computed ones among them: `[5m * 2]`, `offset -(step() + 1m)`.

use super::QueryTimes;
use crate::ast::{Duration, DurationExpr, DurationExprKind, DurationOp};
use crate::eval_error::{DurationProblem, EvalError, Result};
use crate::functions::math;

/// Longer durations do not fit into Go's nanoseconds.
const SECONDS_MAX: f64 = 9_223_372_036.854_776;

/// The milliseconds of an offset, which may be negative.
pub(super) fn offset(duration: Option<&Duration>, times: QueryTimes) -> Result<i64> {
    duration.map_or(Ok(0), |duration| millis(duration, times, true))
}

/// The milliseconds of a range or a step.
pub(super) fn positive(duration: &Duration, times: QueryTimes) -> Result<i64> {
    millis(duration, times, false)
}

fn millis(duration: &Duration, times: QueryTimes, negative: bool) -> Result<i64> {
    let expr = match duration {
        Duration::Literal(millis) => return Ok(*millis),
        Duration::Expr(expr) => expr,
    };
    let seconds = seconds(expr, times)?;
    if !seconds.is_finite() {
        return Err(problem(expr, DurationProblem::NotFinite));
    }
    if seconds <= 0.0 && !negative {
        return Err(problem(expr, DurationProblem::NotPositive));
    }
    if seconds.abs() > SECONDS_MAX {
        return Err(problem(expr, DurationProblem::OutOfRange));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    Ok((seconds * 1000.0) as i64)
}

fn problem(expr: &DurationExpr, problem: DurationProblem) -> EvalError {
    EvalError::Duration { start: expr.at.start, end: expr.at.end, problem }
}

fn seconds(expr: &DurationExpr, times: QueryTimes) -> Result<f64> {
    Ok(match &expr.kind {
        DurationExprKind::Number(seconds) => seconds.value,
        DurationExprKind::Step => times.step as f64 / 1000.0,
        DurationExprKind::Range => times.end.saturating_sub(times.start) as f64 / 1000.0,
        DurationExprKind::Unary { negative: true, expr } => -seconds(expr, times)?,
        DurationExprKind::Unary { negative: false, expr } => seconds(expr, times)?,
        DurationExprKind::Binary { op, left, right } => {
            let (left, right) = (seconds(left, times)?, seconds(right, times)?);
            match op {
                DurationOp::Add => left + right,
                DurationOp::Sub => left - right,
                DurationOp::Mul => left * right,
                DurationOp::Div if right == 0.0 => {
                    return Err(problem(expr, DurationProblem::DivisionByZero));
                }
                DurationOp::Div => left / right,
                DurationOp::Mod if right == 0.0 => {
                    return Err(problem(expr, DurationProblem::ModuloByZero));
                }
                DurationOp::Mod => left % right,
                DurationOp::Pow => left.powf(right),
                DurationOp::Min => math::min(left, right),
                DurationOp::Max => math::max(left, right),
            }
        }
    })
}
