//! Expressions as JSON, in the shape that upstream's pages read (`web/api/v1/translate_ast.go`, 3.14).

use regain_go_format::float::format_float;
use regain_model::Matcher;
use regain_promql::ast::{
    Aggregate, At, Binary, Call, Duration, DurationExpr, DurationExprKind, ExprKind, Extension,
    Matching, MatrixSelector, Number, Subquery, TimeModifiers, VectorSelector,
};
use regain_promql::{Expr, signatures};
use serde_json::{Value, json};

/// The tree of `expr`.
pub(super) fn of(expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Number(number) => {
            json!({"type": "numberLiteral", "val": format_float(number.value)})
        }
        ExprKind::String(text) => json!({"type": "stringLiteral", "val": text}),
        ExprKind::Bytes(bytes) => {
            json!({"type": "stringLiteral", "val": String::from_utf8_lossy(bytes)})
        }
        ExprKind::Vector(selector) => vector(selector),
        ExprKind::Matrix(selector) => matrix(selector),
        ExprKind::Subquery(subquery) => self::subquery(subquery),
        ExprKind::Call(call) => self::call(call),
        ExprKind::Aggregate(aggregate) => self::aggregate(aggregate),
        ExprKind::Binary(binary) => self::binary(binary),
        ExprKind::Unary { negative, expr } => {
            json!({"type": "unaryExpr", "op": sign(*negative), "expr": of(expr)})
        }
        ExprKind::Paren(expr) => json!({"type": "parenExpr", "expr": of(expr)}),
    }
}

const fn sign(negative: bool) -> &'static str {
    if negative { "-" } else { "+" }
}

fn aggregate(aggregate: &Aggregate) -> Value {
    json!({
        "type": "aggregation",
        "op": aggregate.op.as_str(),
        "expr": of(&aggregate.expr),
        "param": aggregate.param.as_ref().map(of),
        "grouping": aggregate.grouping,
        "without": aggregate.without,
    })
}

fn binary(binary: &Binary) -> Value {
    json!({
        "type": "binaryExpr",
        "op": binary.op.as_str(),
        "lhs": of(&binary.left),
        "rhs": of(&binary.right),
        "matching": binary.matching.as_ref().map(matching),
        "bool": binary.as_bool,
    })
}

fn matching(matching: &Matching) -> Value {
    json!({
        "card": matching.grouping.as_str(),
        "labels": matching.labels,
        "on": matching.on,
        "include": matching.include,
        "fillValues": {"lhs": matching.fill_left, "rhs": matching.fill_right},
    })
}

fn call(call: &Call) -> Value {
    let signature = signatures::find(&call.function);
    let args = signature.map(|signature| signature.args).unwrap_or_default();
    json!({
        "type": "call",
        "func": {
            "name": call.function,
            "argTypes": args.iter().map(|arg| arg.as_str()).collect::<Vec<_>>(),
            "variadic": signature.map(|signature| signature.variadic),
            "returnType": signature.map(|signature| signature.returns.as_str()),
        },
        "args": call.args.iter().map(of).collect::<Vec<_>>(),
    })
}

fn vector(selector: &VectorSelector) -> Value {
    let Times { offset, offset_expr, timestamp, start_or_end } = Times::of(&selector.time);
    json!({
        "type": "vectorSelector",
        "name": selector.name.as_deref().unwrap_or_default(),
        "offset": offset,
        "offsetExpr": offset_expr,
        "matchers": matchers(&selector.matchers),
        "timestamp": timestamp,
        "startOrEnd": start_or_end,
        "anchored": selector.extension == Some(Extension::Anchored),
        "smoothed": selector.extension == Some(Extension::Smoothed),
    })
}

fn matrix(matrix: &MatrixSelector) -> Value {
    let mut tree = vector(&matrix.selector);
    let (range, range_expr) = duration(Some(&matrix.range));
    tree["type"] = json!("matrixSelector");
    tree["range"] = range;
    tree["rangeExpr"] = range_expr;
    tree
}

fn subquery(subquery: &Subquery) -> Value {
    let Times { offset, offset_expr, timestamp, start_or_end } = Times::of(&subquery.time);
    let (range, range_expr) = duration(Some(&subquery.range));
    let (step, step_expr) = duration(subquery.step.as_ref());
    json!({
        "type": "subquery",
        "expr": of(&subquery.expr),
        "range": range,
        "rangeExpr": range_expr,
        "offset": offset,
        "offsetExpr": offset_expr,
        "step": step,
        "stepExpr": step_expr,
        "timestamp": timestamp,
        "startOrEnd": start_or_end,
    })
}

fn matchers(matchers: &[Matcher]) -> Value {
    let tree = |matcher: &Matcher| {
        json!({
            "name": matcher.name(),
            "value": matcher.value(),
            "type": matcher.op().as_str(),
        })
    };
    matchers.iter().map(tree).collect()
}

/// When a selector or a subquery looks.
struct Times {
    offset: Value,
    offset_expr: Value,
    timestamp: Option<i64>,
    start_or_end: Option<&'static str>,
}

impl Times {
    fn of(time: &TimeModifiers) -> Self {
        let (offset, offset_expr) = duration(time.offset.as_ref());
        let (timestamp, start_or_end) = match time.at {
            None => (None, None),
            Some(At::Time(millis)) => (Some(millis), None),
            Some(At::Start) => (None, Some("start")),
            Some(At::End) => (None, Some("end")),
        };
        Self { offset, offset_expr, timestamp, start_or_end }
    }
}

/// Milliseconds, and the computation where there is one instead.
fn duration(duration: Option<&Duration>) -> (Value, Value) {
    match duration {
        None => (json!(0), Value::Null),
        Some(Duration::Literal(millis)) => (json!(millis), Value::Null),
        Some(Duration::Expr(expr)) => (json!(0), computation(expr)),
    }
}

fn computation(expr: &DurationExpr) -> Value {
    let node = |op: &str, lhs: Value, rhs: Value| {
        let wrapped = expr.in_parens;
        json!({"type": "durationExpr", "op": op, "lhs": lhs, "rhs": rhs, "wrapped": wrapped})
    };
    match &expr.kind {
        DurationExprKind::Number(Number { value, is_duration }) => json!({
            "type": "numberLiteral",
            "val": format_float(*value),
            "duration": is_duration,
        }),
        DurationExprKind::Step => node("step", Value::Null, Value::Null),
        DurationExprKind::Range => node("range", Value::Null, Value::Null),
        DurationExprKind::Unary { negative, expr } => {
            node(sign(*negative), Value::Null, computation(expr))
        }
        DurationExprKind::Binary { op, left, right } => {
            node(op.as_str(), computation(left), computation(right))
        }
    }
}
