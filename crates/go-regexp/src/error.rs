//! What is wrong with an expression, in Go's words.

/// The kinds of mistakes; their texts are Go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// A class of characters has a range from high to low or an unknown name.
    #[error("invalid character class range")]
    CharRange,
    /// A backslash stands before something that has no escape.
    #[error("invalid escape sequence")]
    Escape,
    /// The name of a capture group is empty or has other characters than letters, digits and `_`.
    #[error("invalid named capture")]
    NamedCapture,
    /// What follows `(?` is unknown.
    #[error("invalid or unsupported Perl syntax")]
    PerlSyntax,
    /// A repetition is repeated without a group.
    #[error("invalid nested repetition operator")]
    RepeatOperator,
    /// A repetition has too large a count.
    #[error("invalid repeat count")]
    RepeatSize,
    /// A class of characters is not closed.
    #[error("missing closing ]")]
    MissingBracket,
    /// A group is not closed.
    #[error("missing closing )")]
    MissingParen,
    /// Nothing stands before a repetition.
    #[error("missing argument to repetition operator")]
    MissingRepeatArgument,
    /// The expression ends in a backslash.
    #[error("trailing backslash at end of expression")]
    TrailingBackslash,
    /// A group is closed that was not opened.
    #[error("unexpected )")]
    UnexpectedParen,
    /// Groups and repetitions nest too deeply.
    #[error("expression nests too deeply")]
    NestingDepth,
    /// The compiled expression would be too large.
    #[error("expression too large")]
    TooLarge,
}

/// A refused expression: the kind of mistake and the part of the expression that has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {kind}: `{fragment}`")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where: the offending part, or the whole expression.
    pub fragment: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, fragment: &str) -> Self {
        Self { kind, fragment: fragment.to_owned() }
    }
}
