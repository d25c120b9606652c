//! Durations and computations of durations.
//!
//! Behind `offset` a computation of two durations needs parentheses: `a offset 5m + b` adds `b` to
//! `a offset 5m`.

use super::binary::Precedence;
use super::{Failure, NESTING_MAX, Parsed, Parser};
use crate::ast::{
    BinaryOp, Duration, DurationExpr, DurationExprKind, DurationOp, Number, Position,
};
use crate::parse_error::SyntaxError;
use crate::token::{TimeWord, Token, TokenKind};

/// Longer durations do not fit into Go's nanoseconds.
const SECONDS_MAX: f64 = 9_223_372_036.854_776;

impl From<DurationExpr> for Duration {
    fn from(expr: DurationExpr) -> Self {
        match expr.kind {
            DurationExprKind::Number(number) => Self::Literal(millis(number.value)),
            _ => Self::Expr(expr),
        }
    }
}

impl Parser<'_> {
    /// A duration in brackets.
    pub(super) fn bracket_duration(&mut self) -> Parsed<DurationExpr> {
        self.duration_parts = 0;
        self.duration()
    }

    /// The duration behind `offset`.
    pub(super) fn offset_duration(&mut self) -> Parsed<DurationExpr> {
        self.duration_parts = 0;
        let Some((sign, negative)) = self.sign()? else {
            return if self.peek()?.kind == TokenKind::LeftParen {
                self.duration()
            } else {
                self.duration_operand()
            };
        };
        match self.peek()?.kind {
            TokenKind::Number | TokenKind::Duration => {
                let number = self.number()?;
                Ok(self.signed_number(sign, negative, number))
            }
            TokenKind::TimeWord(word) => {
                let inner = self.duration_call(word)?;
                let at = sign.start..inner.at.end;
                self.computed(at.clone());
                let kind = DurationExprKind::Unary { negative, expr: Box::new(inner) };
                Ok(DurationExpr { kind, in_parens: false, at })
            }
            TokenKind::LeftParen => {
                let inner = self.duration_in_parens()?;
                Ok(self.signed_duration(sign, negative, inner))
            }
            _ => {
                let inner = self.duration_operations(Precedence::Power)?;
                let left = self.signed_duration(sign, negative, inner);
                self.more_durations(left, Precedence::Sum)
            }
        }
    }

    fn duration(&mut self) -> Parsed<DurationExpr> {
        self.duration_operations(Precedence::Sum)
    }

    fn duration_operations(&mut self, min: Precedence) -> Parsed<DurationExpr> {
        let left = self.duration_operand()?;
        self.more_durations(left, min)
    }

    /// The operations that follow the operand `left`.
    fn more_durations(&mut self, mut left: DurationExpr, min: Precedence) -> Parsed<DurationExpr> {
        while let Some((symbol, op, precedence)) = self.duration_operator()? {
            if precedence < min {
                break;
            }
            self.take()?;
            let right = self.duration_operations(precedence.of_right())?;
            left = self.duration_operation(left, symbol, op, right);
        }
        Ok(left)
    }

    fn duration_operator(&mut self) -> Parsed<Option<(Token, DurationOp, Precedence)>> {
        let token = self.peek()?;
        let TokenKind::Binary(binary) = token.kind else { return Ok(None) };
        let op = match binary {
            BinaryOp::Add => DurationOp::Add,
            BinaryOp::Sub => DurationOp::Sub,
            BinaryOp::Mul => DurationOp::Mul,
            BinaryOp::Div => DurationOp::Div,
            BinaryOp::Mod => DurationOp::Mod,
            BinaryOp::Pow => DurationOp::Pow,
            _ => return Ok(None),
        };
        Ok(Some((token, op, Precedence::of(binary))))
    }

    fn duration_operation(
        &mut self,
        left: DurationExpr,
        symbol: Token,
        op: DurationOp,
        right: DurationExpr,
    ) -> DurationExpr {
        self.computed(left.at.clone());
        let by_zero = matches!(right.kind, DurationExprKind::Number(number) if number.value == 0.0);
        let problem = match op {
            DurationOp::Div if by_zero => SyntaxError::DivisionByZero,
            DurationOp::Mod if by_zero => SyntaxError::ModuloByZero,
            _ => return two_durations(op, left, right),
        };
        self.report(problem, symbol.at());
        zero(left.at.start..right.at.end)
    }

    fn duration_operand(&mut self) -> Parsed<DurationExpr> {
        // Each operation and each sign has an operand of its own, so this bounds the nesting too.
        self.duration_parts += 1;
        if self.duration_parts > NESTING_MAX {
            let at = self.peek()?.at();
            return Err(self.give_up(SyntaxError::TooDeep, at));
        }
        if let Some((sign, negative)) = self.sign()? {
            let inner = self.duration_operations(Precedence::Power)?;
            return Ok(self.signed_duration(sign, negative, inner));
        }
        match self.peek()?.kind {
            TokenKind::Number | TokenKind::Duration => {
                let at = self.peek()?.at();
                let number = self.number()?;
                Ok(self.literal(number, at.clone(), at))
            }
            TokenKind::TimeWord(word) => {
                let call = self.duration_call(word)?;
                self.computed(call.at.clone());
                Ok(call)
            }
            TokenKind::LeftParen => {
                let inner = self.duration_in_parens()?;
                self.computed(inner.at.clone());
                Ok(inner)
            }
            _ => Err(Failure::Unexpected),
        }
    }

    fn duration_in_parens(&mut self) -> Parsed<DurationExpr> {
        self.expect(TokenKind::LeftParen)?;
        let mut inner = self.duration()?;
        self.expect(TokenKind::RightParen)?;
        inner.in_parens = !matches!(inner.kind, DurationExprKind::Number(_));
        Ok(inner)
    }

    /// `step()`, `range()`, or the larger or smaller of two durations.
    fn duration_call(&mut self, word: TimeWord) -> Parsed<DurationExpr> {
        let kind = match word {
            TimeWord::Start | TimeWord::End => return Err(Failure::Unexpected),
            TimeWord::Step => DurationExprKind::Step,
            TimeWord::Range => DurationExprKind::Range,
            TimeWord::MinOf => return self.either_duration(DurationOp::Min),
            TimeWord::MaxOf => return self.either_duration(DurationOp::Max),
        };
        let start = self.take()?.start;
        self.expect(TokenKind::LeftParen)?;
        let end = self.expect(TokenKind::RightParen)?.end;
        Ok(DurationExpr { kind, in_parens: false, at: start..end })
    }

    fn either_duration(&mut self, op: DurationOp) -> Parsed<DurationExpr> {
        self.take()?;
        self.expect(TokenKind::LeftParen)?;
        let left = self.duration()?;
        self.expect(TokenKind::Comma)?;
        let right = self.duration()?;
        self.expect(TokenKind::RightParen)?;
        Ok(two_durations(op, left, right))
    }

    /// A duration behind a sign.
    fn signed_duration(
        &mut self,
        sign: Token,
        negative: bool,
        inner: DurationExpr,
    ) -> DurationExpr {
        if let DurationExprKind::Number(number) = inner.kind {
            let at = sign.start..inner.at.end;
            let value = if negative { -number.value } else { number.value };
            return self.literal(Number { value, ..number }, at, sign.at());
        }
        if !negative {
            return inner;
        }
        let at = sign.start..inner.at.end;
        let kind = DurationExprKind::Unary { negative, expr: Box::new(inner) };
        DurationExpr { kind, in_parens: false, at }
    }

    fn signed_number(&mut self, sign: Token, negative: bool, number: Number) -> DurationExpr {
        let value = if negative { -number.value } else { number.value };
        self.literal(Number { value, ..number }, sign.start..self.end, sign.at())
    }

    /// A number of seconds, if it is not too large. Otherwise the mistake is in `blamed`.
    fn literal(&mut self, number: Number, at: Position, blamed: Position) -> DurationExpr {
        if number.value.is_nan() || number.value.abs() > SECONDS_MAX {
            self.report(SyntaxError::DurationOutOfRange, blamed);
            return zero(at);
        }
        DurationExpr { kind: DurationExprKind::Number(number), in_parens: false, at }
    }

    /// Notes that the duration at `at` is computed, which may not be enabled.
    fn computed(&mut self, at: Position) {
        if !self.options.duration_expressions {
            self.report(SyntaxError::DurationExpression, at);
        }
    }
}

fn two_durations(op: DurationOp, left: DurationExpr, right: DurationExpr) -> DurationExpr {
    let at = left.at.start..right.at.end;
    let (left, right) = (Box::new(left), Box::new(right));
    DurationExpr { kind: DurationExprKind::Binary { op, left, right }, in_parens: false, at }
}

/// What stands for a duration that has been reported.
const fn zero(at: Position) -> DurationExpr {
    let number = Number { value: 0.0, is_duration: false };
    DurationExpr { kind: DurationExprKind::Number(number), in_parens: false, at }
}

/// Milliseconds, cut off behind Go's nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "durations out of range are refused")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64 / 1_000_000
}
