//! The tokens of the UTF-8 grammar.

use std::fmt;

use super::utf8::Utf8Error;

/// Characters that a name or a value has only in quotes.
pub(super) fn is_reserved(character: char) -> bool {
    character.is_whitespace() || "{}!=~,\\\"'`".contains(character)
}

/// Where something stands in the text of matchers, in characters from zero; the end is excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The first character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.start, self.end)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    OpenBrace,
    CloseBrace,
    Comma,
    Equals,
    NotEquals,
    Matches,
    NotMatches,
    Quoted,
    Unquoted,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    /// The token as written.
    pub(super) text: &'a str,
    pub(super) at: Columns,
}

/// Cuts a text into tokens. After a mistake it gives that mistake for ever.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    /// What is left behind the current token.
    rest: &'a str,
    /// The characters before `rest`.
    column: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, column: 0 }
    }

    /// The characters before the next token or the space before it.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// The next token, which is left where it is.
    pub(super) fn peek(&self) -> Result<Option<Token<'a>>, Utf8Error> {
        Self { ..*self }.next()
    }

    /// The next token; nothing at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, Utf8Error> {
        self.skip_space();
        let mut characters = self.rest.chars();
        let Some(first) = characters.next() else { return Ok(None) };
        let second = characters.next();
        let (kind, length) = match first {
            '{' => (TokenKind::OpenBrace, 1),
            '}' => (TokenKind::CloseBrace, 1),
            ',' => (TokenKind::Comma, 1),
            '=' if second == Some('~') => (TokenKind::Matches, 2),
            '=' => (TokenKind::Equals, 1),
            '!' if second == Some('=') => (TokenKind::NotEquals, 2),
            '!' if second == Some('~') => (TokenKind::NotMatches, 2),
            '!' => return Err(self.lone_bang(second)),
            '"' => (TokenKind::Quoted, self.quoted_bytes()?),
            _ if is_reserved(first) => {
                let at = Columns { start: self.column, end: self.column + 1 };
                return Err(Utf8Error::Input { at, text: first.to_string() });
            }
            _ => (TokenKind::Unquoted, self.rest.find(is_reserved).unwrap_or(self.rest.len())),
        };
        Ok(Some(self.take(kind, length)))
    }

    fn skip_space(&mut self) {
        let trimmed = self.rest.trim_start();
        let space = self.rest.len() - trimmed.len();
        self.column += self.rest.get(..space).unwrap_or_default().chars().count();
        self.rest = trimmed;
    }

    fn take(&mut self, kind: TokenKind, bytes: usize) -> Token<'a> {
        let (text, rest) = self.rest.split_at(bytes);
        let start = self.column;
        self.column += text.chars().count();
        self.rest = rest;
        Token { kind, text, at: Columns { start, end: self.column } }
    }

    /// What is wrong with a `!` that starts no operator.
    fn lone_bang(&self, next: Option<char>) -> Utf8Error {
        let at = Columns { start: self.column, end: self.column + 1 };
        match next {
            None => Utf8Error::EndExpected { at, expected: "=~" },
            Some(_) => Utf8Error::Expected { at, text: "!".to_owned(), expected: "=~" },
        }
    }

    /// The bytes up to the quote that ends the one at the start, quotes included.
    fn quoted_bytes(&self) -> Result<usize, Utf8Error> {
        let mut escaped = false;
        for (index, character) in self.rest.char_indices().skip(1) {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return Ok(index + 1),
                _ => {}
            }
        }
        let end = self.column + self.rest.chars().count();
        let at = Columns { start: self.column, end };
        Err(Utf8Error::Unterminated { at, text: self.rest.to_owned() })
    }
}
