//! Characters in messages, as Go prints them.

use std::fmt;

use regain_go_format::quote::quote;

/// A character in single quotes (`%q`); the end of the text shows as the replacement character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotedChar(pub(crate) Option<char>);

impl fmt::Display for QuotedChar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.unwrap_or(char::REPLACEMENT_CHARACTER) {
            '\'' => f.write_str(r"'\''"),
            '"' => f.write_str("'\"'"),
            other => write!(f, "'{}'", quote(&other.to_string()).trim_matches('"')),
        }
    }
}

/// A character as its number, and as itself where it can be printed (`%#U`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePoint(pub(crate) char);

impl fmt::Display for CodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))?;
        let text = self.0.to_string();
        let prints = matches!(self.0, '"' | '\\') || quote(&text).trim_matches('"') == text;
        if prints { write!(f, " '{text}'") } else { Ok(()) }
    }
}
