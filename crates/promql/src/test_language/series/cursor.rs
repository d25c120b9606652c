//! Reading a line from left to right.

use regain_go_format::quote::unquote;

use super::SeriesProblem;

/// What is left of a line.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) const fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether `text` comes next.
    pub(super) fn at(&self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// Whether a quoted text comes next.
    pub(super) fn at_quote(&self) -> bool {
        self.rest.starts_with(['"', '\'', '`'])
    }

    /// Passes `text` if it comes next, and says whether it did.
    pub(super) fn skip(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Passes `word` if it comes next and ends there.
    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(is_word) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Passes white space, and says whether there was any.
    pub(super) fn skip_space(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start();
        self.rest.len() < before
    }

    /// Passes one character.
    pub(super) fn skip_char(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    /// Passes the characters for which `keep` says so, and returns them.
    pub(super) fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A label name without quotes.
    pub(super) fn identifier(&mut self) -> Result<&'a str, SeriesProblem> {
        if !self.rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Err(self.unexpected("a label name or \"}\""));
        }
        Ok(self.take_while(is_word))
    }

    /// A number without a sign, `NaN` and `Inf` included.
    pub(super) fn number(&mut self) -> Result<f64, SeriesProblem> {
        if self.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let word = self.take_while(is_word);
            return match word.to_ascii_lowercase().as_str() {
                "nan" => Ok(f64::NAN),
                "inf" => Ok(f64::INFINITY),
                _ => Err(SeriesProblem::Unexpected {
                    found: format!("{word:?}"),
                    expected: "a number or \"stale\"",
                }),
            };
        }
        let mut previous = ' ';
        let end = self.rest.find(|c: char| {
            let part = c.is_ascii_digit()
                || matches!(c, '.' | '_' | 'e' | 'E')
                || matches!(c, '+' | '-') && matches!(previous, 'e' | 'E');
            previous = c;
            !part
        });
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if number.is_empty() {
            return Err(self.unexpected("a number, \"_\", \"stale\" or \"{{\""));
        }
        self.rest = rest;
        super::number(number).ok_or_else(|| SeriesProblem::Number(number.to_owned()))
    }

    /// A quoted text. Single quotes may hold more than one character.
    pub(super) fn text(&mut self) -> Result<String, SeriesProblem> {
        let (literal, rest) = self.literal()?;
        self.rest = rest;
        let bad = |_| SeriesProblem::Text(literal.to_owned());
        match literal.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')) {
            Some(inner) => {
                let inner = inner.replace("\\'", "'").replace('"', "\\\"");
                unquote(&format!("\"{inner}\"")).map_err(bad)
            }
            None => unquote(literal).map_err(bad),
        }
    }

    /// The quoted text that comes next, and what follows it.
    fn literal(&self) -> Result<(&'a str, &'a str), SeriesProblem> {
        let unclosed = || SeriesProblem::Text(self.rest.to_owned());
        let mut chars = self.rest.char_indices();
        let (_, quote) = chars.next().ok_or_else(unclosed)?;
        let mut escaped = false;
        for (at, c) in chars {
            if escaped {
                escaped = false;
            } else if c == '\\' && quote != '`' {
                escaped = true;
            } else if c == quote {
                return Ok(self.rest.split_at(at + 1));
            }
        }
        Err(unclosed())
    }

    /// The complaint that something other than `expected` comes next.
    pub(super) fn unexpected(&self, expected: &'static str) -> SeriesProblem {
        let found = self.rest.chars().next();
        let found = found.map_or_else(|| "end of line".to_owned(), |c| format!("{c:?}"));
        SeriesProblem::Unexpected { found, expected }
    }
}

/// Whether words hold the character.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
