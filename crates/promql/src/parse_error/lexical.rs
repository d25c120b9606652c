//! Mistakes within tokens.

use regain_go_format::quote::quote;

use crate::lexer::{CodePoint, QuotedChar};

/// Why something is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LexicalError {
    /// The text ends within parentheses.
    #[error("unclosed left parenthesis")]
    OpenParen,
    /// The text ends within brackets.
    #[error("unclosed left bracket")]
    OpenBracket,
    /// A parenthesis is closed that was not opened.
    #[error("unexpected right parenthesis ')'")]
    RightParen,
    /// A bracket stands within brackets.
    #[error("unexpected left bracket '['")]
    LeftBracket,
    /// A bracket is closed that was not opened.
    #[error("unexpected right bracket ']'")]
    RightBracket,
    /// A brace stands within braces.
    #[error("unexpected left brace '{{'")]
    LeftBrace,
    /// `=~` stands outside of braces.
    #[error("unexpected character after '=': '~'")]
    RegexOutsideBraces,
    /// `!` is not followed by `=`.
    #[error("unexpected character after '!': {0}")]
    AfterBang(QuotedChar),
    /// `!` is followed by neither `=` nor `~`.
    #[error("unexpected character after '!' inside braces: {0}")]
    AfterBangInBraces(QuotedChar),
    /// A character that no token starts with.
    #[error("unexpected character: {0}")]
    Character(QuotedChar),
    /// A character in braces that no token there starts with.
    #[error("unexpected character inside braces: {0}")]
    CharacterInBraces(QuotedChar),
    /// A word in a range that is no function of durations.
    #[error("unexpected character: {0}, expected ':'")]
    CharacterForColon(QuotedChar),
    /// A character that no part of a range starts with.
    #[error("unexpected character in duration expression: {0}")]
    CharacterInDuration(QuotedChar),
    /// A range has two colons.
    #[error("unexpected colon ':'")]
    Colon,
    /// A range has two colons before the number of its step.
    #[error("unexpected repeated colon in duration expression")]
    RepeatedColon,
    /// A colon stands where a range has to start with a number.
    #[error("unexpected colon before duration in duration expression")]
    EarlyColon,
    /// The text ends where a range is expected.
    #[error("unexpected end of input in duration expression")]
    EndInDuration,
    /// The text ends within braces.
    #[error("unexpected end of input inside braces")]
    EndInBraces,
    /// A token starts with a digit and is neither a number nor a duration.
    #[error("bad number or duration syntax: {}", quote(.0))]
    NumberOrDuration(String),
    /// A string is not closed in its line.
    #[error("unterminated quoted string")]
    OpenString,
    /// A string in backquotes is not closed.
    #[error("unterminated raw string")]
    OpenRawString,
    /// A string has the character that stands for bytes which are no UTF-8.
    #[error("invalid UTF-8 rune")]
    InvalidUtf8,
    /// The text ends within an escape.
    #[error("escape sequence not terminated")]
    OpenEscape,
    /// No escape starts with this character.
    #[error("unknown escape sequence {0}")]
    UnknownEscape(CodePoint),
    /// An escape has too few digits.
    #[error("illegal character {0} in escape sequence")]
    DigitOfEscape(CodePoint),
    /// The number of an escape is no character's.
    #[error("escape sequence is an invalid Unicode code point")]
    EscapeValue,
}
