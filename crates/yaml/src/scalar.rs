//! Scalars, and what their text stands for.
//!
//! The rules are those of Go's yaml.v2 (`resolve.go`, 2.4): a YAML 1.1 reader without base 60.

/// A scalar as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    text: String,
    tag: Tag,
}

/// How the type of a scalar is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// From its text: a plain scalar.
    Implicit,
    /// It is a string: quoted, in a block, or tagged so.
    Str,
    /// It is nothing (`!!null`).
    Null,
}

/// What a scalar stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text.
    Str,
}

impl Scalar {
    /// An unquoted scalar.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::tagged(text.into(), Tag::Implicit)
    }

    pub(crate) fn tagged(text: String, tag: Tag) -> Self {
        Self { text, tag }
    }

    /// The text without quotes and escapes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether this is the key that merges another mapping.
    pub(crate) fn is_merge_key(&self) -> bool {
        self.tag == Tag::Implicit && self.text == "<<"
    }

    /// What the scalar stands for.
    pub fn resolve(&self) -> Resolved {
        match self.tag {
            Tag::Implicit => resolve(&self.text),
            Tag::Str => Resolved::Str,
            Tag::Null => Resolved::Null,
        }
    }

    pub(crate) fn describe(&self) -> String {
        let tag = match self.resolve() {
            Resolved::Null => "!!null",
            Resolved::Bool(_) => "!!bool",
            Resolved::Int(_) | Resolved::Uint(_) => "!!int",
            Resolved::Float(_) => "!!float",
            Resolved::Str => "!!str",
        };
        // Upstream cuts at ten bytes; cutting at characters keeps the message valid UTF-8.
        if self.text.chars().count() > 10 {
            let head: String = self.text.chars().take(7).collect();
            format!("{tag} `{head}...`")
        } else {
            format!("{tag} `{}`", self.text)
        }
    }
}

fn resolve(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        _ => number(text).unwrap_or(Resolved::Str),
    }
}

fn number(text: &str) -> Option<Resolved> {
    match text.as_bytes().first()? {
        b'.' => float(text),
        b'+' | b'-' | b'0'..=b'9' => {
            let plain = text.replace('_', "");
            whole(&plain).or_else(|| float(&plain))
        }
        _ => None,
    }
}

/// Reads a whole number in base 10, or 2, 8 or 16 by its prefix.
fn whole(text: &str) -> Option<Resolved> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let prefixed = |low: &str, up: &str| digits.strip_prefix(low).or(digits.strip_prefix(up));
    let (radix, digits) = if let Some(rest) = prefixed("0x", "0X") {
        (16, rest)
    } else if let Some(rest) = prefixed("0b", "0B") {
        (2, rest)
    } else if let Some(rest) = prefixed("0o", "0O") {
        (8, rest)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, digits.get(1..)?)
    } else {
        (10, digits)
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -value } else { value };
    match (i64::try_from(value), u64::try_from(value)) {
        (Ok(int), _) => Some(Resolved::Int(int)),
        (Err(_), Ok(uint)) => Some(Resolved::Uint(uint)),
        (Err(_), Err(_)) => None,
    }
}

/// Reads `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`; Rust's parser takes more (`inf`).
fn float(text: &str) -> Option<Resolved> {
    let numeric = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(numeric) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    // Go's parser reports a number that does not fit as an error, and the scalar stays a string.
    value.is_finite().then_some(Resolved::Float(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_they_mean_to_yaml_v2() {
        for (text, expected) in [
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("yes", Resolved::Bool(true)),
            ("Off", Resolved::Bool(false)),
            ("yEs", Resolved::Str),
            ("12", Resolved::Int(12)),
            ("-12", Resolved::Int(-12)),
            ("1_000", Resolved::Int(1000)),
            ("0777", Resolved::Int(511)),
            ("0o17", Resolved::Int(15)),
            ("0x1F", Resolved::Int(31)),
            ("0b11", Resolved::Int(3)),
            ("18446744073709551615", Resolved::Uint(u64::MAX)),
            ("1e3", Resolved::Float(1000.0)),
            (".5", Resolved::Float(0.5)),
            ("5.", Resolved::Float(5.0)),
            ("-.inf", Resolved::Float(f64::NEG_INFINITY)),
            ("inf", Resolved::Str),
            ("+", Resolved::Str),
            ("1.2.3", Resolved::Str),
            ("10.0.0.1:9090", Resolved::Str),
            ("089", Resolved::Float(89.0)),
            ("1e999", Resolved::Str),
        ] {
            assert_eq!(Scalar::plain(text).resolve(), expected, "{text:?}");
        }
        assert_eq!(Scalar::tagged("yes".to_owned(), Tag::Str).resolve(), Resolved::Str);
    }
}
