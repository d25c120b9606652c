//! What a backslash introduces.

use regex_syntax::hir::Look;

use super::{Error, ErrorKind, Node, Parser};

impl Parser<'_> {
    /// Reads an escape outside of a class.
    pub(super) fn backslash(&mut self) -> Result<(), Error> {
        let start = self.at;
        let second = self.rest().as_bytes().get(1).copied();
        let look = match second {
            Some(b'A') => Some(Look::Start),
            Some(b'z') => Some(Look::End),
            Some(b'b') => Some(Look::WordAscii),
            Some(b'B') => Some(Look::WordAsciiNegate),
            _ => None,
        };
        if let Some(look) = look {
            self.at += 2;
            self.push(Node::Look(look));
            return Ok(());
        }
        match second {
            // One byte of a character cannot be matched.
            Some(b'C') => {
                self.at += 2;
                return Err(self.error(ErrorKind::Escape, start));
            }
            Some(b'Q') => {
                self.quoted();
                return Ok(());
            }
            _ => {}
        }
        if let Some(class) = self.escaped_class()? {
            self.push_class(class);
        } else {
            let code_point = self.escaped_code_point()?;
            self.push_code_point(code_point);
        }
        Ok(())
    }

    /// Reads `\Q…\E`; without its end it reaches to the end of the expression.
    fn quoted(&mut self) {
        let text = self.pattern.get(self.at + 2..).unwrap_or_default();
        let (text, end_len) = match text.find("\\E") {
            Some(end) => (text.get(..end).unwrap_or_default(), 2),
            None => (text, 0),
        };
        for c in text.chars() {
            self.push_char(c);
        }
        self.at += 2 + text.len() + end_len;
    }

    /// Reads an escape that stands for one code point.
    pub(super) fn escaped_code_point(&mut self) -> Result<u32, Error> {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek() else {
            return Err(Error::new(ErrorKind::TrailingBackslash, ""));
        };
        self.at += c.len_utf8();
        let code_point = match c {
            // A single digit would be a reference to a group.
            '1'..='7' if !self.next_is_octal() => None,
            '0'..='7' => Some(self.octal(u32::from(c) - u32::from('0'))),
            'x' => self.hexadecimal(),
            'a' => Some(0x07),
            'f' => Some(0x0c),
            'n' => Some(0x0a),
            'r' => Some(0x0d),
            't' => Some(0x09),
            'v' => Some(0x0b),
            _ => (c.is_ascii() && !c.is_ascii_alphanumeric()).then_some(u32::from(c)),
        };
        code_point.ok_or_else(|| self.error(ErrorKind::Escape, start))
    }

    fn next_is_octal(&self) -> bool {
        matches!(self.peek(), Some('0'..='7'))
    }

    /// Reads up to two more octal digits.
    fn octal(&mut self, first: u32) -> u32 {
        let mut value = first;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            value = value * 8 + digit;
            self.at += 1;
        }
        value
    }

    /// Reads `41` or `{1f600}`; `None` where it is malformed, with the parser behind the culprit.
    fn hexadecimal(&mut self) -> Option<u32> {
        let first = self.next_char()?;
        if first != '{' {
            let second = self.next_char();
            return Some(first.to_digit(16)? * 16 + second?.to_digit(16)?);
        }
        let (mut value, mut any) = (0, false);
        loop {
            let c = self.next_char()?;
            if c == '}' {
                return any.then_some(value);
            }
            value = value * 16 + c.to_digit(16)?;
            if value > u32::from(char::MAX) {
                return None;
            }
            any = true;
        }
    }

    pub(super) fn next_char(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }
}
