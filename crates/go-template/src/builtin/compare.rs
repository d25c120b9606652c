//! Comparisons between values of one basic kind; integers compare whatever their type.

use std::cmp::Ordering;

use regain_go_format::verbs;

use super::{Outcome, first};
use crate::error::FunctionError;
use crate::limits::OUTPUT_BYTES_MAX;
use crate::value::{Value, ValueKind};

/// Whether the first argument equals one of the others.
pub(super) fn eq(arguments: &[Value]) -> Outcome {
    let left = first(arguments);
    let others = arguments.get(1..).unwrap_or_default();
    if others.is_empty() {
        return Err(FunctionError::new("missing argument for comparison"));
    }
    for right in others {
        if equals(left, right)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn ne(arguments: &[Value]) -> Outcome {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(!equals(left, right)?))
}

pub(super) fn lt(arguments: &[Value]) -> Outcome {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(is_less(left, right)?))
}

pub(super) fn le(arguments: &[Value]) -> Outcome {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(is_less(left, right)? || equals(left, right)?))
}

pub(super) fn gt(arguments: &[Value]) -> Outcome {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(!(is_less(left, right)? || equals(left, right)?)))
}

pub(super) fn ge(arguments: &[Value]) -> Outcome {
    let (left, right) = pair(arguments);
    Ok(Value::Bool(!is_less(left, right)?))
}

fn pair(arguments: &[Value]) -> (&Value, &Value) {
    (first(arguments), arguments.get(1).unwrap_or(&Value::Nil))
}

/// The kinds that have an order or at least an equality of their own.
#[derive(PartialEq, Eq)]
enum Basic {
    Bool(bool),
    Integer(i64),
    Text(String),
}

fn equals(left: &Value, right: &Value) -> Result<bool, FunctionError> {
    if let (Value::String(left), Value::String(right)) = (left, right) {
        return Ok(left == right);
    }
    if let (Some(left), Some(right)) = (float(left), float(right)) {
        #[expect(clippy::float_cmp, reason = "templates ask for exactly this")]
        return Ok(left == right);
    }
    match (basic(left), basic(right)) {
        (Some(left), Some(right))
            if std::mem::discriminant(&left) == std::mem::discriminant(&right) =>
        {
            return Ok(left == right);
        }
        (None, None) if float(left).is_none() && float(right).is_none() => {}
        _ if is_nil(left) || is_nil(right) => return Ok(false),
        _ => return Err(incompatible(left, right)),
    }
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    if left.kind() != right.kind() {
        let message = format!(
            "non-comparable types {}: {}, {}: {}",
            shown(left),
            left.type_name(),
            right.type_name(),
            shown(right)
        );
        return Err(FunctionError::new(message));
    }
    if let (Value::Time(left), Value::Time(right)) = (left, right) {
        return Ok(left == right);
    }
    let message = format!("non-comparable type {}: {}", shown(right), right.type_name());
    Err(FunctionError::new(message))
}

fn is_less(left: &Value, right: &Value) -> Result<bool, FunctionError> {
    for value in [left, right] {
        if basic(value).is_none() && float(value).is_none() {
            return Err(bad_type());
        }
    }
    if let (Some(left), Some(right)) = (float(left), float(right)) {
        return Ok(left < right);
    }
    match (basic(left), basic(right)) {
        (Some(Basic::Integer(left)), Some(Basic::Integer(right))) => Ok(left < right),
        (Some(Basic::Text(left)), Some(Basic::Text(right))) => {
            Ok(left.cmp(&right) == Ordering::Less)
        }
        (Some(Basic::Bool(_)), Some(Basic::Bool(_))) => Err(bad_type()),
        _ => Err(incompatible(left, right)),
    }
}

fn is_nil(value: &Value) -> bool {
    value.kind() == ValueKind::Invalid
}

fn float(value: &Value) -> Option<f64> {
    match &*value.plain() {
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

fn basic(value: &Value) -> Option<Basic> {
    match &*value.plain() {
        Value::Bool(value) => Some(Basic::Bool(*value)),
        Value::Int(value) | Value::Duration(value) => Some(Basic::Integer(*value)),
        Value::Byte(value) => Some(Basic::Integer(i64::from(*value))),
        Value::String(text) => Some(Basic::Text(text.to_string())),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    verbs::sprintf("%s", std::slice::from_ref(value), OUTPUT_BYTES_MAX).unwrap_or_default()
}

fn bad_type() -> FunctionError {
    FunctionError::new("invalid type for comparison")
}

fn incompatible(left: &Value, right: &Value) -> FunctionError {
    let (left, right) = (left.type_name(), right.type_name());
    FunctionError::new(format!("incompatible types for comparison: {left} and {right}"))
}
