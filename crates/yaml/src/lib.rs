//! Located YAML nodes and strict decoding: every mistake is reported with file, line, column and a hint.
//!
//! [`parse`] turns a text into a tree of [`Node`]s that know their place; [`Section`] reads one
//! mapping of the tree field by field and reports what is left over. A reader does not stop at the
//! first mistake: it notes it in [`Mistakes`] and goes on, so that a user sees all of them at once.
//!
//! Scalars mean what they mean to Go's yaml.v2, which Prometheus reads its files with: `yes` and
//! `on` are booleans, `0777` is octal, a number is a string where a string is wanted, and a key
//! without a value is the zero value of its type.
//!
//! [`emit`] goes the other way and writes what yaml.v2 would write.
//!
//! Invariants: no input makes this crate panic or recurse deeper than [`MAX_DEPTH`]; aliases cannot
//! grow a document beyond [`MAX_EXPANSION`].

mod mistake;

mod node;
mod scalar;

mod parse;

mod decode;
mod hint;
mod section;

mod emit;

pub use decode::{Decode, pairs};
pub use emit::{Value, emit};
pub use hint::closest;
pub use mistake::{Errors, Mistake, MistakeKind, Mistakes, Remark};
pub use node::{Entry, Kind, Node, Span};
pub use parse::{MAX_DEPTH, MAX_EXPANSION, MAX_INPUT_BYTES, MAX_NODES, parse, read};
pub use scalar::{Resolved, Scalar};
pub use section::Section;
