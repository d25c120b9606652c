//! What stands in brackets: durations, their functions, and the colon before a step.

use super::{Brackets, Lexed, Lexer, arithmetic};
use crate::parse_error::LexicalError;
use crate::token::{self, TimeWord, TokenKind};

impl Lexer<'_> {
    /// A word or a colon in brackets, behind their first number.
    pub(super) fn bracket_word(&mut self, byte: u8) -> Lexed {
        if byte == b':' {
            if self.had_colon {
                return Err(LexicalError::Colon);
            }
            self.had_colon = true;
            return self.single(TokenKind::Colon);
        }
        let wrong = LexicalError::CharacterForColon(self.quoted());
        self.duration_word().ok_or(wrong)
    }

    /// The part of a range that stands before its first number.
    pub(super) fn duration_token(&mut self) -> Lexed {
        let Some(byte) = self.peek() else { return Err(LexicalError::EndInDuration) };
        match byte {
            b']' => {
                (self.brackets, self.had_colon) = (Brackets::None, false);
                self.single(TokenKind::RightBracket)
            }
            b':' => {
                self.pos += 1;
                let wrong = if self.had_number {
                    self.had_colon.then_some(LexicalError::RepeatedColon)
                } else {
                    Some(LexicalError::EarlyColon)
                };
                if let Some(wrong) = wrong {
                    self.start = self.pos;
                    return Err(wrong);
                }
                self.had_colon = true;
                Ok(TokenKind::Colon)
            }
            b'(' | b')' => self.paren(byte),
            b',' => self.single(TokenKind::Comma),
            b'0'..=b'9' => self.first_number(),
            b'.' if self.peek_at(1).is_some_and(|byte| byte.is_ascii_digit()) => {
                self.first_number()
            }
            _ => {
                if let Some(op) = arithmetic(byte) {
                    return self.single(TokenKind::Binary(op));
                }
                let wrong = LexicalError::CharacterInDuration(self.quoted());
                self.duration_word().ok_or(wrong)
            }
        }
    }

    fn first_number(&mut self) -> Lexed {
        (self.brackets, self.had_number) = (Brackets::Rest, true);
        self.number_or_duration()
    }

    /// A function of durations.
    fn duration_word(&mut self) -> Option<TokenKind> {
        while self.peek().is_some_and(|byte| byte == b'_' || byte.is_ascii_alphabetic()) {
            self.pos += 1;
        }
        let word = self.token_text().to_ascii_lowercase();
        let word = token::time_word(&word)?;
        (!matches!(word, TimeWord::Start | TimeWord::End)).then_some(TokenKind::TimeWord(word))
    }
}
