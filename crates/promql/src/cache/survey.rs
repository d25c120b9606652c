//! What the text of a query says about keeping its answer.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use foldhash::fast::FixedState;

use crate::ast::{At, Duration, DurationExpr, DurationExprKind, Expr, ExprKind, TimeModifiers};

/// What is to be known of an expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Survey {
    /// Whether it speaks of the query's own start, end, range or step.
    pub(super) asks_for_bounds: bool,
    /// Where its parts stand in the text: remarks say where, and spaces are nothing to the answer.
    pub(super) layout: u64,
}

impl Survey {
    pub(super) fn of(expr: &Expr) -> Self {
        let (mut asks_for_bounds, mut open) = (false, vec![expr]);
        let mut layout = FixedState::default().build_hasher();
        while let Some(expr) = open.pop() {
            expr.at.hash(&mut layout);
            asks_for_bounds |= match &expr.kind {
                ExprKind::Vector(selector) => is_bound(&selector.time),
                ExprKind::Matrix(matrix) => is_bound(&matrix.selector.time) || asks(&matrix.range),
                ExprKind::Subquery(subquery) => {
                    let step = subquery.step.as_ref();
                    is_bound(&subquery.time) || asks(&subquery.range) || step.is_some_and(asks)
                }
                ExprKind::Call(call) => {
                    matches!(call.function.as_str(), "start" | "end" | "range" | "step")
                }
                _ => false,
            };
            open.extend(expr.children());
        }
        Self { asks_for_bounds, layout: layout.finish() }
    }
}

fn is_bound(time: &TimeModifiers) -> bool {
    matches!(time.at, Some(At::Start | At::End)) || time.offset.as_ref().is_some_and(asks)
}

fn asks(duration: &Duration) -> bool {
    fn expr_asks(expr: &DurationExpr) -> bool {
        match &expr.kind {
            DurationExprKind::Step | DurationExprKind::Range => true,
            DurationExprKind::Number(_) => false,
            DurationExprKind::Unary { expr, .. } => expr_asks(expr),
            DurationExprKind::Binary { left, right, .. } => expr_asks(left) || expr_asks(right),
        }
    }
    matches!(duration, Duration::Expr(expr) if expr_asks(expr))
}
