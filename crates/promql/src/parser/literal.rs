//! Numbers, durations and strings.

use regain_go_format::{duration, number, quote};

use super::{Failure, Parsed, Parser};
use crate::ast::{BinaryOp, ExprKind, Number};
use crate::parse_error::SyntaxError;
use crate::token::{Token, TokenKind};

impl Parser<'_> {
    /// A number or a duration. One that cannot be read is reported and 0.
    pub(super) fn number(&mut self) -> Parsed<Number> {
        let kind = self.peek()?.kind;
        if !matches!(kind, TokenKind::Number | TokenKind::Duration) {
            return Err(Failure::Unexpected);
        }
        let token = self.take()?;
        let text = self.text_of(token);
        let is_duration = kind == TokenKind::Duration;
        let value = if is_duration { duration_seconds(text) } else { number_value(text) };
        let value = value.unwrap_or_else(|error| {
            self.report(error, token.at());
            0.0
        });
        Ok(Number { value, is_duration })
    }

    /// A plus or a minus, if there is one, and whether it is a minus.
    pub(super) fn sign(&mut self) -> Parsed<Option<(Token, bool)>> {
        let negative = match self.peek()?.kind {
            TokenKind::Binary(BinaryOp::Add) => false,
            TokenKind::Binary(BinaryOp::Sub) => true,
            _ => return Ok(None),
        };
        Ok(Some((self.take()?, negative)))
    }

    /// A string that is an operand, and need not be UTF-8.
    pub(super) fn string_operand(&mut self) -> Parsed<ExprKind> {
        let token = self.peek()?;
        let literal = self.text_of(token);
        match quote::unquote_bytes(literal.as_bytes()).map(String::from_utf8) {
            Ok(Err(not_utf8)) => {
                self.take()?;
                Ok(ExprKind::Bytes(not_utf8.into_bytes()))
            }
            _ => self.string().map(ExprKind::String),
        }
    }

    /// The value of a string, which must be UTF-8. One that has none is reported and empty.
    pub(super) fn string(&mut self) -> Parsed<String> {
        let token = self.expect(TokenKind::String)?;
        let literal = self.text_of(token);
        Ok(quote::unquote(literal).unwrap_or_else(|error| {
            let literal = literal.to_owned();
            self.report(SyntaxError::String { literal, error }, token.at());
            String::new()
        }))
    }
}

/// Integers come first, because a leading zero means that they are octal.
fn number_value(text: &str) -> Result<f64, SyntaxError> {
    let integer = number::parse_int_base0(text.as_bytes()).map(|integer| integer as f64);
    let value = integer.or_else(|| number::parse_float(text.as_bytes()));
    value.ok_or_else(|| {
        let digits = text.replace('_', "");
        let is_number = digits.parse().is_ok_and(f64::is_infinite);
        let text = text.to_owned();
        if is_number { SyntaxError::NumberOutOfRange(text) } else { SyntaxError::Number(text) }
    })
}

fn duration_seconds(text: &str) -> Result<f64, SyntaxError> {
    let millis = duration::parse(text)?;
    // Go adds whole seconds and the rest, which is not always the same as one division.
    Ok((millis / 1_000) as f64 + (millis % 1_000 * 1_000_000) as f64 / 1e9)
}
