//! Why a text is no expression. The messages are upstream's: tools and people search for them.

mod lexical;
mod syntax;
mod type_error;

use std::fmt;

pub use lexical::LexicalError;
pub use syntax::{Expectation, SyntaxError};
pub use type_error::TypeError;

use crate::ast::Position;

/// What is wrong at one place of a text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseProblem {
    /// Something is no token.
    #[error(transparent)]
    Lexical(#[from] LexicalError),
    /// Tokens do not make an expression.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// Expressions do not fit together.
    #[error(transparent)]
    Type(#[from] TypeError),
}

/// A mistake and where it is. It prints as `1:5: parse error: …`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    problem: ParseProblem,
    at: Position,
    place: Option<LineColumn>,
}

/// A place in a text; both numbers count from 1, columns in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The byte within the line.
    pub column: usize,
}

impl LineColumn {
    /// The place of the byte at `offset`; `None` where the text is empty or ends before.
    #[expect(clippy::naive_bytecount, reason = "the compiler makes vector instructions of it, too")]
    pub fn of(text: &str, offset: u32) -> Option<Self> {
        let before = text.as_bytes().get(..usize::try_from(offset).ok()?)?;
        if text.is_empty() {
            return None;
        }
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        Some(Self { line, column: before.len() - start + 1 })
    }
}

impl ParseError {
    pub(crate) fn new(problem: impl Into<ParseProblem>, at: Position, text: &str) -> Self {
        let place = LineColumn::of(text, at.start);
        Self { problem: problem.into(), at, place }
    }

    /// What is wrong; it prints without a place.
    pub const fn problem(&self) -> &ParseProblem {
        &self.problem
    }

    /// The bytes of the text that are wrong.
    pub fn position(&self) -> Position {
        self.at.clone()
    }

    /// Where the mistake starts; an empty text has no places.
    pub const fn place(&self) -> Option<LineColumn> {
        self.place
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(LineColumn { line, column }) => write!(f, "{line}:{column}")?,
            None => f.write_str("unknown position")?,
        }
        write!(f, ": parse error: {}", self.problem)
    }
}

impl std::error::Error for ParseError {}

/// All mistakes of a text, in the order in which they were found; at least one.
///
/// It prints as its first mistake does, because that is the one to mend first. Types are looked at
/// only where the syntax is right, and the first token that does not fit ends the search.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseErrors(Vec<ParseError>);

impl ParseErrors {
    pub(crate) fn new(errors: Vec<ParseError>) -> Self {
        debug_assert!(!errors.is_empty(), "a text is refused for a reason");
        Self(errors)
    }

    /// The mistake that was found first.
    pub fn first(&self) -> &ParseError {
        self.0.first().expect("a text is refused for a reason")
    }

    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, ParseError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a ParseErrors {
    type Item = &'a ParseError;
    type IntoIter = std::slice::Iter<'a, ParseError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first().fmt(f)
    }
}

impl std::error::Error for ParseErrors {}
