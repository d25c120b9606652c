//! The functions that every template has.

use regain_go_format::verbs::{self, TooLong};

use crate::error::FunctionError;
use crate::function::{Signature, Type};
use crate::limits::OUTPUT_BYTES_MAX;
use crate::value::Value;

mod collection;
mod compare;
mod escape;

type Outcome = Result<Value, FunctionError>;

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Builtin {
    /// Evaluates its arguments itself.
    And,
    /// Evaluates its arguments itself.
    Or,
    /// Wants to know how its callee is written.
    Call,
    /// A function of values.
    Plain { signature: Signature, run: fn(&[Value]) -> Outcome },
}

const ONE: Signature = Signature { fixed: &[Type::Any], variadic: None };
const TWO: Signature = Signature { fixed: &[Type::Any, Type::Any], variadic: None };
const ONE_OR_MORE: Signature = Signature { fixed: &[Type::Any], variadic: Some(Type::Any) };
const ANY_NUMBER: Signature = Signature { fixed: &[], variadic: Some(Type::Any) };
const FORMAT: Signature = Signature { fixed: &[Type::String], variadic: Some(Type::Any) };

impl Builtin {
    pub(crate) fn signature(self) -> Signature {
        match self {
            Self::And | Self::Or | Self::Call => ONE_OR_MORE,
            Self::Plain { signature, .. } => signature,
        }
    }
}

/// The built-in function called `name`.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    let (signature, run): (Signature, fn(&[Value]) -> Outcome) = match name {
        "and" => return Some(Builtin::And),
        "or" => return Some(Builtin::Or),
        "call" => return Some(Builtin::Call),
        "not" => (ONE, not),
        "len" => (ONE, collection::len),
        "index" => (ONE_OR_MORE, collection::index),
        "slice" => (ONE_OR_MORE, collection::slice),
        "eq" => (ONE_OR_MORE, compare::eq),
        "ne" => (TWO, compare::ne),
        "lt" => (TWO, compare::lt),
        "le" => (TWO, compare::le),
        "gt" => (TWO, compare::gt),
        "ge" => (TWO, compare::ge),
        "print" => (ANY_NUMBER, print),
        "println" => (ANY_NUMBER, println),
        "printf" => (FORMAT, printf),
        "html" => (ANY_NUMBER, escape::html),
        "js" => (ANY_NUMBER, escape::js),
        "urlquery" => (ANY_NUMBER, escape::url_query),
        _ => return None,
    };
    Some(Builtin::Plain { signature, run })
}

/// The signature of the built-in function called `name`.
pub(crate) fn signature(name: &str) -> Option<Signature> {
    find(name).map(Builtin::signature)
}

fn first(arguments: &[Value]) -> &Value {
    arguments.first().unwrap_or(&Value::Nil)
}

fn text(result: Result<String, TooLong>) -> Outcome {
    result.map(Value::from).map_err(|error| FunctionError::new(error.to_string()))
}

#[expect(clippy::unnecessary_wraps, reason = "the table wants one type of function")]
fn not(arguments: &[Value]) -> Outcome {
    Ok(Value::Bool(!first(arguments).is_true()))
}

fn print(arguments: &[Value]) -> Outcome {
    text(verbs::sprint(arguments, OUTPUT_BYTES_MAX))
}

fn println(arguments: &[Value]) -> Outcome {
    text(verbs::sprintln(arguments, OUTPUT_BYTES_MAX))
}

fn printf(arguments: &[Value]) -> Outcome {
    let format = first(arguments).as_str().unwrap_or_default();
    text(verbs::sprintf(format, arguments.get(1..).unwrap_or_default(), OUTPUT_BYTES_MAX))
}

/// Calls the first of `arguments`, which the template writes as `name`, with the others.
pub(crate) fn call(name: &str, arguments: &[Value]) -> Outcome {
    let (callee, arguments) = arguments.split_first().unwrap_or((&Value::Nil, &[]));
    let function = match callee {
        Value::Nil => return Err(FunctionError::new("call of nil")),
        Value::Function(function) => function,
        other => {
            let message = format!("non-function {name} of type {}", other.type_name());
            return Err(FunctionError::new(message));
        }
    };
    let Signature { fixed, variadic } = function.signature;
    let (got, want) = (arguments.len(), fixed.len());
    let problem = match variadic {
        Some(_) if got < want => format!("got {got} want at least {want}"),
        None if got != want => format!("got {got} want {want}"),
        _ => String::new(),
    };
    if !problem.is_empty() {
        return Err(FunctionError::new(format!("wrong number of args for {name}: {problem}")));
    }
    let mut prepared = Vec::with_capacity(got);
    for (index, argument) in arguments.iter().enumerate() {
        let wanted = fixed.get(index).copied().or(variadic).unwrap_or(Type::Any);
        prepared.push(prepare(argument, wanted, index)?);
    }
    function.call(&prepared)
}

fn prepare(argument: &Value, wanted: Type, index: usize) -> Outcome {
    let name = wanted.name();
    if matches!(argument, Value::Nil) {
        return if wanted.can_be_nil() {
            Ok(wanted.zero())
        } else {
            Err(FunctionError::new(format!("arg {index}: value is nil; should be of type {name}")))
        };
    }
    wanted.accept(argument).ok_or_else(|| {
        let got = argument.type_name();
        FunctionError::new(format!("arg {index}: value has type {got}; should be {name}"))
    })
}
