//! Go's regular expressions, and the engine of label matchers.
//!
//! The syntax that configuration, queries and rules are written in is Go's `regexp/syntax` with Perl
//! flags. Rust's own parser accepts other expressions and reads some of the same text differently, so a
//! parser of our own produces the tree; `regex-automata` runs it. Matching takes time linear in the
//! text for every expression.
//!
//! Invariants: every expression that Go refuses is refused with Go's message; no expression makes the
//! parser panic, recurse without bound or compile to more than a fixed size.

mod ast;
mod error;
mod parse;

mod compile;

mod matcher;
mod regex;
mod template;

pub use error::{Error, ErrorKind};
pub use matcher::Matcher;
pub use regex::{Captures, Regex};
