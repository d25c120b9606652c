//! What goes wrong with a template, in Go's words.

use std::sync::Arc;

use regain_go_format::quote::quote;

/// A text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template: {name}:{line}: {message}")]
pub struct ParseError {
    /// The name that the text was given.
    pub name: Arc<str>,
    /// The line, from one.
    pub line: usize,
    /// The column in bytes, from one.
    pub column: usize,
    /// Where the offending token starts, in bytes from the start of the text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

/// A template failed while it ran.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template: {location}executing {} at <{node}>: {message}", quote(template))]
pub struct ExecError {
    /// The name of the template that ran, which may be one called by the first.
    pub template: Arc<str>,
    /// The name of the text, line and column, as in `name:1:2: `.
    pub location: Location,
    /// The failing part of the template, printed from its tree.
    pub node: String,
    /// What is wrong.
    pub message: String,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The name that the text was given.
    pub name: Arc<str>,
    /// The line, from one.
    pub line: usize,
    /// The column in bytes; from zero on every line, as Go counts here.
    pub column: usize,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: ", self.name, self.line, self.column)
    }
}

/// Why a function or a method cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// The message, which is all that a template shows of it.
    pub message: String,
}

impl FunctionError {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}
