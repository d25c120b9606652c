//! Names of blocks: 48 bits of time in milliseconds and 80 random ones, in 26 letters and digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS: usize = 26;

/// The name of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ulid(pub u128);

/// A text that names no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a block's name is 26 letters and digits")]
pub struct NotUlid;

impl Ulid {
    /// The name of a block that is made at `time_ms`; `random` is what tells two of one millisecond
    /// apart.
    pub const fn new(time_ms: u64, random: u128) -> Self {
        Self((time_ms as u128) << 80 | random & ((1 << 80) - 1))
    }
}

impl fmt::Display for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in (0..LETTERS).rev() {
            let digit = usize::try_from(self.0 >> (5 * letter) & 31).expect("five bits");
            fmt::Write::write_char(f, char::from(ALPHABET[digit]))?;
        }
        Ok(())
    }
}

impl FromStr for Ulid {
    type Err = NotUlid;

    fn from_str(text: &str) -> Result<Self, NotUlid> {
        // The highest letter has but three bits.
        if text.len() != LETTERS || text.as_bytes()[0] > b'7' {
            return Err(NotUlid);
        }
        let digit = |byte: u8| {
            let upper = byte.to_ascii_uppercase();
            ALPHABET.iter().position(|&letter| letter == upper).ok_or(NotUlid)
        };
        text.bytes().try_fold(Self(0), |ulid, byte| Ok(Self(ulid.0 << 5 | digit(byte)? as u128)))
    }
}

impl Serialize for Ulid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ulid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
