//! Prometheus' durations: `1h30m`, in configuration, in PromQL and in printed rules.
//!
//! Values are milliseconds. Parsing holds to the range of Go's nanoseconds, 292 years.

use crate::quote::quote;

#[cfg(test)]
mod tests;

/// Why a text is no duration; the messages are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// There is no text.
    #[error("empty duration string")]
    Empty,
    /// The text is no sequence of numbers with units from large to small.
    #[error("not a valid duration string: {}", quote(text))]
    Invalid {
        /// The whole text.
        text: String,
    },
    /// A unit does not exist.
    #[error("unknown unit {} in duration {}", quote(unit), quote(text))]
    UnknownUnit {
        /// What stands where a unit should.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// The duration is longer than 292 years.
    #[error("duration out of range")]
    OutOfRange,
}

/// A unit's name and milliseconds; the order is the one that a text has to keep.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

const NANOSECONDS_PER_MS: u64 = 1_000_000;
/// The magnitude that upstream's check of one unit's share lets pass.
const SHARE_LIMIT_NS: u64 = 1 << 63;

/// Reads a duration such as `1h30m` or `0` into milliseconds.
pub fn parse(text: &str) -> Result<i64, DurationError> {
    if text == "0" {
        return Ok(0);
    }
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    let invalid = || DurationError::Invalid { text: text.to_owned() };
    let mut rest = text;
    let (mut total_ns, mut next_unit) = (0_u64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at_checked(digits).ok_or_else(invalid)?;
        let number: u64 = number.parse().map_err(|_| invalid())?;
        let unit_len = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_len).ok_or_else(invalid)?;
        if unit.is_empty() {
            return Err(invalid());
        }
        let position = UNITS.iter().position(|(name, _)| *name == unit).ok_or_else(|| {
            DurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() }
        })?;
        if position < next_unit {
            return Err(invalid());
        }
        next_unit = position + 1;
        let unit_ns = UNITS[position].1 * NANOSECONDS_PER_MS;
        if number > SHARE_LIMIT_NS / unit_ns {
            return Err(DurationError::OutOfRange);
        }
        // Neither operand exceeds 2^63, so the sum cannot wrap.
        total_ns += number * unit_ns;
        if i64::try_from(total_ns).is_err() {
            return Err(DurationError::OutOfRange);
        }
        rest = tail;
    }
    Ok((total_ns / NANOSECONDS_PER_MS).cast_signed())
}

/// Reads a duration that may have a minus sign in front.
pub fn parse_signed(text: &str) -> Result<i64, DurationError> {
    text.strip_prefix('-').map_or_else(|| parse(text), |positive| parse(positive).map(|ms| -ms))
}

/// The duration in upstream's form; years and weeks appear only where nothing is left over.
pub fn format(duration_ms: i64) -> String {
    if duration_ms == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    if duration_ms < 0 {
        text.push('-');
    }
    let mut rest = duration_ms.unsigned_abs();
    for (name, unit_ms) in UNITS {
        let must_divide = matches!(name, "y" | "w");
        let count = rest / unit_ms;
        if count == 0 || must_divide && !rest.is_multiple_of(unit_ms) {
            continue;
        }
        text.push_str(itoa::Buffer::new().format(count));
        text.push_str(name);
        rest -= count * unit_ms;
    }
    text
}
