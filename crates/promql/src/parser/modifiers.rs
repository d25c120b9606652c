//! `offset`, `@`, `anchored` and `smoothed`.

use super::tree::Tree;
use super::{Failure, Parsed, Parser};
use crate::ast::{
    At, Duration, DurationExprKind, Expr, ExprKind, Extension, TimeModifiers, VectorSelector,
};
use crate::parse_error::{Expectation, SyntaxError};
use crate::token::{Keyword, TimeWord, TokenKind};

const OFFSET: Expectation =
    Expectation { within: "offset", expected: "number, duration, step(), or range()" };
const AT: Expectation = Expectation { within: "@", expected: "timestamp" };

/// The bounds of what counts as a time, in seconds: those of 64-bit integers, without themselves.
const AT_SECONDS_LIMIT: f64 = 9_223_372_036_854_775_808.0;

impl Parser<'_> {
    /// `tree` with the offset that follows.
    pub(super) fn offset(&mut self, mut tree: Tree) -> Parsed<Tree> {
        self.expect(TokenKind::Keyword(Keyword::Offset))?;
        let duration = match self.within(OFFSET, Self::offset_duration) {
            Ok(duration) => duration,
            Err(failure) => return self.skip(failure, false).map(|()| tree),
        };
        let at = tree.expr.at.clone();
        let Some(time) = time_modifiers(&mut tree.expr) else {
            self.report(SyntaxError::OffsetOfExpression, at);
            return Ok(tree);
        };
        if time.offset.is_some() {
            self.report(SyntaxError::SecondOffset, at);
        } else if !matches!(duration.kind, DurationExprKind::Number(number) if is_zero(number.value))
        {
            time.offset = Some(Duration::from(duration));
        }
        tree.expr.at.end = self.end;
        Ok(tree)
    }

    /// `tree` with the `@` that follows.
    pub(super) fn at(&mut self, mut tree: Tree) -> Parsed<Tree> {
        self.expect(TokenKind::At)?;
        let new = match self.within(AT, Self::time) {
            Ok(time) => time,
            Err(failure) => return self.skip(failure, false).map(|()| tree),
        };
        let at = tree.expr.at.clone();
        if let Time::Seconds(seconds) = new
            && (seconds.is_nan() || seconds.abs() >= AT_SECONDS_LIMIT)
        {
            self.report(SyntaxError::AtOutOfBounds(seconds), at.clone());
        }
        let Some(time) = time_modifiers(&mut tree.expr) else {
            self.report(SyntaxError::AtOfExpression, at);
            return Ok(tree);
        };
        if time.at.is_some() {
            self.report(SyntaxError::SecondAt, at);
            return Ok(tree);
        }
        time.at = Some(match new {
            Time::Seconds(seconds) => At::Time(millis(seconds)),
            Time::Start => At::Start,
            Time::End => At::End,
        });
        tree.expr.at.end = self.end;
        Ok(tree)
    }

    fn time(&mut self) -> Parsed<Time> {
        if let Some((_, negative)) = self.sign()? {
            let seconds = self.number()?.value;
            return Ok(Time::Seconds(if negative { -seconds } else { seconds }));
        }
        let time = match self.peek()?.kind {
            TokenKind::TimeWord(TimeWord::Start) => Time::Start,
            TokenKind::TimeWord(TimeWord::End) => Time::End,
            TokenKind::Number | TokenKind::Duration => {
                return Ok(Time::Seconds(self.number()?.value));
            }
            _ => return Err(Failure::Unexpected),
        };
        self.take()?;
        self.expect(TokenKind::LeftParen)?;
        self.expect(TokenKind::RightParen)?;
        Ok(time)
    }

    /// `tree` with the `anchored` or `smoothed` that follows.
    pub(super) fn extension(&mut self, mut tree: Tree) -> Parsed<Tree> {
        let anchored = self.take()?.kind == TokenKind::Keyword(Keyword::Anchored);
        let (new, name) = if anchored {
            (Extension::Anchored, "anchored")
        } else {
            (Extension::Smoothed, "smoothed")
        };
        let problem = if !self.options.extended_range_selectors {
            Some(SyntaxError::ExtensionNotEnabled(name))
        } else if let Some(selector) = vector_selector(&mut tree.expr) {
            let old = selector.extension.replace(new);
            old.is_some_and(|old| old != new).then_some(SyntaxError::BothExtensions)
        } else if matches!(tree.expr.kind, ExprKind::Subquery(_)) {
            Some(SyntaxError::ExtensionOfSubquery(name))
        } else {
            Some(SyntaxError::ExtensionOfExpression(name))
        };
        if let Some(problem) = problem {
            self.report(problem, tree.expr.at.clone());
        }
        Ok(tree)
    }
}

/// What follows `@`.
#[derive(Clone, Copy)]
enum Time {
    Seconds(f64),
    Start,
    End,
}

/// The selector that `expr` is, with or without a range.
fn vector_selector(expr: &mut Expr) -> Option<&mut VectorSelector> {
    match &mut expr.kind {
        ExprKind::Vector(selector) => Some(selector),
        ExprKind::Matrix(matrix) => Some(&mut matrix.selector),
        _ => None,
    }
}

/// When `expr` looks, if it looks at samples itself.
fn time_modifiers(expr: &mut Expr) -> Option<&mut TimeModifiers> {
    match &mut expr.kind {
        ExprKind::Vector(selector) => Some(&mut selector.time),
        ExprKind::Matrix(matrix) => Some(&mut matrix.selector.time),
        ExprKind::Subquery(subquery) => Some(&mut subquery.time),
        _ => None,
    }
}

/// An offset of zero nanoseconds is as good as none.
fn is_zero(seconds: f64) -> bool {
    (seconds * 1e9).round() == 0.0
}

#[expect(clippy::cast_possible_truncation, reason = "times beyond all milliseconds end there")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
