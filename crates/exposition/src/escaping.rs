//! Names for readers who do not know UTF-8 names: the four escaping schemes of the exposition formats.

use std::borrow::Cow;
use std::fmt::Write as _;

use regain_model::is_legacy_metric_name;

/// Says how a name outside `[a-zA-Z_:][a-zA-Z0-9_:]*` is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EscapingScheme {
    /// Leaves names alone; they are quoted in the text formats.
    AllowUtf8,
    /// Replaces each foreign character by an underscore.
    #[default]
    Underscores,
    /// Writes `_dot_` for a dot and `__` for an underscore or anything else.
    Dots,
    /// Writes `U__` and then each foreign character as its code point in hexadecimal.
    Values,
}

impl EscapingScheme {
    /// Returns the word of the `escaping` media type parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    /// Reads the word of the `escaping` media type parameter.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values]
            .into_iter()
            .find(|scheme| scheme.as_str() == word)
    }

    /// Escapes a metric or label name.
    pub fn escape(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::AllowUtf8 => Cow::Borrowed(name),
            Self::Underscores | Self::Values if is_legacy_metric_name(name) => Cow::Borrowed(name),
            Self::Dots if name.is_empty() => Cow::Borrowed(name),
            Self::Underscores => Cow::Owned(underscores(name)),
            Self::Dots => Cow::Owned(dots(name)),
            Self::Values => Cow::Owned(values(name)),
        }
    }
}

fn is_legacy_char(c: char, first: bool) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == ':' || (c.is_ascii_digit() && !first)
}

fn underscores(name: &str) -> String {
    name.chars().enumerate().map(|(i, c)| if is_legacy_char(c, i == 0) { c } else { '_' }).collect()
}

fn dots(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    for (i, c) in name.chars().enumerate() {
        match c {
            '_' => out.push_str("__"),
            '.' => out.push_str("_dot_"),
            c if is_legacy_char(c, i == 0) => out.push(c),
            _ => out.push_str("__"),
        }
    }
    out
}

fn values(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    out.push_str("U__");
    for (i, c) in name.chars().enumerate() {
        match c {
            '_' => out.push_str("__"),
            c if is_legacy_char(c, i == 0) => out.push(c),
            c => write!(out, "_{:x}_", u32::from(c)).expect("writing to a string cannot fail"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_the_scheme_says() {
        let check = |scheme: EscapingScheme, name: &str, expected: &str| {
            assert_eq!(scheme.escape(name), expected, "{scheme:?} of {name}");
        };
        check(EscapingScheme::AllowUtf8, "a.b", "a.b");
        check(EscapingScheme::Underscores, "a_b:c", "a_b:c");
        check(EscapingScheme::Underscores, "1a.bé", "_a_b_");
        check(EscapingScheme::Dots, "a.b_c:d e", "a_dot_b__c:d__e");
        check(EscapingScheme::Values, "no:escaping_required", "no:escaping_required");
        check(EscapingScheme::Values, "mysystem.prod.west_x", "U__mysystem_2e_prod_2e_west__x");
        check(EscapingScheme::Values, "花火", "U___82b1__706b_");
    }

    #[test]
    fn the_word_of_a_scheme_reads_back() {
        for word in ["allow-utf-8", "underscores", "dots", "values"] {
            assert_eq!(EscapingScheme::parse(word).map(EscapingScheme::as_str), Some(word));
        }
        assert_eq!(EscapingScheme::parse("none"), None);
    }
}
