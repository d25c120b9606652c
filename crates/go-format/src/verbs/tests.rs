//! Formats and what Go makes of them.

use std::borrow::Cow;

use super::{Operand, Shape, TooLong, sprint, sprintf, sprintln};

#[derive(Clone, Debug)]
enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'static str),
    List(Vec<Self>),
    /// Prints as `1m0s`, is an integer inside.
    Named(i64),
}

impl Operand for Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Nil => Shape::Nil,
            Self::Bool(value) => Shape::Bool(*value),
            Self::Int(value) | Self::Named(value) => Shape::Int(*value),
            Self::Float(value) => Shape::Float(*value),
            Self::Text(text) => Shape::Text(Cow::Borrowed(text)),
            Self::List(items) => Shape::List(items.clone()),
        }
    }

    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Nil => unreachable!("nil has no type"),
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::List(_) => "[]interface {}",
            Self::Named(_) => "time.Duration",
        })
    }

    fn string(&self) -> Option<String> {
        matches!(self, Self::Named(_)).then(|| "1m0s".to_owned())
    }
}

const LIMIT: usize = 1 << 20;

fn check(format: &str, operands: &[Value], expected: &str) {
    assert_eq!(sprintf(format, operands, LIMIT).as_deref(), Ok(expected), "{format}");
}
