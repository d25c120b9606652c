//! Go's `time.Duration`: `1m30s`, `1.5s`, `-2h45m`, in flags and log lines.
//!
//! Values are nanoseconds.

use crate::quote::quote;

#[cfg(test)]
mod tests;

/// Why a text is no duration; the messages are Go's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoDurationError {
    /// The text is no sequence of numbers with units, or it does not fit.
    #[error("time: invalid duration {}", quote(text))]
    Invalid {
        /// The whole text.
        text: String,
    },
    /// A number has no unit.
    #[error("time: missing unit in duration {}", quote(text))]
    MissingUnit {
        /// The whole text.
        text: String,
    },
    /// A unit does not exist.
    #[error("time: unknown unit {} in duration {}", quote(unit), quote(text))]
    UnknownUnit {
        /// What stands where a unit should.
        unit: String,
        /// The whole text.
        text: String,
    },
}

/// The magnitude of the most negative duration.
const MAX_MAGNITUDE: u64 = 1 << 63;

/// Reads a duration as `time.ParseDuration` does.
pub fn parse(text: &str) -> Result<i64, GoDurationError> {
    let invalid = || GoDurationError::Invalid { text: text.to_owned() };
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (amount, tail) = Amount::read(rest).ok_or_else(invalid)?;
        let unit_len = tail.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_len).ok_or_else(invalid)?;
        if unit.is_empty() {
            return Err(GoDurationError::MissingUnit { text: text.to_owned() });
        }
        let unit_ns = unit_ns(unit).ok_or_else(|| GoDurationError::UnknownUnit {
            unit: unit.to_owned(),
            text: text.to_owned(),
        })?;
        let share = amount.times(unit_ns).ok_or_else(invalid)?;
        total = total.checked_add(share).filter(|&sum| sum <= MAX_MAGNITUDE).ok_or_else(invalid)?;
        rest = tail;
    }
    if negative {
        // 2^63 itself is the one magnitude that only a negative duration has.
        Ok(0_i64.wrapping_sub(total.cast_signed()))
    } else {
        i64::try_from(total).map_err(|_| invalid())
    }
}

fn unit_ns(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // The micro sign and the Greek letter look alike.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// A decimal number before it is multiplied with its unit.
struct Amount {
    whole: u64,
    fraction: u64,
    scale: f64,
}

impl Amount {
    /// Reads `12`, `12.`, `.5` or `12.5` and returns what follows.
    fn read(text: &str) -> Option<(Self, &str)> {
        let (digits, mut rest) = split_digits(text)?;
        let whole = digits.bytes().try_fold(0_u64, |sum, digit| {
            sum.checked_mul(10)?
                .checked_add(u64::from(digit - b'0'))
                .filter(|&sum| sum <= MAX_MAGNITUDE)
        })?;
        let mut amount = Self { whole, fraction: 0, scale: 1.0 };
        let mut fraction_len = 0;
        if let Some(after) = rest.strip_prefix('.') {
            let (fraction, tail) = split_digits(after)?;
            amount.read_fraction(fraction);
            fraction_len = fraction.len();
            rest = tail;
        }
        (digits.len() + fraction_len > 0).then_some((amount, rest))
    }

    /// Digits beyond the precision of a nanosecond are ignored.
    fn read_fraction(&mut self, digits: &str) {
        for digit in digits.bytes() {
            let next = self.fraction.checked_mul(10);
            let next = next.and_then(|sum| sum.checked_add(u64::from(digit - b'0')));
            let Some(next) = next.filter(|&sum| sum <= MAX_MAGNITUDE) else { return };
            self.fraction = next;
            self.scale *= 10.0;
        }
    }

    fn times(&self, unit_ns: u64) -> Option<u64> {
        let whole = self.whole.checked_mul(unit_ns)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the fraction is below one, so the product is below the unit"
        )]
        let part = (self.fraction as f64 * (unit_ns as f64 / self.scale)) as u64;
        whole.checked_add(part).filter(|&sum| sum <= MAX_MAGNITUDE)
    }
}

fn split_digits(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The duration as `Duration.String` writes it: `1h0m0.5s`, `1.5ms`, `0s`.
pub fn format(duration_ns: i64) -> String {
    let mut text = String::new();
    if duration_ns < 0 {
        text.push('-');
    }
    let magnitude = duration_ns.unsigned_abs();
    match magnitude {
        0 => text.push_str("0s"),
        1..1_000 => append_decimal(&mut text, magnitude, 1, "ns"),
        1_000..1_000_000 => append_decimal(&mut text, magnitude, 1_000, "\u{b5}s"),
        1_000_000..1_000_000_000 => append_decimal(&mut text, magnitude, 1_000_000, "ms"),
        _ => {
            const MINUTE: u64 = 60_000_000_000;
            let minutes = magnitude / MINUTE;
            let mut integer = itoa::Buffer::new();
            if minutes >= 60 {
                text.push_str(integer.format(minutes / 60));
                text.push('h');
            }
            if minutes > 0 {
                text.push_str(integer.format(minutes % 60));
                text.push('m');
            }
            append_decimal(&mut text, magnitude % MINUTE, 1_000_000_000, "s");
        }
    }
    text
}

/// Appends `value / unit` without trailing zeros; `unit` is a power of ten.
fn append_decimal(dst: &mut String, value: u64, unit: u64, name: &str) {
    let mut integer = itoa::Buffer::new();
    dst.push_str(integer.format(value / unit));
    let (mut rest, mut unit) = (value % unit, unit);
    if rest > 0 {
        dst.push('.');
    }
    while rest > 0 {
        unit /= 10;
        dst.push_str(integer.format(rest / unit));
        rest %= unit;
    }
    dst.push_str(name);
}
