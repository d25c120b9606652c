//! The tree that the parser produces.
//!
//! It keeps what `Hir` forgets and the analysis of matchers needs: which text ignores case.

use regex_syntax::hir::{ClassUnicode, Look};

/// One expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Matches the empty text.
    Empty,
    /// Matches nothing: a code point that no UTF-8 text holds.
    Never,
    /// Literal text, perhaps in any case.
    Text { text: String, fold: bool },
    /// One character of a set.
    Class(ClassUnicode),
    /// Any one character; the line feed only where `newline` says so.
    Any { newline: bool },
    /// A condition on the position.
    Look(Look),
    /// A numbered group.
    Capture { index: u32, sub: Box<Self> },
    /// A repetition; without `max` it has no end.
    Repeat { min: u32, max: Option<u32>, greedy: bool, sub: Box<Self> },
    /// One after the other.
    Concat(Vec<Self>),
    /// The first that leads to a match.
    Alternate(Vec<Self>),
}

/// A parsed expression.
#[derive(Debug)]
pub(crate) struct Ast {
    pub(crate) root: Node,
    /// The height of the tree.
    pub(crate) height: u32,
    /// The names of the groups; index zero is the whole match.
    pub(crate) names: Vec<Option<String>>,
}
