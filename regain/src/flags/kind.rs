//! Kinds of values and what is wrong with a value, in the originals' words.

use regain_go_format::quote::quote;

/// What values a flag or an argument takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Nothing: the flag is on, or off with `--no-`.
    Switch,
    /// Any text.
    Text,
    /// A duration such as `5m` or `1d12h`.
    Duration,
    /// A duration as Go's own library writes it, such as `1.5s`.
    GoDuration,
    /// A size such as `512MB`, in powers of two.
    Size,
    /// A whole number.
    Integer,
    /// A decimal number.
    Decimal,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words; the second text is how the original starts its complaint.
    Named(&'static [&'static str], &'static str),
    /// A file that is there.
    ExistingFile,
    /// A name and a value with an equals sign between them.
    Pair,
}

impl Kind {
    /// What is wrong with `value`.
    pub(super) fn check(self, value: &str) -> Result<(), String> {
        match self {
            Self::Switch | Self::Text => Ok(()),
            Self::Duration => checked(regain_go_format::duration::parse(value)),
            Self::GoDuration => checked(regain_go_format::go_duration::parse(value)),
            Self::Size => checked(regain_go_format::size::parse(value)),
            Self::Integer | Self::Decimal => value.parse::<f64>().map(|_| ()).map_err(|_| {
                format!("strconv.ParseFloat: parsing {}: invalid syntax", quote(value))
            }),
            Self::Choice(words) if words.contains(&value) => Ok(()),
            Self::Choice(words) => {
                Err(format!("enum value must be one of {}, got '{value}'", words.join(",")))
            }
            Self::Named(words, _) if words.contains(&value) => Ok(()),
            Self::Named(_, complaint) => Err(format!("{complaint} {value}")),
            Self::ExistingFile => match std::fs::metadata(value) {
                Ok(found) if found.is_dir() => Err(format!("'{value}' is a directory")),
                Ok(_) => Ok(()),
                Err(_) => Err(format!("path '{value}' does not exist")),
            },
            Self::Pair if value.contains('=') => Ok(()),
            Self::Pair => Err(format!("expected KEY=VALUE got '{value}'")),
        }
    }

    /// Whether help quotes values of this kind, as the originals do for plain text.
    pub(super) const fn is_text(self) -> bool {
        matches!(self, Self::Text)
    }
}

fn checked<T, E: std::error::Error>(parsed: Result<T, E>) -> Result<(), String> {
    parsed.map(|_| ()).map_err(|error| error.to_string())
}
