//! What the nodes of an expression are, in words.

use std::fmt::Write as _;

use crate::ast::{Aggregate, Binary, Expr, ExprKind, MatchGrouping, Matching};

/// What a node of an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A number.
    Number,
    /// A text.
    String,
    /// An instant vector selector.
    Selector,
    /// A range vector selector.
    RangeSelector,
    /// A subquery.
    Subquery,
    /// A function call.
    Call,
    /// An aggregation.
    Aggregation,
    /// A binary operation.
    Binary,
    /// A minus sign.
    Negation,
}

impl NodeKind {
    /// The kind as the HTTP API names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::String => "string",
            Self::Selector => "selector",
            Self::RangeSelector => "range_selector",
            Self::Subquery => "subquery",
            Self::Call => "call",
            Self::Aggregation => "aggregation",
            Self::Binary => "binary",
            Self::Negation => "negation",
        }
    }

    pub(super) fn of(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Number(_) => Self::Number,
            ExprKind::String(_) | ExprKind::Bytes(_) => Self::String,
            ExprKind::Matrix(_) => Self::RangeSelector,
            ExprKind::Subquery(_) => Self::Subquery,
            ExprKind::Call(_) => Self::Call,
            ExprKind::Aggregate(_) => Self::Aggregation,
            ExprKind::Binary(_) => Self::Binary,
            ExprKind::Unary { .. } => Self::Negation,
            _ => Self::Selector,
        }
    }
}

/// What a node does, without what is below it: `sum by (job)`, `/ on (instance) group_left ()`.
pub(super) fn label(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Subquery(subquery) => {
            let step = subquery.step.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("[{}:{step}]", subquery.range)
        }
        ExprKind::Call(call) => call.function.clone(),
        ExprKind::Aggregate(aggregate) => aggregation(aggregate),
        ExprKind::Binary(binary) => operation(binary),
        ExprKind::Unary { .. } => "-".to_owned(),
        _ => expr.to_string(),
    }
}

fn aggregation(aggregate: &Aggregate) -> String {
    let Aggregate { op, grouping, without, .. } = aggregate;
    match (without, grouping.is_empty()) {
        (true, _) => format!("{op} without ({})", grouping.join(", ")),
        (false, false) => format!("{op} by ({})", grouping.join(", ")),
        (false, true) => op.to_string(),
    }
}

fn operation(binary: &Binary) -> String {
    let mut text = binary.op.to_string();
    if binary.as_bool {
        text.push_str(" bool");
    }
    if let Some(matching) = &binary.matching {
        append_matching(&mut text, matching);
    }
    text
}

fn append_matching(text: &mut String, matching: &Matching) {
    let Matching { on, labels, grouping, include, .. } = matching;
    let mut clause = |name: &str, labels: &[String]| {
        write!(text, " {name} ({})", labels.join(", ")).expect("a string takes any text");
    };
    if *on || !labels.is_empty() {
        clause(if *on { "on" } else { "ignoring" }, labels);
    }
    match grouping {
        MatchGrouping::Left => clause("group_left", include),
        MatchGrouping::Right => clause("group_right", include),
        MatchGrouping::One | MatchGrouping::Many => {}
    }
}
