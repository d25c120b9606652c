//! What editors get for texts that are unfinished or wrong.

use crate::ast::{Expr, ExprKind};
use crate::parser::{ParserOptions, parse, parse_draft};

/// The expression with each hole as `?`.
fn shown(expr: &Expr) -> String {
    let parts = |exprs: &[&Expr]| exprs.iter().map(|expr| shown(expr)).collect::<Vec<_>>();
    match &expr.kind {
        ExprKind::Hole => "?".to_owned(),
        ExprKind::Binary(binary) => {
            format!("{} {} {}", shown(&binary.left), binary.op, shown(&binary.right))
        }
        ExprKind::Call(call) => {
            let args: Vec<&Expr> = call.args.iter().collect();
            format!("{}({})", call.function, parts(&args).join(", "))
        }
        ExprKind::Aggregate(aggregate) => {
            format!("{}({})", aggregate.op, parts(&expr.children()).join(", "))
        }
        ExprKind::Paren(inner) => format!("({})", shown(inner)),
        ExprKind::Subquery(subquery) => format!("{}[:]", shown(&subquery.expr)),
        _ => expr.to_string(),
    }
}

fn check(text: &str, tree: &str, expected: &[&str]) {
    let draft = parse_draft(text, &ParserOptions::all());
    let errors: Vec<String> = draft.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, expected, "{text}");
    assert_eq!(draft.expr.map(|expr| shown(&expr)).unwrap_or_default(), tree, "{text}");
    let strict = parse(text, &ParserOptions::all()).unwrap_err();
    assert_eq!(strict.first().to_string(), errors[0], "{text}");
}

#[test]
fn a_right_text_is_what_it_always_is() {
    let text = "sum by (a) (rate(b{c='d'}[5m])) / 2";
    let draft = parse_draft(text, &ParserOptions::all());
    assert_eq!(draft.expr, parse(text, &ParserOptions::all()).ok());
    assert_eq!(draft.errors, []);
}

#[test]
fn what_is_missing_is_a_hole() {
    check("a + ", "a + ?", &["1:5: parse error: unexpected end of input"]);
    check("a + * b", "a + ? * b", &["1:5: parse error: unexpected <op:*>"]);
    check("sum(", "sum(?)", &["1:5: parse error: unclosed left parenthesis"]);
    check(
        "abs(, b)",
        "abs(?, b)",
        &[
            "1:5: parse error: unexpected \",\"",
            "1:1: parse error: expected 1 argument(s) in call to \"abs\", got 2",
        ],
    );
    check("clamp_max(a, ", "clamp_max(a, ?)", &["1:14: parse error: unclosed left parenthesis"]);
    check("()", "(?)", &["1:2: parse error: unexpected \")\""]);
}

#[test]
fn parsing_goes_on_behind_each_mistake() {
    check(
        "a b + c{d=} + e[5x] - rate(f)",
        "a + c + ? - rate(f)",
        &[
            "1:3: parse error: unexpected identifier \"b\"",
            "1:11: parse error: unexpected \"}\" in label matching, expected string",
            "1:17: parse error: bad number or duration syntax: \"5\"",
            "1:28: parse error: expected type range vector in call to function \"rate\", got instant vector",
        ],
    );
    check(
        "sum(a b, c) + max by (1, d, ,) (e)",
        "? + max(e)",
        &[
            "1:7: parse error: unexpected identifier \"b\" in aggregation",
            "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2",
            "1:23: parse error: unexpected number \"1\" in grouping opts, expected label",
            "1:29: parse error: unexpected \",\" in grouping opts, expected label",
        ],
    );
    check(
        "a) + b $ / c",
        "a + b / c",
        &[
            "1:3: parse error: unexpected right parenthesis ')'",
            "1:8: parse error: unexpected character: '$'",
        ],
    );
    check(
        "a, b * nope(c[5m])",
        "a * nope(c[5m])",
        &[
            "1:2: parse error: unexpected \",\"",
            "1:8: parse error: unknown function with name \"nope\"",
        ],
    );
}

#[test]
fn brackets_that_are_not_closed_end_with_what_is_around_them() {
    check(
        "sum(a{b=\"c\") + d",
        "sum(a{b=\"c\"}) + d",
        &["1:12: parse error: unexpected character inside braces: ')'"],
    );
    check(
        "rate(a[5m) + d",
        "rate(?) + d",
        &["1:10: parse error: unexpected \")\" in subquery or range, expected \":\" or \"]\""],
    );
    check(
        "rate(a[$__interval]) + d{",
        "rate(?) + d",
        &[
            "1:8: parse error: unexpected character in duration expression: '$'",
            "1:26: parse error: unexpected end of input inside braces",
        ],
    );
    check("a{b=\"c", "a", &["1:5: parse error: unterminated quoted string"]);
    check(
        "a{b=\"c\" d=\"e\", f=\"g\"}",
        "a{b=\"c\",f=\"g\"}",
        &[
            "1:9: parse error: unexpected identifier \"d\" in label matching, expected \",\" or \"}\"",
        ],
    );
}

#[test]
fn modifiers_that_cannot_be_read_are_left_out() {
    check(
        "a offset + b",
        "a",
        &[
            "1:12: parse error: unexpected identifier \"b\" in offset, expected number, duration, step(), or range()",
        ],
    );
    check(
        "a @ b + c",
        "a + c",
        &["1:5: parse error: unexpected identifier \"b\" in @, expected timestamp"],
    );
    check(
        "a / on b + fill (x) c",
        "a / b + c",
        &[
            "1:8: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\"",
            "1:18: parse error: unexpected identifier \"x\"",
        ],
    );
}

#[test]
fn nothing_is_said_about_the_types_of_holes() {
    check(
        "rate() + delta(sum(a b, c)[5m:]) and -foo(1)",
        "rate() + delta(?[:]) and -foo(1)",
        &[
            "1:22: parse error: unexpected identifier \"b\" in aggregation",
            "1:16: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2",
            "1:39: parse error: unknown function with name \"foo\"",
            "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0",
        ],
    );
}

#[test]
fn hopeless_texts_have_no_expression() {
    check("", "", &["unknown position: parse error: no expression found in input"]);
    let deep = "(".repeat(300);
    check(&deep, "", &["1:257: parse error: expression is nested more than 256 levels deep"]);
}
