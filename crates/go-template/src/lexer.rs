//! From text to tokens.
//!
//! The rules are Go's: what a trim marker is, what may follow a word, and how each mistake is named. The
//! lexer stops at its first mistake; it hands out an error token, and the message is kept beside.

use regain_go_format::quote::quote;

mod action;

pub(crate) const LEFT: &str = "{{";
pub(crate) const RIGHT: &str = "}}";
const LEFT_COMMENT: &str = "/*";
const RIGHT_COMMENT: &str = "*/";
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];
/// The marker and the space that belongs to it.
const TRIM_LEN: usize = 2;

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Dot,
    Nil,
    Keyword(Keyword),
}

/// Words that are no names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// A token: its kind, its text and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// Where it starts, in bytes.
    pub(crate) pos: usize,
    pub(crate) text: &'a str,
    /// The line, from one.
    pub(crate) line: usize,
}

impl Token<'_> {
    /// The token as messages show it; `error` is the lexer's message.
    pub(crate) fn describe(&self, error: &str) -> String {
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => error.to_owned(),
            Kind::Keyword(_) | Kind::Dot | Kind::Nil => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let start: String = self.text.chars().take(10).collect();
                format!("{}...", quote(&start))
            }
            _ => quote(self.text),
        }
    }
}

/// Walks over the text and hands out one token at a time.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    input: &'a str,
    pos: usize,
    /// Where the token starts.
    start: usize,
    line: usize,
    start_line: usize,
    parens: usize,
    inside_action: bool,
    /// What the error token says.
    pub(crate) error: String,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(input: &'a str) -> Self {
        Self {
            input,
            pos: 0,
            start: 0,
            line: 1,
            start_line: 1,
            parens: 0,
            inside_action: false,
            error: String::new(),
        }
    }

    /// The next token; behind the end and behind an error it is the end again and again.
    pub(crate) fn next_token(&mut self) -> Token<'a> {
        if self.inside_action { self.action() } else { self.text() }
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.pos..).unwrap_or_default()
    }

    fn pending(&self) -> &'a str {
        self.input.get(self.start..self.pos).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    /// Moves over `len` bytes and counts their lines.
    fn skip(&mut self, len: usize) {
        let end = self.pos + len;
        self.line += newlines(self.input.get(self.pos..end).unwrap_or_default());
        self.pos = end;
    }

    /// Drops what was read since the last token.
    fn ignore(&mut self) {
        self.start = self.pos;
        self.start_line = self.line;
    }

    fn emit(&mut self, kind: Kind) -> Token<'a> {
        let token = Token { kind, pos: self.start, text: self.pending(), line: self.start_line };
        self.ignore();
        token
    }

    fn fail(&mut self, message: impl Into<String>) -> Token<'a> {
        self.error = message.into();
        let token = Token { kind: Kind::Error, pos: self.start, text: "", line: self.start_line };
        self.pos = self.input.len();
        self.start = self.pos;
        self.inside_action = false;
        token
    }

    /// Text up to the next action; comments are left out.
    fn text(&mut self) -> Token<'a> {
        loop {
            let Some(len) = self.rest().find(LEFT) else {
                self.skip(self.rest().len());
                let kind = if self.pos > self.start { Kind::Text } else { Kind::Eof };
                return self.emit(kind);
            };
            let text = self.rest().get(..len).unwrap_or_default();
            let trims = is_left_trim(self.rest().get(len + LEFT.len()..).unwrap_or_default());
            let kept = if trims { text.trim_end_matches(SPACES).len() } else { len };
            self.skip(kept);
            let token = self.emit(Kind::Text);
            self.skip(len - kept);
            self.ignore();
            if !token.text.is_empty() {
                return token;
            }
            if let Some(token) = self.left_delim() {
                return token;
            }
        }
    }

    /// Takes the delimiter and its marker; `None` behind a comment.
    fn left_delim(&mut self) -> Option<Token<'a>> {
        self.pos += LEFT.len();
        let marker = if is_left_trim(self.rest()) { TRIM_LEN } else { 0 };
        let after = self.rest().get(marker..).unwrap_or_default();
        if after.starts_with(LEFT_COMMENT) {
            self.skip(marker);
            self.ignore();
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelim);
        self.inside_action = true;
        self.skip(marker);
        self.ignore();
        self.parens = 0;
        Some(token)
    }

    /// Takes a comment up to and with its closing delimiter; a token is an error.
    fn comment(&mut self) -> Option<Token<'a>> {
        let Some(len) = self.rest().get(LEFT_COMMENT.len()..).and_then(|c| c.find(RIGHT_COMMENT))
        else {
            return Some(self.fail("unclosed comment"));
        };
        self.skip(LEFT_COMMENT.len() + len + RIGHT_COMMENT.len());
        let Some(trims) = self.at_right_delim() else {
            return Some(self.fail("comment ends before closing delimiter"));
        };
        self.close(trims);
        None
    }

    /// Moves behind the right delimiter and the space that it trims.
    fn close(&mut self, trims: bool) {
        self.skip(if trims { TRIM_LEN } else { 0 } + RIGHT.len());
        if trims {
            self.skip(self.rest().len() - self.rest().trim_start_matches(SPACES).len());
        }
        self.ignore();
    }

    /// Whether a right delimiter is next, and whether it trims.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        let behind_marker = rest.get(TRIM_LEN..).unwrap_or_default();
        if is_right_trim(rest) && behind_marker.starts_with(RIGHT) {
            Some(true)
        } else {
            rest.starts_with(RIGHT).then_some(false)
        }
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

fn is_left_trim(text: &str) -> bool {
    matches!(text.as_bytes(), [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

fn is_right_trim(text: &str) -> bool {
    matches!(text.as_bytes(), [b' ' | b'\t' | b'\r' | b'\n', b'-', ..])
}
