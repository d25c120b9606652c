//! Texts and characters: `%s`, `%q`, `%x`, `%c`, `%U`.

use std::fmt::Write as _;

use super::{Operand, Printer};
use crate::quote::quote;

impl Printer {
    /// Appends a text that belongs to `operand`.
    pub(super) fn text<T: Operand>(&mut self, operand: &T, text: &str, verb: char) {
        if !self.string_verb(text, verb) {
            self.complain(operand, verb);
        }
    }

    /// Appends a text, unless the verb is none for texts.
    pub(super) fn string_verb(&mut self, text: &str, verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.pad(self.truncated(text)),
            'x' => self.hex(text, false),
            'X' => self.hex(text, true),
            'q' => self.quoted(text),
            _ => return false,
        }
        true
    }

    fn truncated<'t>(&self, text: &'t str) -> &'t str {
        let Some(kept) = self.flags.precision else { return text };
        let end = text.char_indices().nth(kept).map_or(text.len(), |(at, _)| at);
        text.get(..end).unwrap_or(text)
    }

    fn quoted(&mut self, text: &str) {
        let text = self.truncated(text);
        if self.flags.sharp && can_backquote(text) {
            let raw = format!("`{text}`");
            self.pad(&raw);
        } else if self.flags.plus {
            self.pad(&to_ascii(&quote(text)));
        } else {
            self.pad(&quote(text));
        }
    }

    /// Appends the bytes in hexadecimal; the precision counts bytes.
    fn hex(&mut self, text: &str, upper: bool) {
        let len = self.flags.precision.map_or(text.len(), |kept| kept.min(text.len()));
        let prefix = if upper { "0X" } else { "0x" };
        let mut encoded = String::with_capacity(2 * len);
        for (index, byte) in text.bytes().take(len).enumerate() {
            if self.flags.space && index > 0 {
                encoded.push(' ');
            }
            if self.flags.sharp && (self.flags.space || index == 0) {
                encoded.push_str(prefix);
            }
            let written =
                if upper { write!(encoded, "{byte:02X}") } else { write!(encoded, "{byte:02x}") };
            written.expect("writing to a string cannot fail");
        }
        self.pad(&encoded);
    }

    /// Appends a number as the character that it stands for.
    pub(super) fn character(&mut self, code: u64) {
        self.pad(character(code).encode_utf8(&mut [0; 4]));
    }

    /// Appends a number as a quoted character.
    pub(super) fn quoted_character(&mut self, code: u64) {
        let c = character(code);
        let quoted = match c {
            '\'' => r"'\''".to_owned(),
            '"' => "'\"'".to_owned(),
            _ => {
                let text = quote(c.encode_utf8(&mut [0; 4]));
                format!("'{}'", text.trim_matches('"'))
            }
        };
        if self.flags.plus {
            self.pad(&to_ascii(&quoted));
        } else {
            self.pad(&quoted);
        }
    }

    /// Appends `U+0041`, with the character behind where `#` asks for it.
    pub(super) fn code_point(&mut self, code: u64) {
        let digits = self.flags.precision.unwrap_or(4).max(4);
        let mut text = format!("U+{code:0digits$X}");
        if self.flags.sharp
            && let Some(c) = u32::try_from(code).ok().and_then(char::from_u32)
            && (c == '\''
                || c == '"'
                || c == '\\'
                || quote(&c.to_string()).len() == c.len_utf8() + 2)
        {
            write!(text, " '{c}'").expect("writing to a string cannot fail");
        }
        self.pad_with_spaces(&text);
    }
}

fn character(code: u64) -> char {
    let known = u32::try_from(code).ok().and_then(char::from_u32);
    known.unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Escapes what a quoted text still has beyond ASCII.
fn to_ascii(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        let code = u32::from(c);
        let written = match code {
            0..0x80 => write!(text, "{c}"),
            0x80..0x1_0000 => write!(text, "\\u{code:04x}"),
            _ => write!(text, "\\U{code:08x}"),
        };
        written.expect("writing to a string cannot fail");
    }
    text
}

/// Whether a text can stand between backquotes as it is.
fn can_backquote(text: &str) -> bool {
    !text.chars().any(|c| matches!(c, '\0'..='\x08' | '\n'..='\x1f' | '`' | '\x7f' | '\u{feff}'))
}
