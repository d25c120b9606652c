//! `len`, `index` and `slice`.

use super::{Outcome, first};
use crate::error::FunctionError;
use crate::value::Value;

pub(super) fn len(arguments: &[Value]) -> Outcome {
    let value = first(arguments);
    let len = match &*value.plain() {
        Value::Nil => return fail("len of nil pointer"),
        Value::String(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return fail(format!("len of type {}", value.type_name())),
    };
    Ok(Value::Int(i64::try_from(len).unwrap_or(i64::MAX)))
}

/// The element at the first key, within that the element at the second, and so on.
pub(super) fn index(arguments: &[Value]) -> Outcome {
    let mut item = first(arguments).clone();
    if matches!(item, Value::Nil) {
        return fail("index of untyped nil");
    }
    for key in arguments.get(1..).unwrap_or_default() {
        let found = match &*item.plain() {
            Value::Nil => return fail("index of nil pointer"),
            Value::String(text) => {
                let at = position(key, text.len())?;
                match text.as_bytes().get(at) {
                    Some(&byte) => Value::Byte(byte),
                    None => return fail("reflect: string index out of range"),
                }
            }
            Value::List(list) => {
                let at = position(key, list.len())?;
                match list.get(at) {
                    Some(value) => value.clone(),
                    None => return fail("reflect: slice index out of range"),
                }
            }
            Value::Map(map) => match (&*key.plain(), key) {
                (Value::String(text), Value::String(_)) => map.get_or_zero(text),
                (Value::Nil, _) => return fail("value is nil; should be of type string"),
                _ => {
                    let message = format!("value has type {}; should be string", key.type_name());
                    return fail(message);
                }
            },
            _ => return fail(format!("can't index item of type {}", item.type_name())),
        };
        item = found;
    }
    Ok(item)
}

pub(super) fn slice(arguments: &[Value]) -> Outcome {
    let item = first(arguments);
    let bounds = arguments.get(1..).unwrap_or_default();
    if matches!(item, Value::Nil) {
        return fail("slice of untyped nil");
    }
    if bounds.len() > 3 {
        return fail(format!("too many slice indexes: {}", bounds.len()));
    }
    let plain = item.plain();
    let len = match &*plain {
        Value::String(_) if bounds.len() == 3 => return fail("cannot 3-index slice a string"),
        Value::String(text) => text.len(),
        Value::List(list) => list.len(),
        _ => return fail(format!("can't slice item of type {}", item.type_name())),
    };
    let mut ends = [0, len, len];
    for (end, bound) in ends.iter_mut().zip(bounds) {
        *end = position(bound, len)?;
    }
    let [start, end, capacity] = ends;
    for (low, high) in [(start, end), (end, capacity)] {
        if low > high {
            return fail(format!("invalid slice index: {low} > {high}"));
        }
    }
    match &*plain {
        Value::String(text) => {
            let bytes = text.as_bytes().get(start..end).unwrap_or_default();
            Ok(Value::from(String::from_utf8_lossy(bytes).into_owned()))
        }
        Value::List(list) => Ok(list.slice(start, end).map_or(Value::Nil, Value::List)),
        _ => Ok(Value::Nil),
    }
}

/// An index of at most `len`.
fn position(index: &Value, len: usize) -> Result<usize, FunctionError> {
    let number = match &*index.plain() {
        Value::Int(number) | Value::Duration(number) => *number,
        Value::Byte(number) => i64::from(*number),
        Value::Nil => return Err(FunctionError::new("cannot index slice/array with nil")),
        _ => {
            let message = format!("cannot index slice/array with type {}", index.type_name());
            return Err(FunctionError::new(message));
        }
    };
    let position = usize::try_from(number).ok().filter(|&position| position <= len);
    position.ok_or_else(|| FunctionError::new(format!("index out of range: {number}")))
}

fn fail(message: impl Into<String>) -> Outcome {
    Err(FunctionError::new(message))
}
