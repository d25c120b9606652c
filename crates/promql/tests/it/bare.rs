//! Expressions without what two ways of writing them differ in.

use regain_promql::Expr;
use regain_promql::ast::{
    Duration, DurationExpr, DurationExprKind, ExprKind, Number, VectorSelector,
};

/// The expression without places, and with its matchers in the order in which they print.
pub(crate) fn bare(mut expr: Expr) -> Expr {
    strip(&mut expr);
    expr
}

fn strip(expr: &mut Expr) {
    if let ExprKind::Unary { negative: false, expr: inner } = &expr.kind
        && matches!(inner.chain().1.kind, ExprKind::Number(Number { value: f64::INFINITY, .. }))
    {
        // Infinity prints as `+Inf`, and in front of a power that is a sign of its own.
        *expr = (**inner).clone();
    }
    expr.at = 0..0;
    match &mut expr.kind {
        ExprKind::Number(number) => strip_number(number),
        ExprKind::String(_) | ExprKind::Bytes(_) | ExprKind::Hole => {}
        ExprKind::Vector(selector) => strip_selector(selector),
        ExprKind::Matrix(matrix) => {
            strip_selector(&mut matrix.selector);
            strip_duration(&mut matrix.range);
        }
        ExprKind::Subquery(subquery) => {
            strip(&mut subquery.expr);
            strip_duration(&mut subquery.range);
            subquery.step.iter_mut().for_each(strip_duration);
            subquery.time.offset.iter_mut().for_each(strip_duration);
        }
        ExprKind::Call(call) => call.args.iter_mut().for_each(strip),
        ExprKind::Aggregate(aggregate) => {
            strip(&mut aggregate.expr);
            aggregate.param.iter_mut().for_each(strip);
        }
        ExprKind::Binary(binary) => {
            strip(&mut binary.left);
            strip(&mut binary.right);
        }
        ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => strip(expr),
    }
}

/// A duration of zero prints without its sign.
fn strip_number(number: &mut Number) {
    if number.is_duration && number.value == 0.0 {
        number.value = 0.0;
    }
}

fn strip_selector(selector: &mut VectorSelector) {
    selector.matchers.sort_by_key(ToString::to_string);
    selector.time.offset.iter_mut().for_each(strip_duration);
}

fn strip_duration(duration: &mut Duration) {
    if let Duration::Expr(expr) = duration {
        strip_part(expr);
        // An offset that needs parentheses prints with them.
        expr.in_parens = false;
    }
}

fn strip_part(expr: &mut DurationExpr) {
    if let DurationExprKind::Unary { negative: false, expr: inner } = &expr.kind {
        // A plus does not print.
        *expr = (**inner).clone();
        return strip_part(expr);
    }
    expr.at = 0..0;
    match &mut expr.kind {
        DurationExprKind::Number(number) => strip_number(number),
        DurationExprKind::Step | DurationExprKind::Range => {}
        DurationExprKind::Unary { expr, .. } => strip_part(expr),
        DurationExprKind::Binary { left, right, .. } => {
            strip_part(left);
            strip_part(right);
        }
    }
}
