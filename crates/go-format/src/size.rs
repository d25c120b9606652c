//! Sizes in bytes with binary units: `512MB`, `1GiB`, `1MiB512KiB`.
//!
//! `KB` and `KiB` both mean 1024 bytes, as in the library that upstream's flags and configuration use.

#[cfg(test)]
mod tests;

/// Why a text is no size; the messages are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// The text is no sequence of numbers with units.
    #[error("units: invalid {text}")]
    Invalid {
        /// The whole text.
        text: String,
    },
    /// A unit does not exist.
    #[error("units: unknown unit {unit} in {text}")]
    UnknownUnit {
        /// What stands where a unit should.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// The size does not fit into 63 bits.
    #[error("units: overflow parsing unit")]
    Overflow,
}

const PREFIXES: [&str; 7] = ["", "K", "M", "G", "T", "P", "E"];
/// A number at or above this may not get another digit.
const DIGITS_LIMIT: i64 = (i64::MAX - 9) / 10;

/// Reads a size; `MB` and `MiB` may not be mixed within one text.
pub fn parse(text: &str) -> Result<i64, SizeError> {
    parse_with_suffix(text, "iB").or_else(|_| parse_with_suffix(text, "B"))
}

fn parse_with_suffix(text: &str, suffix: &str) -> Result<i64, SizeError> {
    let invalid = || SizeError::Invalid { text: text.to_owned() };
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let (amount, tail) = read_amount(rest).ok_or_else(invalid)?;
        let unit_len = tail.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_len).ok_or_else(invalid)?;
        let unit_bytes = unit_bytes(unit, suffix).ok_or_else(|| SizeError::UnknownUnit {
            unit: unit.to_owned(),
            text: text.to_owned(),
        })?;
        total += amount * unit_bytes;
        rest = tail;
    }
    // 2^63 rounds into the range here as it does upstream, and saturates.
    let limit = i64::MAX as f64;
    if total > limit {
        return Err(SizeError::Overflow);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let bytes = (if negative { -total } else { total }) as i64;
    Ok(bytes)
}

fn unit_bytes(unit: &str, suffix: &str) -> Option<f64> {
    if unit == "B" {
        return Some(1.0);
    }
    let prefix = unit.strip_suffix(suffix)?;
    let power = PREFIXES.iter().skip(1).position(|name| *name == prefix)?;
    i32::try_from(power).ok().map(|power| 1024_f64.powi(power + 1))
}

fn read_amount(text: &str) -> Option<(f64, &str)> {
    let (whole, whole_len, mut rest) = read_integer(text)?;
    let (mut amount, mut fraction_len) = (whole as f64, 0);
    if let Some(after) = rest.strip_prefix('.') {
        let (fraction, len, tail) = read_integer(after)?;
        // A fraction has at most nineteen digits, or reading it would have failed.
        amount += fraction as f64 / (0..len).fold(1.0, |scale, _| scale * 10.0);
        (rest, fraction_len) = (tail, len);
    }
    (whole_len + fraction_len > 0).then_some((amount, rest))
}

/// Leading digits, how many there are, and what follows them.
fn read_integer(text: &str) -> Option<(i64, usize, &str)> {
    let len = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(len)?;
    let value = digits.bytes().try_fold(0_i64, |sum, digit| {
        (sum < DIGITS_LIMIT).then(|| sum * 10 + i64::from(digit - b'0'))
    })?;
    Some((value, len, rest))
}

/// The size in its units from large to small, leaving out those that are zero.
pub fn format(bytes: i64) -> String {
    let mut parts = [0_i64; PREFIXES.len()];
    let mut rest = bytes;
    for part in &mut parts {
        *part = rest % 1024;
        rest /= 1024;
    }
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate().rev() {
        if *part != 0 || index == 0 && bytes == 0 {
            text.push_str(itoa::Buffer::new().format(*part));
            text.push_str(PREFIXES[index]);
            text.push_str(if index == 0 { "B" } else { "iB" });
        }
    }
    text
}
