//! Looking at the parts of an expression.

use crate::ast::{At, Duration, DurationExpr, DurationExprKind, Expr, ExprKind, TimeModifiers};

/// Functions whose result may change with the time of the query although their arguments do not.
const TIME_DEPENDENT: [&str; 15] = [
    "days_in_month",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "end",
    "hour",
    "minute",
    "month",
    "year",
    "predict_linear",
    "range",
    "start",
    "step",
    "time",
    "timestamp",
];

/// Functions that speak of the query's own times.
const OF_QUERY_TIMES: [&str; 4] = ["start", "end", "range", "step"];

/// Whether `expr` answers the same at any time once its selectors look at one time. What stands in
/// a subquery does: its times are those of the subquery.
pub(super) fn can_be_pinned(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Subquery(_) => true,
        ExprKind::Call(call) if TIME_DEPENDENT.contains(&call.function.as_str()) => false,
        _ => expr.children().into_iter().all(can_be_pinned),
    }
}

/// Lets all selectors and outermost subqueries that have no `@ <time>` look at the time `at`.
pub(super) fn pin(expr: &mut Expr, at: i64) {
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Bytes(_) | ExprKind::Hole => {}
        ExprKind::Vector(selector) => pin_time(&mut selector.time, at),
        ExprKind::Matrix(matrix) => pin_time(&mut matrix.selector.time, at),
        ExprKind::Subquery(subquery) => pin_time(&mut subquery.time, at),
        ExprKind::Call(call) => call.args.iter_mut().for_each(|arg| pin(arg, at)),
        ExprKind::Aggregate(aggregate) => {
            pin(&mut aggregate.expr, at);
            aggregate.param.iter_mut().for_each(|param| pin(param, at));
        }
        ExprKind::Binary(binary) => {
            pin(&mut binary.left, at);
            pin(&mut binary.right, at);
        }
        ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => pin(expr, at),
    }
}

fn pin_time(time: &mut TimeModifiers, at: i64) {
    if !matches!(time.at, Some(At::Time(_))) {
        time.at = Some(At::Time(at));
    }
}

/// Whether `expr` speaks of the times of the query, which are others when it is asked over time.
pub(super) fn speaks_of_query_times(expr: &Expr) -> bool {
    let here = match &expr.kind {
        ExprKind::Call(call) => OF_QUERY_TIMES.contains(&call.function.as_str()),
        ExprKind::Vector(selector) => time_speaks(&selector.time),
        ExprKind::Matrix(matrix) => {
            time_speaks(&matrix.selector.time) || duration_speaks(&matrix.range)
        }
        ExprKind::Subquery(subquery) => {
            time_speaks(&subquery.time)
                || duration_speaks(&subquery.range)
                || subquery.step.as_ref().is_some_and(duration_speaks)
        }
        _ => false,
    };
    here || expr.children().into_iter().any(speaks_of_query_times)
}

fn time_speaks(time: &TimeModifiers) -> bool {
    matches!(time.at, Some(At::Start | At::End))
        || time.offset.as_ref().is_some_and(duration_speaks)
}

fn duration_speaks(duration: &Duration) -> bool {
    match duration {
        Duration::Literal(_) => false,
        Duration::Expr(expr) => expr_speaks(expr),
    }
}

fn expr_speaks(expr: &DurationExpr) -> bool {
    match &expr.kind {
        DurationExprKind::Number(_) => false,
        DurationExprKind::Step | DurationExprKind::Range => true,
        DurationExprKind::Unary { expr: inner, .. } => expr_speaks(inner),
        DurationExprKind::Binary { left, right, .. } => expr_speaks(left) || expr_speaks(right),
    }
}
