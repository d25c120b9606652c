//! Expressions as JSON, in the shape that upstream's pages read (`web/api/v1/translate_ast.go`, 3.14).

use regain_go_format::float::format_float;
use regain_model::Matcher;
use regain_promql::ast::{
    Aggregate, At, Call, Duration, DurationExpr, DurationExprKind, ExprKind, Extension, Matching,
    MatrixSelector, Number, Subquery, TimeModifiers, VectorSelector,
};
use regain_promql::{Expr, signatures};
use serde::Serialize;
use serde_json::{Value, json};

use crate::json::{append_serialized, append_string};

/// Appends the tree of `expr`. Names come in the order of their letters, as Go's encoder has them.
pub(super) fn append(body: &mut Vec<u8>, expr: &Expr) {
    let value = match &expr.kind {
        ExprKind::Number(number) => {
            json!({"type": "numberLiteral", "val": format_float(number.value)})
        }
        ExprKind::String(text) => json!({"type": "stringLiteral", "val": text}),
        ExprKind::Bytes(bytes) => return self::bytes(body, bytes),
        ExprKind::Vector(selector) => vector(selector),
        ExprKind::Matrix(selector) => matrix(selector),
        // What upstream's pages call the part of a tree that is still to be filled in.
        ExprKind::Hole => json!({"type": "placeholder"}),
        ExprKind::Subquery(subquery) => return self::subquery(body, subquery),
        ExprKind::Call(call) => return self::call(body, call),
        ExprKind::Aggregate(aggregate) => return self::aggregate(body, aggregate),
        ExprKind::Binary(_) => return chain(body, expr),
        ExprKind::Unary { negative, expr } => {
            append_node(body, ("expr", expr), &[("op", sign(*negative))], "unaryExpr");
            return;
        }
        ExprKind::Paren(expr) => {
            append_node(body, ("expr", expr), &[], "parenExpr");
            return;
        }
    };
    append_serialized(body, &value);
}

/// Appends a string that is no UTF-8. Go's encoder writes an escape for each byte that does not fit.
fn bytes(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend_from_slice(b"{\"type\":\"stringLiteral\",\"val\":\"");
    for chunk in bytes.utf8_chunks() {
        let mut quoted = Vec::new();
        append_string(&mut quoted, chunk.valid());
        body.extend_from_slice(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        body.extend(chunk.invalid().iter().flat_map(|_| b"\\ufffd"));
    }
    body.extend_from_slice(b"\"}");
}

const fn sign(negative: bool) -> &'static str {
    if negative { "-" } else { "+" }
}

/// Appends a node around another one, with some texts between that and its type.
fn append_node(body: &mut Vec<u8>, (name, expr): (&str, &Expr), texts: &[(&str, &str)], of: &str) {
    field(body, b'{', name);
    append(body, expr);
    for (name, text) in texts {
        value(body, name, text);
    }
    close(body, of);
}

/// Appends the name of a field behind `before`, a brace or a comma.
fn field(body: &mut Vec<u8>, before: u8, name: &str) {
    body.push(before);
    append_serialized(body, &name);
    body.push(b':');
}

/// Appends a further field.
fn value(body: &mut Vec<u8>, name: &str, value: &(impl Serialize + ?Sized)) {
    field(body, b',', name);
    append_serialized(body, &value);
}

/// Appends the type of a node and its end.
fn close(body: &mut Vec<u8>, of: &str) {
    value(body, "type", of);
    body.push(b'}');
}

fn aggregate(body: &mut Vec<u8>, aggregate: &Aggregate) {
    field(body, b'{', "expr");
    append(body, &aggregate.expr);
    value(body, "grouping", &aggregate.grouping);
    value(body, "op", aggregate.op.as_str());
    field(body, b',', "param");
    match &aggregate.param {
        Some(param) => append(body, param),
        None => append_serialized(body, &Value::Null),
    }
    value(body, "type", "aggregation");
    value(body, "without", &aggregate.without);
    body.push(b'}');
}

/// Appends operations that are each other's left operands.
fn chain(body: &mut Vec<u8>, expr: &Expr) {
    let (operations, first) = expr.chain();
    for binary in &operations {
        field(body, b'{', "bool");
        append_serialized(body, &binary.as_bool);
        field(body, b',', "lhs");
    }
    append(body, first);
    for binary in operations.iter().rev() {
        value(body, "matching", &binary.matching.as_ref().map(matching));
        value(body, "op", binary.op.as_str());
        field(body, b',', "rhs");
        append(body, &binary.right);
        close(body, "binaryExpr");
    }
}

/// The first number of a tree that JSON has no word for: one that `fill` is given.
pub(super) fn unwritable(expr: &Expr) -> Option<f64> {
    let mut left = vec![Err(expr)];
    while let Some(next) = left.pop() {
        let expr = match next {
            Ok(number) => return Some(number),
            Err(expr) => expr,
        };
        let ExprKind::Binary(binary) = &expr.kind else {
            left.extend(expr.children().into_iter().rev().map(Err));
            continue;
        };
        let matching = binary.matching.as_ref();
        let fills = matching.map_or([None; 2], |of| [of.fill_left, of.fill_right]);
        left.push(Err(&binary.right));
        let numbers = fills.into_iter().rev().flatten().filter(|number| !number.is_finite());
        left.extend(numbers.map(Ok));
        left.push(Err(&binary.left));
    }
    None
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

fn call(body: &mut Vec<u8>, call: &Call) {
    field(body, b'{', "args");
    for (index, arg) in call.args.iter().enumerate() {
        body.push(if index == 0 { b'[' } else { b',' });
        append(body, arg);
    }
    body.extend_from_slice(if call.args.is_empty() { b"[]" } else { b"]" });
    let signature = signatures::find(&call.function);
    let args = signature.map(|signature| signature.args).unwrap_or_default();
    let function = json!({
        "name": call.function,
        "argTypes": args.iter().map(|arg| arg.as_str()).collect::<Vec<_>>(),
        "variadic": signature.map(|signature| signature.variadic),
        "returnType": signature.map(|signature| signature.returns.as_str()),
    });
    value(body, "func", &function);
    close(body, "call");
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

fn subquery(body: &mut Vec<u8>, subquery: &Subquery) {
    let Times { offset, offset_expr, timestamp, start_or_end } = Times::of(&subquery.time);
    let (range, range_expr) = duration(Some(&subquery.range));
    let (step, step_expr) = duration(subquery.step.as_ref());
    field(body, b'{', "expr");
    append(body, &subquery.expr);
    value(body, "offset", &offset);
    value(body, "offsetExpr", &offset_expr);
    value(body, "range", &range);
    value(body, "rangeExpr", &range_expr);
    value(body, "startOrEnd", &start_or_end);
    value(body, "step", &step);
    value(body, "stepExpr", &step_expr);
    value(body, "timestamp", &timestamp);
    close(body, "subquery");
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
