//! String literals; their escapes are checked here and resolved by the parser.

use super::{CodePoint, Lexed, Lexer};
use crate::parse_error::LexicalError;
use crate::token::TokenKind;

impl Lexer<'_> {
    /// Reads the string that starts with `quote`.
    pub(super) fn string(&mut self, quote: u8) -> Lexed {
        self.pos += 1;
        let raw = quote == b'`';
        loop {
            let Some(next) = self.next_char() else {
                return Err(if raw {
                    LexicalError::OpenRawString
                } else {
                    LexicalError::OpenString
                });
            };
            match next {
                // Go cannot tell this character from one that failed to decode.
                char::REPLACEMENT_CHARACTER => return Err(LexicalError::InvalidUtf8),
                _ if next == char::from(quote) => return Ok(TokenKind::String),
                '\n' if !raw => return Err(LexicalError::OpenString),
                '\\' if !raw => self.escape(quote)?,
                _ => {}
            }
        }
    }

    fn next_char(&mut self) -> Option<char> {
        let next = self.peek_char()?;
        self.pos += next.len_utf8();
        Some(next)
    }

    /// Reads an escape whose backslash has been read.
    fn escape(&mut self, quote: u8) -> Result<(), LexicalError> {
        let kind = self.next_char().ok_or(LexicalError::OpenEscape)?;
        let (digits, radix, value) = match kind {
            'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(()),
            _ if kind == char::from(quote) => return Ok(()),
            '0'..='7' => (2, 8, u32::from(kind) - u32::from('0')),
            'x' => (2, 16, 0),
            'u' => (4, 16, 0),
            'U' => (8, 16, 0),
            _ => return Err(LexicalError::UnknownEscape(CodePoint(kind))),
        };
        let value = self.digits(digits, radix, value)?;
        let value_max = if matches!(kind, 'u' | 'U') { u32::from(char::MAX) } else { 255 };
        if value > value_max || (0xD800..0xE000).contains(&value) {
            return Err(LexicalError::EscapeValue);
        }
        Ok(())
    }

    /// Reads `count` digits that continue `value`.
    fn digits(&mut self, count: usize, radix: u32, mut value: u32) -> Result<u32, LexicalError> {
        for _ in 0..count {
            let next = self.next_char().ok_or(LexicalError::OpenEscape)?;
            let digit = next.to_digit(radix).ok_or(LexicalError::DigitOfEscape(CodePoint(next)))?;
            value = value.wrapping_mul(radix) + digit;
        }
        Ok(value)
    }
}
