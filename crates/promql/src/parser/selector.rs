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
        while self.take_if(TokenKind::RightBrace)?.is_none() {
            match self.matcher() {
                Ok(matcher) => matchers.extend(matcher),
                Err(failure) => self.skip(failure, false)?,
            }
            if !self.within(MATCHERS_NEXT, |parser| parser.another(TokenKind::RightBrace))? {
                break;
            }
        }
        Ok(matchers)
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
            _ => return self.within(MATCHER, |_| Err(Failure::Unexpected)),
        };
        let op = match self.peek()?.kind {
            TokenKind::Assign => MatchOp::Equal,
            TokenKind::Binary(BinaryOp::NotEqual) => MatchOp::NotEqual,
            TokenKind::Regex => MatchOp::Regex,
            TokenKind::NotRegex => MatchOp::NotRegex,
            _ if first.kind == TokenKind::String => {
                return Ok(Some(Matcher::equal(METRIC_NAME, label)));
            }
            _ => return self.within(MATCHER_OP, |_| Err(Failure::Unexpected)),
        };
        self.take()?;
        let value = self.within(MATCHER_VALUE, Self::string)?;
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
        let mut labels = Vec::new();
        match self.within(LABELS, |parser| parser.expect(TokenKind::LeftParen)) {
            Ok(_) => {}
            // Whoever has not written the labels yet may well have written what follows them.
            Err(_) if self.resumes => return Ok(labels),
            Err(failure) => return Err(failure),
        }
        while self.take_if(TokenKind::RightParen)?.is_none() {
            match self.within(LABEL, Self::label) {
                Ok(label) => labels.push(label),
                Err(failure) => self.skip(failure, false)?,
            }
            if !self.within(LABELS_NEXT, |parser| parser.another(TokenKind::RightParen))? {
                break;
            }
        }
        Ok(labels)
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
