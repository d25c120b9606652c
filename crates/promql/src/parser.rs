//! From text to expressions.
//!
//! Operators are parsed by climbing their precedence. A token that fits nowhere ends the parse; the
//! innermost part of the expression that can say what it had expected reports it. Other mistakes are
//! noted and parsing goes on, so that one answer names all of them. What was parsed without mistakes
//! is handed to [`typing`](crate::typing).
//!
//! **Invariant.** A tree is at most [`NESTING_MAX`] expressions high, so that everything that walks
//! it may recurse.

mod aggregate;
mod binary;
mod brackets;
mod call;
mod durations;
mod literal;
mod modifiers;
mod operand;
mod selector;
mod tree;

use regain_model::Matcher;

use crate::ast::{Expr, ExprKind, Position};
use crate::lexer::Lexer;
use crate::parse_error::{Expectation, ParseError, ParseErrors, ParseProblem, SyntaxError};
use crate::token::{Token, TokenKind};
use crate::typing;

/// The most expressions that may contain each other. A chain such as `a + b + c` nests as well: it
/// contains `a + b`.
pub const NESTING_MAX: u32 = 256;

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
            errors: Vec::new(),
        })
    }

    fn whole_expression(&mut self) -> Parsed<Expr> {
        let first = self.peek()?;
        if first.kind == TokenKind::End {
            self.report(SyntaxError::Empty, 0..0);
            return Err(Failure::Reported);
        }
        let tree = self.expr()?;
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
        match self.expecting(parsed, Expectation::default()) {
            Ok(parsed) if self.errors.is_empty() => Ok(parsed),
            _ => Err(ParseErrors::new(self.errors)),
        }
    }

    /// Looks at the next token.
    fn peek(&mut self) -> Parsed<Token> {
        if let Some(token) = self.peeked {
            return Ok(token);
        }
        match self.lexer.next() {
            Ok(token) => {
                self.peeked = Some(token);
                Ok(token)
            }
            Err((error, at)) => {
                self.report(error, at);
                Err(Failure::Reported)
            }
        }
    }

    /// Takes the next token, whatever it is.
    fn take(&mut self) -> Parsed<Token> {
        let token = self.peek()?;
        self.peeked = None;
        self.end = token.end;
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

    /// Reports a token that did not fit into a part that can say what it had expected.
    fn expecting<T>(&mut self, parsed: Parsed<T>, expectation: Expectation) -> Parsed<T> {
        match (parsed, self.peeked) {
            (Err(Failure::Unexpected), Some(token)) => {
                let name = token.kind.describe(self.text_of(token));
                let problem = SyntaxError::Unexpected { token: name, expectation };
                self.report(problem, token.at());
                Err(Failure::Reported)
            }
            (parsed, _) => parsed,
        }
    }

    /// Notes a mistake.
    #[cold]
    fn report(&mut self, problem: impl Into<ParseProblem>, at: Position) {
        self.errors.push(ParseError::new(problem, at, self.text));
    }

    fn text_of(&self, token: Token) -> &'a str {
        let range = token.start as usize..token.end as usize;
        self.text.get(range).unwrap_or_default()
    }

    /// Parses a part that may contain itself.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == NESTING_MAX {
            let at = self.peek()?.at();
            self.report(SyntaxError::TooDeep, at);
            return Err(Failure::Reported);
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }
}

#[cfg(test)]
mod tests;
