//! The name of a systemd unit.

use std::fmt;

/// Names a unit with its type, such as `app.service` or `worker@3.service`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);

impl UnitName {
    /// Is the longest name, in bytes, as in systemd (`UNIT_NAME_MAX`).
    pub const BYTES_MAX: usize = 255;

    /// Are the types of units that can be started or stopped.
    const TYPES: [&'static str; 11] = [
        "service",
        "socket",
        "timer",
        "path",
        "target",
        "mount",
        "automount",
        "swap",
        "slice",
        "scope",
        "device",
    ];

    /// Reads a name. A template without an instance (`worker@.service`) cannot be started and is refused.
    pub fn parse(text: &str) -> Result<Self, UnitNameError> {
        if text.len() > Self::BYTES_MAX {
            return Err(UnitNameError::TooLong);
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || ":-_.\\@".contains(letter);
        if let Some(letter) = text.chars().find(|&letter| !allowed(letter)) {
            return Err(UnitNameError::Letter(letter));
        }
        let Some((name, kind)) = text.rsplit_once('.') else {
            return Err(UnitNameError::NoType);
        };
        if !Self::TYPES.contains(&kind) {
            return Err(UnitNameError::NoType);
        }
        match name.split_once('@') {
            Some(("", _)) => Err(UnitNameError::NoName),
            Some((_, "")) => Err(UnitNameError::Template),
            None if name.is_empty() => Err(UnitNameError::NoName),
            Some(_) | None => Ok(Self(text.to_owned())),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says why a text is no name of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitNameError {
    /// The name is too long.
    #[error("a unit name has at most {} bytes", UnitName::BYTES_MAX)]
    TooLong,
    /// The name holds a letter that systemd does not allow.
    #[error("a unit name may not hold {0:?}")]
    Letter(char),
    /// The name does not say what the unit is.
    #[error("a unit name ends with its type, as in \"app.service\"")]
    NoType,
    /// There is nothing before the type.
    #[error("a unit name has a name before its type")]
    NoName,
    /// The name is that of a template.
    #[error("a template has no state of its own; name an instance, as in \"app@1.service\"")]
    Template,
}
