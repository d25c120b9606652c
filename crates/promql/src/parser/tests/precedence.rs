//! What belongs to what where parentheses do not say so.

use crate::ast::{Duration, Expr, ExprKind};
use crate::parser::{ParserOptions, parse};

/// The expression with parentheses around every operation.
fn grouped(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Binary(binary) => {
            format!("({} {} {})", grouped(&binary.left), binary.op, grouped(&binary.right))
        }
        ExprKind::Unary { negative: true, expr } => format!("(-{})", grouped(expr)),
        ExprKind::Unary { negative: false, expr } => format!("(+{})", grouped(expr)),
        _ => expr.to_string(),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let expr = parse(text, &ParserOptions::all()).unwrap();
        assert_eq!(grouped(&expr), *expected, "{text}");
    }
}

#[test]
fn operators_bind_by_their_precedence() {
    check(&[
        ("a or b or c", "((a or b) or c)"),
        ("a or b and c", "(a or (b and c))"),
        ("a and b unless c", "((a and b) unless c)"),
        ("a and b == c", "(a and (b == c))"),
        ("a < b > c", "((a < b) > c)"),
        ("a </ b >/ c", "((a </ b) >/ c)"),
        ("a == b + c", "(a == (b + c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a - b * c", "(a - (b * c))"),
        ("a / b atan2 c % d", "(((a / b) atan2 c) % d)"),
        ("a ^ b ^ c", "(a ^ (b ^ c))"),
        ("a * b ^ c * d", "((a * (b ^ c)) * d)"),
    ]);
}

#[test]
fn signs_bind_like_products() {
    check(&[
        ("-a ^ b", "(-(a ^ b))"),
        ("-1 ^ 2", "(-(1 ^ 2))"),
        ("-a * b", "((-a) * b)"),
        ("a ^ -b ^ c", "(a ^ (-(b ^ c)))"),
        ("a ^ -b * c", "((a ^ (-b)) * c)"),
        ("- + -a", "(-(+(-a)))"),
    ]);
}

#[test]
fn modifiers_belong_to_the_nearest_operand() {
    check(&[
        ("a + b offset 5m", "(a + b offset 5m)"),
        ("a ^ b @ 5", "(a ^ b @ 5.000)"),
        ("-a offset 5m", "(-a offset 5m)"),
        ("a offset 5m + b", "(a offset 5m + b)"),
        ("a offset -2 ^ 2", "(a offset -2s ^ 2)"),
        ("a offset (5m) + 3", "a offset (5m + 3)"),
        ("a offset -(5m) + 3", "(a offset -5m + 3)"),
    ]);
}

#[test]
fn durations_are_computed_like_numbers() {
    let cases = [
        ("a[1m + 2m * 3]", "420"),
        ("a[-1m ^ 2 + 2h]", "3600"),
        ("a[2 ^ 3 ^ 2]", "512"),
        ("a[10m - 2m - 1m]", "420"),
        ("a[7m % 2m + max_of(1, 2m)]", "180"),
        ("a[--(1m)]", "60"),
    ];
    for (text, seconds) in cases {
        let expr = parse(text, &ParserOptions::all()).unwrap();
        let ExprKind::Matrix(matrix) = &expr.kind else { panic!("{text}") };
        assert_eq!(self::seconds(&matrix.range).to_string(), seconds, "{text}");
    }
}

fn seconds(duration: &Duration) -> f64 {
    use crate::ast::DurationExprKind as Kind;
    use crate::ast::{DurationExpr, DurationOp};
    fn value(expr: &DurationExpr) -> f64 {
        match &expr.kind {
            Kind::Number(number) => number.value,
            Kind::Unary { negative, expr } => value(expr) * if *negative { -1.0 } else { 1.0 },
            Kind::Binary { op, left, right } => {
                let (left, right) = (value(left), value(right));
                match op {
                    DurationOp::Add => left + right,
                    DurationOp::Sub => left - right,
                    DurationOp::Mul => left * right,
                    DurationOp::Div => left / right,
                    DurationOp::Mod => left % right,
                    DurationOp::Pow => left.powf(right),
                    DurationOp::Min => left.min(right),
                    DurationOp::Max => left.max(right),
                }
            }
            Kind::Step | Kind::Range => unreachable!("no case has them"),
        }
    }
    match duration {
        Duration::Literal(millis) => *millis as f64 / 1000.0,
        Duration::Expr(expr) => value(expr),
    }
}
