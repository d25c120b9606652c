//! The series part of a sample line: a name and labels in braces, read piece by piece.

use super::cursor::Dialect;
use super::error::Problem;

/// Is one piece of a series: text between quotes still holds its escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Name(&'a [u8]),
    Label { name: &'a [u8], value: &'a [u8] },
}

/// Walks over `name{label="value",…}` or `{"name",label="value"}`.
#[derive(Debug)]
pub(super) struct SeriesScanner<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// OpenMetrics refuses blanks between the pieces and line ends in quoted values.
    strict: bool,
    state: State,
    named: bool,
    /// An exemplar has labels and no name.
    nameless: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Braces,
    End,
}

impl<'a> SeriesScanner<'a> {
    /// Starts before the name or the opening brace of a series.
    pub(super) fn new(bytes: &'a [u8], pos: usize, dialect: Dialect) -> Self {
        Self {
            bytes,
            pos,
            strict: dialect == Dialect::OpenMetrics,
            state: State::Start,
            named: false,
            nameless: false,
        }
    }

    /// Starts after the opening brace of an exemplar.
    pub(super) fn exemplar(bytes: &'a [u8], pos: usize) -> Self {
        let scanner = Self::new(bytes, pos, Dialect::OpenMetrics);
        Self { state: State::Braces, named: true, nameless: true, ..scanner }
    }

    /// Returns where the scanner stands: after the series once it has ended, at the mistake after an error.
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    /// Returns the next piece, or nothing at the end of the series.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'a>>, Problem> {
        match self.state {
            State::Start => self.start().map(Some),
            State::Braces => self.in_braces(),
            State::End if self.named => Ok(None),
            State::End => Err(Problem::NameMissing),
        }
    }

    /// Walks to the end of the series and checks all of it.
    pub(super) fn finish(&mut self) -> Result<(), Problem> {
        while let Some(piece) = self.next()? {
            if let Piece::Label { value, .. } = piece
                && std::str::from_utf8(value).is_err()
            {
                return Err(Problem::LabelUtf8);
            }
        }
        Ok(())
    }

    fn start(&mut self) -> Result<Piece<'a>, Problem> {
        if self.peek() == Some(b'{') {
            self.pos += 1;
            self.state = State::Braces;
            return self.in_braces()?.ok_or(Problem::NameMissing);
        }
        let end = name_end(self.bytes, self.pos, true).ok_or(Problem::Start)?;
        let name = &self.bytes[self.pos..end];
        self.pos = end;
        self.named = true;
        let brace = if self.strict { end } else { self.after_blanks(end) };
        if self.bytes.get(brace) == Some(&b'{') {
            self.pos = brace + 1;
            self.state = State::Braces;
        } else {
            self.state = State::End;
        }
        Ok(Piece::Name(name))
    }

    fn in_braces(&mut self) -> Result<Option<Piece<'a>>, Problem> {
        self.skip_blanks();
        let (name, quoted) = match self.peek() {
            Some(b'}') => {
                self.pos += 1;
                self.state = State::End;
                return self.next();
            }
            Some(b'"') => (self.quoted(true).ok_or(Problem::LabelName)?, true),
            _ => {
                let end = name_end(self.bytes, self.pos, false).ok_or(Problem::LabelName)?;
                let name = &self.bytes[self.pos..end];
                self.pos = end;
                (name, false)
            }
        };
        self.skip_blanks();
        if quoted && matches!(self.peek(), Some(b',' | b'}')) {
            return self.quoted_name(name).map(Some);
        }
        if self.peek() != Some(b'=') {
            return Err(Problem::Equal);
        }
        self.pos += 1;
        self.skip_blanks();
        let value = self.quoted(!self.strict).ok_or(Problem::LabelValue)?;
        self.skip_blanks();
        match self.peek() {
            Some(b',') => self.pos += 1,
            // The text format lets labels follow each other without a comma.
            Some(b'}') => {}
            _ if self.strict => return Err(Problem::CommaOrClose),
            _ => {}
        }
        Ok(Some(Piece::Label { name, value }))
    }

    /// Takes a quoted text without a value as the name of the metric.
    fn quoted_name(&mut self, name: &'a [u8]) -> Result<Piece<'a>, Problem> {
        if self.nameless {
            return Err(Problem::LabelName);
        }
        if self.named {
            return Err(Problem::NameTwice);
        }
        self.named = true;
        if self.peek() == Some(b',') {
            self.pos += 1;
        }
        Ok(Piece::Name(name))
    }

    /// Takes a quoted text and returns what is between the quotes.
    fn quoted(&mut self, lines: bool) -> Option<&'a [u8]> {
        let end = quoted_end(self.bytes, self.pos, lines)?;
        let text = &self.bytes[self.pos + 1..end - 1];
        self.pos = end;
        Some(text)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn skip_blanks(&mut self) {
        if !self.strict {
            self.pos = self.after_blanks(self.pos);
        }
    }

    fn after_blanks(&self, at: usize) -> usize {
        after_blanks(self.bytes, at)
    }
}

/// Returns the place of the first byte from `at` that is neither blank nor tab.
pub(super) fn after_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    at
}

/// Returns where the name at `at` ends, if one starts there; colons belong to metric names only.
pub(super) fn name_end(bytes: &[u8], at: usize, colons: bool) -> Option<usize> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || (colons && byte == b':');
    let rest = bytes.get(at..)?;
    let len = rest.iter().position(|&byte| !part(byte)).unwrap_or(rest.len());
    (len > 0 && !rest[0].is_ascii_digit()).then_some(at + len)
}

/// Returns the place after the quote that closes the one at `at`, if both are there.
pub(super) fn quoted_end(bytes: &[u8], at: usize, lines: bool) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr::memchr3(b'"', b'\\', b'\n', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            b'\\' if bytes.get(at + 1) != Some(&b'\n') => at += 2,
            b'\n' if lines => at += 1,
            _ => return None,
        }
    }
}
