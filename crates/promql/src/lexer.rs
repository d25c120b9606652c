//! From text to tokens, one at a time and no further than the parser asks.
//!
//! What a character means depends on where it stands. Braces hold matchers, in which every word is a
//! name. Behind a left bracket comes a duration; after its first number the rules are those of
//! expressions again, save that words and colons are read as parts of a range.

mod brackets;
mod char_text;
mod number;
mod string;

pub(crate) use char_text::{CodePoint, QuotedChar};

use crate::ast::{BinaryOp, Position};
use crate::parse_error::LexicalError;
use crate::token::{self, Keyword, Token, TokenKind};

type Lexed = Result<TokenKind, LexicalError>;

/// Where the lexer is as to brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brackets {
    None,
    /// In brackets, before their first number.
    Start,
    /// In brackets, behind their first number.
    Rest,
}

/// Reads tokens off a text that is shorter than 4 GiB.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    /// Where the next character is.
    pos: usize,
    /// Where the token being read starts.
    start: usize,
    /// Where the reading of the token began.
    began: usize,
    parens_open: usize,
    in_braces: bool,
    brackets: Brackets,
    had_colon: bool,
    /// Whether any brackets so far had a number. As upstream has it, brackets do not start over.
    had_number: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self {
            text,
            pos: 0,
            start: 0,
            began: 0,
            parens_open: 0,
            in_braces: false,
            brackets: Brackets::None,
            had_colon: false,
            had_number: false,
        }
    }

    /// The next token. An error lasts to the end of the text; after one there are tokens only if
    /// [`resume`](Self::resume) says so.
    pub(crate) fn next(&mut self) -> Result<Token, (LexicalError, Position)> {
        let kind = self.next_kind();
        let kind = kind.map_err(|error| (error, offset(self.start)..offset(self.text.len())))?;
        Ok(Token { kind, start: offset(self.start), end: offset(self.pos) })
    }

    /// Goes on behind an error: behind the character that fits nowhere, or at the end of the text, where
    /// nothing is open any more.
    pub(crate) fn resume(&mut self) {
        match self.peek_char() {
            None => self.parens_open = 0,
            // Somebody forgot the brace, not the parenthesis.
            Some(')' | ']') if self.in_braces => return self.leave(),
            Some(next) if self.pos == self.began => self.pos += next.len_utf8(),
            Some(_) => return,
        }
        if self.peek().is_none() {
            self.leave();
        }
    }

    /// Leaves braces and brackets that are not closed.
    pub(crate) const fn leave(&mut self) {
        self.in_braces = false;
        (self.brackets, self.had_colon) = (Brackets::None, false);
    }

    fn next_kind(&mut self) -> Lexed {
        self.skip_space();
        let in_duration = self.brackets == Brackets::Start;
        while self.peek() == Some(b'#') && !in_duration {
            while !matches!(self.peek(), None | Some(b'\r' | b'\n')) {
                self.pos += 1;
            }
            self.skip_space();
        }
        if in_duration {
            self.duration_token()
        } else if self.in_braces {
            self.brace_token()
        } else {
            self.statement_token()
        }
    }

    fn in_brackets(&self) -> bool {
        self.brackets != Brackets::None
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
        (self.start, self.began) = (self.pos, self.pos);
    }

    fn statement_token(&mut self) -> Lexed {
        let Some(byte) = self.peek() else { return self.end() };
        if let Some(operator) = self.operator(byte) {
            return operator;
        }
        match byte {
            b'0'..=b'9' => self.number_or_duration(),
            b'.' if self.peek_at(1).is_some_and(|byte| byte.is_ascii_digit()) => {
                self.number_or_duration()
            }
            b'"' | b'\'' | b'`' => self.string(byte),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' | b':' if self.in_brackets() => {
                self.bracket_word(byte)
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'_' | b':' => Ok(self.word()),
            b',' => self.single(TokenKind::Comma),
            b'@' => self.single(TokenKind::At),
            b'(' | b')' => self.paren(byte),
            b'{' => {
                self.in_braces = true;
                self.single(TokenKind::LeftBrace)
            }
            b'[' if self.in_brackets() => Err(LexicalError::LeftBracket),
            b'[' => {
                (self.brackets, self.had_colon) = (Brackets::Start, false);
                self.single(TokenKind::LeftBracket)
            }
            b']' if !self.in_brackets() => Err(LexicalError::RightBracket),
            b']' => {
                self.brackets = Brackets::None;
                self.single(TokenKind::RightBracket)
            }
            _ => Err(LexicalError::Character(self.quoted())),
        }
    }

    /// The end of the text, at which nothing may be open.
    fn end(&self) -> Lexed {
        if self.parens_open > 0 {
            Err(LexicalError::OpenParen)
        } else if self.in_brackets() {
            Err(LexicalError::OpenBracket)
        } else {
            Ok(TokenKind::End)
        }
    }

    /// An operator that is no word.
    fn operator(&mut self, byte: u8) -> Option<Lexed> {
        use BinaryOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, TrimLower, TrimUpper};
        let second = self.peek_at(1);
        let (op, len) = match (byte, second) {
            (b'=', Some(b'=')) => (Equal, 2),
            (b'=', Some(b'~')) => return Some(Err(LexicalError::RegexOutsideBraces)),
            (b'=', _) => return Some(self.single(TokenKind::Assign)),
            (b'!', Some(b'=')) => (BinaryOp::NotEqual, 2),
            (b'!', _) => {
                self.pos += 1;
                return Some(Err(LexicalError::AfterBang(self.quoted())));
            }
            (b'<', Some(b'=')) => (LessOrEqual, 2),
            (b'<', Some(b'/')) => (TrimUpper, 2),
            (b'<', _) => (Less, 1),
            (b'>', Some(b'=')) => (GreaterOrEqual, 2),
            (b'>', Some(b'/')) => (TrimLower, 2),
            (b'>', _) => (Greater, 1),
            _ => (arithmetic(byte)?, 1),
        };
        self.pos += len;
        Some(Ok(TokenKind::Binary(op)))
    }

    fn paren(&mut self, byte: u8) -> Lexed {
        self.pos += 1;
        if byte == b'(' {
            self.parens_open += 1;
            return Ok(TokenKind::LeftParen);
        }
        let Some(open) = self.parens_open.checked_sub(1) else {
            self.start = self.pos;
            return Err(LexicalError::RightParen);
        };
        self.parens_open = open;
        Ok(TokenKind::RightParen)
    }

    fn brace_token(&mut self) -> Lexed {
        let Some(byte) = self.peek() else { return Err(LexicalError::EndInBraces) };
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                while self.peek().is_some_and(is_word) {
                    self.pos += 1;
                }
                Ok(TokenKind::Identifier)
            }
            b'"' | b'\'' | b'`' => self.string(byte),
            b',' => self.single(TokenKind::Comma),
            b'=' if self.peek_at(1) == Some(b'~') => self.double(TokenKind::Regex),
            b'=' => self.single(TokenKind::Assign),
            b'!' => match self.peek_at(1) {
                Some(b'~') => self.double(TokenKind::NotRegex),
                Some(b'=') => self.double(TokenKind::Binary(BinaryOp::NotEqual)),
                _ => {
                    self.pos += 1;
                    Err(LexicalError::AfterBangInBraces(self.quoted()))
                }
            },
            b'{' => Err(LexicalError::LeftBrace),
            b'}' => {
                self.in_braces = false;
                self.single(TokenKind::RightBrace)
            }
            _ => Err(LexicalError::CharacterInBraces(self.quoted())),
        }
    }

    /// A name or a reserved word.
    fn word(&mut self) -> TokenKind {
        while self.peek().is_some_and(|byte| byte == b':' || is_word(byte)) {
            self.pos += 1;
        }
        let word = self.token_text();
        match token::reserved(word) {
            // `fill` is a common name, a modifier only where its value follows.
            Some(TokenKind::Keyword(Keyword::Fill | Keyword::FillLeft | Keyword::FillRight))
                if !self.paren_follows() =>
            {
                TokenKind::Identifier
            }
            Some(kind) => kind,
            None if word.contains(':') => TokenKind::MetricIdentifier,
            None => TokenKind::Identifier,
        }
    }

    fn paren_follows(&self) -> bool {
        let rest = self.text.as_bytes().get(self.pos..).unwrap_or_default();
        let next = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        next == Some(&b'(')
    }

    #[expect(clippy::unnecessary_wraps, reason = "the other ways to a token can fail")]
    const fn single(&mut self, kind: TokenKind) -> Lexed {
        self.pos += 1;
        Ok(kind)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the other ways to a token can fail")]
    const fn double(&mut self, kind: TokenKind) -> Lexed {
        self.pos += 2;
        Ok(kind)
    }

    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.pos + ahead).copied()
    }

    /// The next character as a whole; `None` at the end.
    fn peek_char(&self) -> Option<char> {
        self.text.get(self.pos..).and_then(|rest| rest.chars().next())
    }

    fn quoted(&self) -> QuotedChar {
        QuotedChar(self.peek_char())
    }

    /// What has been read of the token.
    fn token_text(&self) -> &'a str {
        self.text.get(self.start..self.pos).unwrap_or_default()
    }
}

fn arithmetic(byte: u8) -> Option<BinaryOp> {
    Some(match byte {
        b'+' => BinaryOp::Add,
        b'-' => BinaryOp::Sub,
        b'*' => BinaryOp::Mul,
        b'/' => BinaryOp::Div,
        b'%' => BinaryOp::Mod,
        b'^' => BinaryOp::Pow,
        _ => return None,
    })
}

/// Letters, digits and the underscore.
fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn offset(pos: usize) -> u32 {
    u32::try_from(pos).expect("the parser refuses longer texts")
}
