//! Tokens between the delimiters.

use regain_go_format::quote::quote;

use super::{Keyword, Kind, Lexer, RIGHT, SPACES, TRIM_LEN, Token, is_right_trim};

impl<'a> Lexer<'a> {
    /// The next token of an action.
    pub(super) fn action(&mut self) -> Token<'a> {
        if let Some(trims) = self.at_right_delim() {
            if self.parens > 0 {
                return self.fail("unclosed left paren");
            }
            return self.right_delim(trims);
        }
        let Some(c) = self.peek() else { return self.fail("unclosed action") };
        if SPACES.contains(&c) {
            return self.space();
        }
        if c == '+' || c == '-' || c.is_ascii_digit() {
            return self.number();
        }
        if is_word(c) {
            return self.word();
        }
        self.next();
        match c {
            '=' => self.emit(Kind::Assign),
            ':' if self.peek() == Some('=') => {
                self.next();
                self.emit(Kind::Declare)
            }
            ':' => self.fail("expected :="),
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw_string(),
            '$' => self.name(Kind::Variable, Kind::Variable),
            '.' if self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                self.pos = self.start;
                self.number()
            }
            // A point that ends the text is a number that is none.
            '.' if self.peek().is_none() => {
                self.pos = self.start;
                self.number()
            }
            '.' => self.name(Kind::Field, Kind::Dot),
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            ')' if self.parens == 0 => self.fail("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            ' '..='~' => self.emit(Kind::Char),
            _ => self.fail(format!("unrecognized character in action: {}", code_point(c))),
        }
    }

    fn right_delim(&mut self, trims: bool) -> Token<'a> {
        if trims {
            self.skip(TRIM_LEN);
            self.ignore();
        }
        self.skip(RIGHT.len());
        let token = self.emit(Kind::RightDelim);
        if trims {
            self.skip(self.rest().len() - self.rest().trim_start_matches(SPACES).len());
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    /// Takes a run of spaces, but not the one that belongs to a trim marker.
    fn space(&mut self) -> Token<'a> {
        let len = self.rest().len() - self.rest().trim_start_matches(SPACES).len();
        let tail = self.rest().get(len - 1..).unwrap_or_default();
        let marked =
            is_right_trim(tail) && tail.get(TRIM_LEN..).unwrap_or_default().starts_with(RIGHT);
        match (marked, len) {
            (true, 1) => self.right_delim(true),
            (true, _) => {
                self.skip(len - 1);
                self.emit(Kind::Space)
            }
            (false, _) => {
                self.skip(len);
                self.emit(Kind::Space)
            }
        }
    }

    fn word(&mut self) -> Token<'a> {
        self.skip_word();
        if let Some(error) = self.bad_end() {
            return error;
        }
        let kind = match self.pending() {
            "true" | "false" => Kind::Bool,
            "nil" => Kind::Nil,
            "block" => Kind::Keyword(Keyword::Block),
            "break" => Kind::Keyword(Keyword::Break),
            "continue" => Kind::Keyword(Keyword::Continue),
            "define" => Kind::Keyword(Keyword::Define),
            "else" => Kind::Keyword(Keyword::Else),
            "end" => Kind::Keyword(Keyword::End),
            "if" => Kind::Keyword(Keyword::If),
            "range" => Kind::Keyword(Keyword::Range),
            "template" => Kind::Keyword(Keyword::Template),
            "with" => Kind::Keyword(Keyword::With),
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    /// Takes the word behind a `.` or `$`; where there is none the token is `alone`.
    fn name(&mut self, kind: Kind, alone: Kind) -> Token<'a> {
        if self.at_terminator() {
            return self.emit(alone);
        }
        self.skip_word();
        match self.bad_end() {
            Some(error) => error,
            None => self.emit(kind),
        }
    }

    fn skip_word(&mut self) {
        while self.peek().is_some_and(is_word) {
            self.next();
        }
    }

    /// The error where a word is followed by something that cannot stand there.
    fn bad_end(&mut self) -> Option<Token<'a>> {
        if self.at_terminator() {
            return None;
        }
        let c = self.peek()?;
        Some(self.fail(format!("bad character {}", code_point(c))))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | '.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(_) => self.rest().starts_with(RIGHT),
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Token<'a> {
        loop {
            match self.next() {
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.next();
                }
                Some('\\' | '\n') | None => return self.fail(unterminated),
                Some(c) if c == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token<'a> {
        loop {
            match self.next() {
                None => return self.fail("unterminated raw quoted string"),
                Some('`') => return self.emit(Kind::RawString),
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Token<'a> {
        let mut good = self.scan_number();
        let mut kind = Kind::Number;
        if good && matches!(self.peek(), Some('+' | '-')) {
            kind = Kind::Complex;
            good = self.scan_number() && self.pending().ends_with('i');
        }
        if good {
            self.emit(kind)
        } else {
            let message = format!("bad number syntax: {}", quote(self.pending()));
            self.fail(message)
        }
    }

    /// Takes what may be a number; whether it is one is found out later.
    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_word) {
            self.next();
            return false;
        }
        true
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|c| valid.contains(c));
        if accepted {
            self.next();
        }
        accepted
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// `U+0025 '%'`, as Go's `%#U` prints a character.
fn code_point(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    let printed =
        c == '"' || c == '\\' || quote(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8() + 2;
    if printed { format!("{code} '{c}'") } else { code }
}
