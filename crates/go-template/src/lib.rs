//! Go's text/template: parsed once, run against values of the house.
//!
//! The language is the whole of Go's, with its messages and their positions; a missing key of a map gives the zero
//! value, as `missingkey=zero` says. What Go leaves unbounded has a limit here ([`limits`]): no text makes the parser
//! or a run panic, and none makes them last.
//!
//! Differences: texts are UTF-8, so that slicing within a character gives a replacement character; imaginary numbers
//! are refused.

mod error;
pub mod limits;

mod ast;
mod lexer;
mod parser;

mod function;
mod time;
mod value;

mod builtin;
mod run;

mod template;

pub use error::{ExecError, FunctionError, Location, ParseError};
pub use function::{Function, Functions, Signature, Type};
pub use template::Template;
pub use time::Time;
pub use value::{Element, List, Map, Object, Value};
