//! From text to expressions.
//!
//! Operators are parsed by climbing their precedence. A token that fits nowhere is reported by the
//! innermost part of the expression that can say what it had expected, and ends the parse, unless it
//! [resumes](resume). Other mistakes are noted and parsing goes on, so that one answer names all of
//! them. What was parsed without mistakes is handed to [`typing`](crate::typing).
//!
//! **Invariant.** A tree is at most [`NESTING_MAX`] expressions high where operations in a chain count
//! as one, so that everything that walks it may recurse, and at most [`CHAIN_MAX`] where they do not.

mod aggregate;
mod binary;
mod brackets;
mod call;
mod durations;
mod literal;
mod modifiers;
mod operand;
mod resume;
mod selector;
mod tree;

use regain_model::Matcher;

use crate::ast::{Expr, ExprKind, Position};
use crate::lexer::Lexer;
use crate::parse_error::{Expectation, ParseError, ParseErrors, ParseProblem, SyntaxError};
use crate::token::{Token, TokenKind};
use crate::typing;

pub use resume::{Draft, parse_draft};

/// The most expressions that may contain each other, where a chain such as `a + b + c` counts as one.
pub const NESTING_MAX: u32 = 256;

/// The most expressions that may contain each other at all. `a + b + c` contains `a + b`, so this is
/// also how long a chain may be.
pub const CHAIN_MAX: u32 = 4096;

/// The most mistakes that are kept; a text that has more is hardly an expression.
pub(crate) const MISTAKES_MAX: usize = 256;

/// The longest text that is parsed.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Parts of the language that have to be enabled. The default is what a server without feature flags
/// understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a feature flag of its own")]
pub struct ParserOptions {
    /// Experimental functions and aggregations (`promql-experimental-functions`).
    pub experimental_functions: bool,
    /// Computed durations, which upstream enables by default since 3.14.
    pub duration_expressions: bool,
    /// `anchored` and `smoothed` (`promql-extended-range-selectors`).
    pub extended_range_selectors: bool,
    /// `fill`, `fill_left` and `fill_right` (`promql-binop-fill-modifiers`).
    pub fill_modifiers: bool,
}

impl Default for ParserOptions {
    fn default() -> Self {
        Self {
            experimental_functions: false,
            duration_expressions: true,
            extended_range_selectors: false,
            fill_modifiers: false,
        }
    }
}

impl ParserOptions {
    /// The whole language.
    pub const fn all() -> Self {
        Self {
            experimental_functions: true,
            duration_expressions: true,
            extended_range_selectors: true,
            fill_modifiers: true,
        }
    }
}

/// The expression that `text` is.
pub fn parse(text: &str, options: &ParserOptions) -> Result<Expr, ParseErrors> {
    let mut parser = Parser::new(text, *options)?;
    let parsed = parser.whole_expression();
    let mut expr = parser.finish(parsed)?;
    typing::check(&mut expr, text)?;
    Ok(expr)
}

/// The matchers of the instant vector selector that `text` is, without `offset` and `@`.
///
/// Unlike in an expression, they may all match a series without labels.
pub fn parse_metric_selector(text: &str) -> Result<Vec<Matcher>, ParseErrors> {
    let mut parser = Parser::new(text, ParserOptions::default())?;
    let parsed = parser.whole_selector();
    parser.finish(parsed)
}

/// Why a part was not parsed.
#[derive(Clone, Copy, Debug)]
enum Failure {
    /// The next token does not fit; nobody has said so yet.
    Unexpected,
    /// The mistake is noted.
    Reported,
}

type Parsed<T> = Result<T, Failure>;

#[derive(Debug)]
struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    options: ParserOptions,
    /// The token that is looked at, once it is.
    peeked: Option<Token>,
    /// The end of the last token that was taken.
    end: u32,
    /// How many expressions are being parsed within each other.
    depth: u32,
    /// How many operands the duration being parsed has so far.
    duration_parts: u32,
    /// What the innermost part being parsed that can say so expects.
    expectation: Expectation,
    /// Whether parsing goes on behind a token that fits nowhere.
    resumes: bool,
    /// Whether a token has been taken since the last one that fitted nowhere. What fits nowhere
    /// directly behind it is part of the same mistake.
    settled: bool,
    errors: Vec<ParseError>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, options: ParserOptions) -> Result<Self, ParseErrors> {
        if text.len() > TEXT_BYTES_MAX {
            let error = ParseError::new(SyntaxError::TooLong, 0..0, text);
            return Err(ParseErrors::new(vec![error]));
        }
        Ok(Self {
            text,
            lexer: Lexer::new(text),
            options,
            peeked: None,
            end: 0,
            depth: 0,
            duration_parts: 0,
            expectation: Expectation::default(),
            resumes: false,
            settled: true,
            errors: Vec::new(),
        })
    }

    fn whole_expression(&mut self) -> Parsed<Expr> {
        let first = self.peek()?;
        if first.kind == TokenKind::End {
            self.report(SyntaxError::Empty, 0..0);
            return Err(Failure::Reported);
        }
        let tree = self.part(|kind| kind == TokenKind::End)?;
        self.expect(TokenKind::End)?;
        Ok(tree.expr)
    }

    fn whole_selector(&mut self) -> Parsed<Vec<Matcher>> {
        let first = self.peek()?;
        let name = if first.kind == TokenKind::LeftBrace {
            None
        } else if first.kind.may_name_metric() {
            Some(self.take()?)
        } else {
            return Err(Failure::Unexpected);
        };
        let selector = self.selector(name)?;
        self.expect(TokenKind::End)?;
        match selector.expr.kind {
            ExprKind::Vector(selector) => Ok(selector.matchers),
            _ => Ok(Vec::new()),
        }
    }

    /// What was parsed, if there were no mistakes.
    fn finish<T>(mut self, parsed: Parsed<T>) -> Result<T, ParseErrors> {
        match parsed.map_err(|failure| self.blame(failure)) {
            Ok(parsed) if self.errors.is_empty() => Ok(parsed),
            _ => Err(ParseErrors::new(self.errors)),
        }
    }

    /// Looks at the next token.
    fn peek(&mut self) -> Parsed<Token> {
        if let Some(token) = self.peeked {
            return Ok(token);
        }
        loop {
            match self.lexer.next() {
                Ok(token) => {
                    self.peeked = Some(token);
                    return Ok(token);
                }
                Err((error, at)) => self.misfit(error, at),
            }
            if !self.resumes {
                return Err(Failure::Reported);
            }
            self.lexer.resume();
        }
    }

    /// Takes the next token, whatever it is.
    fn take(&mut self) -> Parsed<Token> {
        let token = self.peek()?;
        self.peeked = None;
        self.end = token.end;
        self.settled = true;
        Ok(token)
    }

    /// Takes the next token if it is of this kind.
    fn take_if(&mut self, kind: TokenKind) -> Parsed<Option<Token>> {
        if self.peek()?.kind == kind { self.take().map(Some) } else { Ok(None) }
    }

    /// Takes the next token, which must be of this kind.
    fn expect(&mut self, kind: TokenKind) -> Parsed<Token> {
        self.take_if(kind)?.ok_or(Failure::Unexpected)
    }

    /// Parses a part that can say what it expects where a token does not fit.
    fn within<T>(
        &mut self,
        expectation: Expectation,
        parse: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let outer = std::mem::replace(&mut self.expectation, expectation);
        let parsed = parse(self).map_err(|failure| self.blame(failure));
        self.expectation = outer;
        parsed
    }

    /// Sees to it that a failure is reported.
    fn blame(&mut self, failure: Failure) -> Failure {
        if let (Failure::Unexpected, Some(token)) = (failure, self.peeked) {
            let name = token.kind.describe(self.text_of(token));
            let expectation = self.expectation;
            self.misfit(SyntaxError::Unexpected { token: name, expectation }, token.at());
        }
        Failure::Reported
    }

    /// Reports what fits nowhere, unless it belongs to the mistake before it.
    fn misfit(&mut self, problem: impl Into<ParseProblem>, at: Position) {
        if std::mem::replace(&mut self.settled, false) {
            self.report(problem, at);
        }
    }

    /// Notes a mistake.
    #[cold]
    fn report(&mut self, problem: impl Into<ParseProblem>, at: Position) {
        if self.errors.len() < MISTAKES_MAX {
            self.errors.push(ParseError::new(problem, at, self.text));
        } else {
            self.resumes = false;
        }
    }

    fn text_of(&self, token: Token) -> &'a str {
        let range = token.start as usize..token.end as usize;
        self.text.get(range).unwrap_or_default()
    }

    /// Parses a part that may contain itself.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == NESTING_MAX {
            let at = self.peek()?.at();
            return Err(self.give_up(SyntaxError::TooDeep, at));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }
}

#[cfg(test)]
mod tests;
