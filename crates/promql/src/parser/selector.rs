//! Selectors and lists of labels.

use regain_model::{METRIC_NAME, MatchOp, Matcher};

use super::tree::Tree;
use super::{Failure, Parsed, Parser};
use crate::ast::{BinaryOp, ExprKind, Position, TimeModifiers, VectorSelector};
use crate::parse_error::{Expectation, SyntaxError};
use crate::token::{Keyword, Token, TokenKind};

const MATCHING: &str = "label matching";
const MATCHER: Expectation = Expectation { within: MATCHING, expected: "identifier or \"}\"" };
const MATCHER_OP: Expectation =
    Expectation { within: MATCHING, expected: "label matching operator" };
const MATCHER_VALUE: Expectation = Expectation { within: MATCHING, expected: "string" };
const MATCHERS_NEXT: Expectation = Expectation { within: MATCHING, expected: "\",\" or \"}\"" };

const GROUPING: &str = "grouping opts";
const LABELS: Expectation = Expectation { within: GROUPING, expected: "\"(\"" };
const LABEL: Expectation = Expectation { within: GROUPING, expected: "label" };
const LABELS_NEXT: Expectation = Expectation { within: GROUPING, expected: "\",\" or \")\"" };

impl TokenKind {
    /// Whether a label may have this name in a list of labels.
    const fn may_name_label(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregate(_) | Self::TimeWord(_) => {
                true
            }
            Self::Keyword(keyword) => !matches!(keyword, Keyword::Without),
            Self::Binary(op) => op.is_set() || matches!(op, BinaryOp::Atan2),
            _ => false,
        }
    }
}

impl Parser<'_> {
    /// A selector whose name has been taken, or that starts with its braces.
    pub(super) fn selector(&mut self, name: Option<Token>) -> Parsed<Tree> {
        let start = match name {
            Some(name) => name.start,
            None => self.peek()?.start,
        };
        let braces = self.peek()?.kind == TokenKind::LeftBrace;
        let mut matchers = if braces { self.matchers()? } else { Vec::new() };
        let name = name.map(|name| self.text_of(name).to_owned());
        matchers.extend(name.as_ref().map(|name| Matcher::equal(METRIC_NAME, name)));
        let time = TimeModifiers::default();
        let selector = VectorSelector { name, matchers, time, extension: None };
        Ok(Tree::leaf(ExprKind::Vector(selector), start..self.end))
    }

    fn matchers(&mut self) -> Parsed<Vec<Matcher>> {
        self.expect(TokenKind::LeftBrace)?;
        let mut matchers = Vec::new();
        loop {
            if self.take_if(TokenKind::RightBrace)?.is_some() {
                return Ok(matchers);
            }
            matchers.extend(self.matcher()?);
            if self.take_if(TokenKind::Comma)?.is_none() {
                let close = self.expect(TokenKind::RightBrace);
                self.expecting(close, MATCHERS_NEXT)?;
                return Ok(matchers);
            }
        }
    }

    /// A matcher, or a name in quotes; none where its regular expression is reported.
    fn matcher(&mut self) -> Parsed<Option<Matcher>> {
        let first = self.peek()?;
        let label = match first.kind {
            TokenKind::Identifier => {
                self.take()?;
                self.text_of(first).to_owned()
            }
            TokenKind::String => self.string()?,
            _ => return self.expecting(Err(Failure::Unexpected), MATCHER),
        };
        let op = match self.peek()?.kind {
            TokenKind::Assign => MatchOp::Equal,
            TokenKind::Binary(BinaryOp::NotEqual) => MatchOp::NotEqual,
            TokenKind::Regex => MatchOp::Regex,
            TokenKind::NotRegex => MatchOp::NotRegex,
            _ if first.kind == TokenKind::String => {
                return Ok(Some(Matcher::equal(METRIC_NAME, label)));
            }
            _ => return self.expecting(Err(Failure::Unexpected), MATCHER_OP),
        };
        self.take()?;
        let value = self.string();
        let value = self.expecting(value, MATCHER_VALUE)?;
        Ok(self.new_matcher(label, op, value, first.start..self.end))
    }

    fn new_matcher(
        &mut self,
        label: String,
        op: MatchOp,
        value: String,
        at: Position,
    ) -> Option<Matcher> {
        Matcher::new(label, op, value)
            .map_err(|error| self.report(SyntaxError::Regex(error), at))
            .ok()
    }

    /// Labels in parentheses.
    pub(super) fn label_list(&mut self) -> Parsed<Vec<String>> {
        let open = self.expect(TokenKind::LeftParen);
        self.expecting(open, LABELS)?;
        let mut labels = Vec::new();
        loop {
            if self.take_if(TokenKind::RightParen)?.is_some() {
                return Ok(labels);
            }
            let label = self.label();
            labels.push(self.expecting(label, LABEL)?);
            if self.take_if(TokenKind::Comma)?.is_none() {
                let close = self.expect(TokenKind::RightParen);
                self.expecting(close, LABELS_NEXT)?;
                return Ok(labels);
            }
        }
    }

    fn label(&mut self) -> Parsed<String> {
        let token = self.peek()?;
        if token.kind.may_name_label() {
            self.take()?;
            return Ok(self.text_of(token).to_owned());
        }
        let label = self.string()?;
        if label.is_empty() {
            self.report(SyntaxError::GroupingLabel(label.clone()), token.at());
        }
        Ok(label)
    }
}
