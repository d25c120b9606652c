//! What holds for all texts.

use proptest::prelude::*;
use proptest::sample::select;

use crate::ast::{Duration, DurationExpr, DurationExprKind, Expr, ExprKind, VectorSelector};
use crate::parser::{ParserOptions, parse, parse_metric_selector};
use crate::printer::pretty;

const SELECTORS: &[&str] = &[
    "a",
    "sum",
    "a:b{}",
    r#"{"my.metric",x=~"y|z"}"#,
    r#"a{z!="\n",b=''}"#,
    "{b=`c`} offset -1h30m",
    "(a @ start() offset (step() + 1m))",
    "(a offset --1m * 2)",
    "a @ -1.5 smoothed",
];
const RANGES: &[&str] = &[
    "a[5m]",
    "a[300] anchored @ end()",
    "b{c='d'}[(1m + 2m) * 3 ^ 2] offset 1w",
    "a[min_of(range(), 1h) % 7]",
];
const WINDOWS: &[&str] = &["[5m:]", "[1h:90s]", "[step() * 2:1m] @ 10", "[1d:] offset -5m"];
const NUMBERS: &[&str] = &["1", "-2.5", "0x1F", "1e3", "5m", "-1h30m", "NaN", ".5", "time()"];
const OPERATORS: &[&str] = &["+", "-", "*", "/", "%", "^", "atan2", "</", ">/"];
const COMPARISONS: &[&str] = &["==", "!= bool", "<", "<= bool", ">", ">="];
const SETS: &[&str] = &["and", "or", "unless", "and on ()", "or ignoring (x, y)"];
const MATCHINGS: &[&str] = &[
    "",
    "on (x)",
    "ignoring (a, \"b.c\",) group_left (d)",
    "on () group_right ()",
    "fill (0)",
    "on (x) fill_left (-1) fill_right (2.5)",
];
const AGGREGATIONS: &[&str] =
    &["sum(", "avg by (x, y) (", "count without () (", "topk(3, ", "quantile by (z) (0.5, "];
const FUNCTIONS: &[&str] = &["abs(", "(", "-", "+", "round(", "sort_by_label("];

/// Texts of scalars.
fn scalar() -> impl Strategy<Value = String> {
    let leaf = select(NUMBERS).prop_map(str::to_owned);
    leaf.prop_recursive(4, 12, 2, |inner| {
        let operators = select(OPERATORS).prop_filter("of scalars", |op| !op.contains(['<', '>']));
        prop_oneof![
            inner.clone().prop_map(|expr| format!("({expr})")),
            inner.clone().prop_map(|expr| format!("-{expr}")),
            (inner.clone(), operators, inner.clone())
                .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            (inner.clone(), inner)
                .prop_map(|(left, right)| format!("max_of({left}, {right} > bool 1)")),
        ]
    })
}

/// Texts of instant vectors.
fn vector() -> impl Strategy<Value = String> {
    let over_time = select(RANGES).prop_map(|range| format!("rate({range})"));
    let leaf = prop_oneof![
        select(SELECTORS).prop_map(str::to_owned),
        over_time,
        scalar().prop_map(|number| format!("vector({number})")),
    ];
    let operators = prop_oneof![select(OPERATORS), select(COMPARISONS)];
    leaf.prop_recursive(6, 40, 3, move |inner| {
        let opened = prop_oneof![select(AGGREGATIONS), select(FUNCTIONS)];
        prop_oneof![
            (opened, inner.clone()).prop_map(|(open, expr)| {
                let close = if open.contains('(') { ")" } else { "" };
                format!("{open}{expr}{close}")
            }),
            (inner.clone(), operators.clone(), select(MATCHINGS), inner.clone())
                .prop_map(|(left, op, matching, right)| format!("{left} {op} {matching} {right}")),
            (inner.clone(), select(SETS), inner.clone())
                .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            (inner.clone(), operators.clone(), scalar())
                .prop_map(|(left, op, right)| format!("({left} {op} ({right}))")),
            (inner, select(WINDOWS))
                .prop_map(|(expr, window)| format!("max_over_time(({expr}){window})")),
        ]
    })
}

/// The expression without places, and with its matchers in the order in which they print.
fn bare(mut expr: Expr) -> Expr {
    strip(&mut expr);
    expr
}

fn strip(expr: &mut Expr) {
    expr.at = 0..0;
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Bytes(_) => {}
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
    expr.at = 0..0;
    match &mut expr.kind {
        DurationExprKind::Number(_) | DurationExprKind::Step | DurationExprKind::Range => {}
        DurationExprKind::Unary { expr, .. } => strip_part(expr),
        DurationExprKind::Binary { left, right, .. } => {
            strip_part(left);
            strip_part(right);
        }
    }
}

proptest! {
    #[test]
    fn prints_parse_to_the_same_expression(text in vector()) {
        let options = ParserOptions::all();
        let expr = parse(&text, &options).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let (printed, pretty) = (expr.to_string(), pretty(&expr));
        let expr = format!("{:?}", bare(expr));
        for print in [printed, pretty] {
            let again = parse(&print, &options)
                .map_err(|error| TestCaseError::fail(format!("{print}: {error}")))?;
            prop_assert_eq!(&expr, &format!("{:?}", bare(again)), "{}", print);
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let text = String::from_utf8_lossy(&bytes);
        let within = |at: std::ops::Range<u32>| at.start <= at.end && at.end as usize <= text.len();
        match parse(&text, &ParserOptions::all()) {
            Ok(expr) => prop_assert!(within(expr.at)),
            Err(errors) => prop_assert!(errors.iter().all(|error| within(error.position()))),
        }
    }

    #[test]
    fn any_tokens_are_parsed_or_refused(tokens in proptest::collection::vec(token(), 0..24)) {
        let text = tokens.concat();
        let within = |at: std::ops::Range<u32>| at.start <= at.end && at.end as usize <= text.len();
        match parse(&text, &ParserOptions::all()) {
            Ok(expr) => prop_assert!(within(expr.at)),
            Err(errors) => prop_assert!(errors.iter().all(|error| within(error.position()))),
        }
        if let Err(errors) = parse_metric_selector(&text) {
            prop_assert!(errors.iter().all(|error| within(error.position())));
        }
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    let symbols: &[&str] = &[
        "(", ")", "[", "]", "{", "}", ",", ":", "=", "=~", "!~", "@", "#", "\n", " ", "\\", "\"",
        "'", "`", "é", "5m", "1", "0x", "\"x\"",
    ];
    let words: &[&str] = &[
        "a",
        "sum",
        "topk",
        "by",
        "on",
        "group_left",
        "fill",
        "bool",
        "offset",
        "anchored",
        "start",
        "step",
        "min_of",
        "inf",
        "rate",
        "info",
        "time()",
        "a{b='c'}",
    ];
    prop_oneof![select(symbols), select(words), select(OPERATORS), select(COMPARISONS)]
}
