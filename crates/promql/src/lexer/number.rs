//! Numbers and durations. What is taken for a number here may still be none; the parser finds out.

use super::{Lexed, Lexer, is_word};
use crate::parse_error::LexicalError;
use crate::token::TokenKind;

const DIGITS: &[u8] = b"0123456789";
const HEX_DIGITS: &[u8] = b"0123456789abcdefABCDEF";
/// What may follow the first digit of a number beside other digits.
const INNER: &[u8] = b"._eE";

impl Lexer<'_> {
    pub(super) fn number_or_duration(&mut self) -> Lexed {
        if self.number() {
            return Ok(TokenKind::Number);
        }
        if self.rest_of_duration() {
            return Ok(TokenKind::Duration);
        }
        Err(LexicalError::NumberOrDuration(self.token_text().to_owned()))
    }

    /// Reads a number; where it is none, what was read is the start of a duration or of a mistake.
    fn number(&mut self) -> bool {
        let start = self.pos;
        let hex = self.accept(b"0") && self.accept(b"xX");
        if hex {
            self.accept(b"_");
        }
        let digits = if hex { HEX_DIGITS } else { DIGITS };
        self.accept(b".");
        self.accept(digits);
        let (mut had_point, mut had_exponent) = (false, false);
        while self.is(digits) || self.is(INNER) {
            if had_point && self.accept(b".") || had_exponent && self.accept(b"eE") {
                return false;
            }
            if self.accept(b".") {
                had_point = true;
                if self.accept(b"_.") || hex {
                    return false;
                }
            } else if self.accept(b"eE") {
                had_exponent = true;
                self.accept(b"+-");
                if self.accept(INNER) || self.peek().is_none() {
                    return false;
                }
            } else if self.accept(b"_") {
                if self.accept(INNER) || self.peek().is_none() {
                    return false;
                }
            } else {
                while self.accept(digits) {}
            }
        }
        self.pos > start && !self.peek().is_some_and(is_word)
    }

    /// Reads a unit, and further numbers with units. Their order is not looked at yet.
    fn rest_of_duration(&mut self) -> bool {
        if !self.accept(b"smhdwy") {
            return false;
        }
        // Milliseconds have two letters; other units with an s fail when they are read.
        self.accept(b"s");
        while self.accept(DIGITS) {
            while self.accept(DIGITS) {}
            if !self.accept(b"smhdw") {
                return false;
            }
            self.accept(b"s");
        }
        if self.peek().is_some_and(is_word) {
            // The message shows what is too much.
            self.pos += 1;
            return false;
        }
        true
    }

    fn is(&self, set: &[u8]) -> bool {
        self.peek().is_some_and(|byte| set.contains(&byte))
    }

    fn accept(&mut self, set: &[u8]) -> bool {
        let accepted = self.is(set);
        self.pos += usize::from(accepted);
        accepted
    }
}
