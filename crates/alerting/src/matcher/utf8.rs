//! The UTF-8 grammar: quoted or bare words around an operator, commas between, braces around or not.

use regain_go_format::quote::unquote;
use regain_model::{MatchOp, Matcher};

use super::lexer::{Columns, Lexer, Token, TokenKind};

/// Why a text is no list of matchers in the UTF-8 grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Utf8Error {
    /// A character cannot stand here, or a quoted text is none in Go.
    #[error("{at}: {text}: invalid input")]
    Input {
        /// The place.
        at: Columns,
        /// What stands there.
        text: String,
    },
    /// A quoted text does not end.
    #[error("{at}: {text}: missing end \"")]
    Unterminated {
        /// The place.
        at: Columns,
        /// What stands there.
        text: String,
    },
    /// An operator is not complete.
    #[error("{at}: {text}: expected one of '{expected}'")]
    Expected {
        /// The place.
        at: Columns,
        /// What stands there.
        text: String,
        /// The characters that can follow.
        expected: &'static str,
    },
    /// The text ends within an operator.
    #[error("{at}: unexpected end of input, expected one of '{expected}'")]
    EndExpected {
        /// The place.
        at: Columns,
        /// The characters that can follow.
        expected: &'static str,
    },
    /// Another token stands here than the one wanted.
    #[error("{at}: unexpected {text}: {wanted}")]
    Unexpected {
        /// The place.
        at: Columns,
        /// The token.
        text: String,
        /// What is wanted.
        wanted: Wanted,
    },
    /// The text ends here.
    #[error("end of input: {0}")]
    End(Wanted),
    /// A mistake within a token, and what was wanted there.
    #[error("{error}: {wanted}")]
    Within {
        /// The mistake.
        error: Box<Self>,
        /// What was wanted.
        wanted: Wanted,
    },
    /// What is wrong with the brace at the end.
    #[error("0:{column}: {error}")]
    Close {
        /// The characters before.
        column: usize,
        /// The mistake.
        error: Box<Self>,
    },
    /// A brace is closed that was not opened.
    #[error("0:{0}: }}: expected opening brace")]
    NoOpenBrace(usize),
    /// Something follows the last matcher.
    #[error("{at}: {text}: expected end of input")]
    Trailing {
        /// The place.
        at: Columns,
        /// What stands there.
        text: String,
    },
    /// A value is no regular expression.
    #[error("failed to create matcher: {0}")]
    Regex(#[source] regain_go_regexp::Error),
}

/// What is wanted at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wanted {
    /// The end.
    #[error("expected end of input")]
    End,
    /// A brace that closes.
    #[error("expected close brace")]
    CloseBrace,
    /// The name of a label.
    #[error("expected label name")]
    Name,
    /// The value of a label.
    #[error("expected label value")]
    Value,
    /// An operator.
    #[error("expected an operator such as '=', '!=', '=~' or '!~'")]
    Operator,
    /// What can follow a matcher.
    #[error("expected a comma or close brace")]
    CommaOrCloseBrace,
    /// What can follow a comma.
    #[error("expected a matcher or close brace after comma")]
    MatcherOrCloseBrace,
}

/// Reads any number of matchers.
pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, Utf8Error> {
    let mut parser = Parser { lexer: Lexer::new(text), in_braces: false };
    let mut matchers = Vec::new();
    let Some(first) = parser.lexer.peek()? else { return Ok(matchers) };
    if first.kind == TokenKind::OpenBrace {
        parser.in_braces = true;
        parser.lexer.next()?;
    }
    let mut more = match parser.lexer.peek()? {
        Some(token) => token.kind != TokenKind::CloseBrace,
        None => false,
    };
    while more {
        matchers.push(parser.matcher()?);
        more = parser.separator()?;
    }
    parser.close_brace()?;
    parser.end()?;
    Ok(matchers)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    in_braces: bool,
}

impl<'a> Parser<'a> {
    /// The next token, which has to be of one of `kinds`.
    fn expect(&mut self, kinds: &[TokenKind], wanted: Wanted) -> Result<Token<'a>, Utf8Error> {
        let token = self.expect_peek(kinds, wanted)?.ok_or(Utf8Error::End(wanted))?;
        self.lexer.next()?;
        Ok(token)
    }

    /// The next token, which has to be of one of `kinds` and is left where it is; nothing at the end.
    fn expect_peek(
        &self,
        kinds: &[TokenKind],
        wanted: Wanted,
    ) -> Result<Option<Token<'a>>, Utf8Error> {
        let within = |error| Utf8Error::Within { error: Box::new(error), wanted };
        match self.lexer.peek().map_err(within)? {
            Some(token) if !kinds.contains(&token.kind) => {
                Err(Utf8Error::Unexpected { at: token.at, text: token.text.to_owned(), wanted })
            }
            found => Ok(found),
        }
    }

    fn matcher(&mut self) -> Result<Matcher, Utf8Error> {
        let words = [TokenKind::Quoted, TokenKind::Unquoted];
        let name = word(&self.expect(&words, Wanted::Name)?)?;
        let operators =
            [TokenKind::Equals, TokenKind::NotEquals, TokenKind::Matches, TokenKind::NotMatches];
        let op = match self.expect(&operators, Wanted::Operator)?.kind {
            TokenKind::NotEquals => MatchOp::NotEqual,
            TokenKind::Matches => MatchOp::Regex,
            TokenKind::NotMatches => MatchOp::NotRegex,
            _ => MatchOp::Equal,
        };
        let value = word(&self.expect(&words, Wanted::Value)?)?;
        super::new(&name, op, &value).map_err(Utf8Error::Regex)
    }

    /// Goes past the comma behind a matcher, if there is one; says whether another matcher follows.
    fn separator(&mut self) -> Result<bool, Utf8Error> {
        let after_matcher = [TokenKind::Comma, TokenKind::CloseBrace];
        let next = self.expect_peek(&after_matcher, Wanted::CommaOrCloseBrace)?;
        if next.is_none_or(|token| token.kind == TokenKind::CloseBrace) {
            return Ok(false);
        }
        self.lexer.next()?;
        let after_comma = [TokenKind::CloseBrace, TokenKind::Unquoted, TokenKind::Quoted];
        let next = self.expect_peek(&after_comma, Wanted::MatcherOrCloseBrace)?;
        Ok(next.is_some_and(|token| token.kind != TokenKind::CloseBrace))
    }

    /// Reads the brace at the end, which is there exactly if there was one at the start.
    fn close_brace(&mut self) -> Result<(), Utf8Error> {
        let column = self.lexer.column();
        let found = self.expect(&[TokenKind::CloseBrace], Wanted::CloseBrace);
        match (self.in_braces, found) {
            (true, Ok(_)) | (false, Err(_)) => Ok(()),
            (true, Err(error)) => Err(Utf8Error::Close { column, error: Box::new(error) }),
            (false, Ok(_)) => Err(Utf8Error::NoOpenBrace(self.lexer.column())),
        }
    }

    fn end(&mut self) -> Result<(), Utf8Error> {
        let within = |error| Utf8Error::Within { error: Box::new(error), wanted: Wanted::End };
        match self.lexer.next().map_err(within)? {
            Some(token) => Err(Utf8Error::Trailing { at: token.at, text: token.text.to_owned() }),
            None => Ok(()),
        }
    }
}

/// The text that a word stands for.
fn word(token: &Token<'_>) -> Result<String, Utf8Error> {
    if token.kind != TokenKind::Quoted {
        return Ok(token.text.to_owned());
    }
    unquote(token.text).map_err(|_| Utf8Error::Input { at: token.at, text: token.text.to_owned() })
}
