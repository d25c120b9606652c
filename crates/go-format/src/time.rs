//! Instants as RFC 3339 text, as Go's `time.Time` reads and writes them in UTC.
//!
//! The JSON form of a `time.Time` is the same text in quotes.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub mod layout;

#[cfg(test)]
mod tests;

/// What Go writes for the zero `time.Time`.
pub const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// Digits of a second beyond these are dropped.
const NANOSECOND_DIGITS: usize = 9;

/// Reads an instant such as `2026-01-02T03:04:05.678Z` or `…+02:00`.
///
/// The range is `jiff`'s, which ends a day before the year 10000.
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let mut cursor = Cursor { rest: text.as_bytes() };
    let year = cursor.number(4)?;
    cursor.byte(b"-")?;
    let month = cursor.number(2)?;
    cursor.byte(b"-")?;
    let day = cursor.number(2)?;
    cursor.byte(b"T")?;
    let hour = cursor.hour()?;
    cursor.byte(b":")?;
    let minute = cursor.number(2)?;
    cursor.byte(b":")?;
    let second = cursor.number(2)?;
    let nanosecond = cursor.fraction()?;
    let offset_s = cursor.offset_s()?;
    if !cursor.rest.is_empty() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let small = |number: i32| i8::try_from(number).ok();
    let date = Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    let local = date.at(small(hour)?, small(minute)?, small(second)?, nanosecond);
    let as_utc = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    as_utc.checked_sub(SignedDuration::from_secs(i64::from(offset_s))).ok()
}

/// Reads an instant into milliseconds since 1970, dropping what is finer.
pub fn parse_rfc3339_ms(text: &str) -> Option<i64> {
    let instant = parse_rfc3339(text)?;
    // Rounds towards the past, because Go's seconds do.
    let nanoseconds = instant.as_nanosecond().div_euclid(1_000_000);
    i64::try_from(nanoseconds).ok()
}

/// Writes an instant as Go's `time.RFC3339Nano` does: trailing zeros of the fraction are left out.
pub fn format_rfc3339_nano(instant: Timestamp) -> String {
    let utc = TimeZone::UTC.to_datetime(instant);
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second()
    );
    let nanosecond = utc.subsec_nanosecond();
    if nanosecond > 0 {
        let digits = format!(".{nanosecond:09}");
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// Writes an instant with exactly three digits of its second, as `strfmt.DateTime` does.
pub fn format_rfc3339_fixed_ms(instant: Timestamp) -> String {
    let utc = TimeZone::UTC.to_datetime(instant);
    let (date, time) = (utc.date(), utc.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

/// Writes milliseconds since 1970; `None` outside the years -9999 to 9999.
pub fn format_rfc3339_ms(timestamp_ms: i64) -> Option<String> {
    Timestamp::from_millisecond(timestamp_ms).ok().map(format_rfc3339_nano)
}

/// Walks over the text; every method returns `None` where the text does not fit.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    /// Takes one byte that is one of `allowed`.
    fn byte(&mut self, allowed: &[u8]) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        allowed.contains(&byte).then(|| {
            self.rest = rest;
            byte
        })
    }

    /// Takes a number of exactly `len` digits.
    fn number(&mut self, len: usize) -> Option<i32> {
        let (digits, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        digits.iter().try_fold(0, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0'))
        })
    }

    /// Takes an hour, which Go also reads with one digit.
    fn hour(&mut self) -> Option<i32> {
        let one_digit = matches!(self.rest, [_, b':', ..]);
        self.number(if one_digit { 1 } else { 2 })
    }

    /// Takes the fraction of a second, if there is one, as nanoseconds.
    fn fraction(&mut self) -> Option<i32> {
        if self.byte(b".,").is_none() {
            return Some(0);
        }
        let len = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if len == 0 {
            return None;
        }
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        let padded = digits.iter().copied().chain(std::iter::repeat(b'0'));
        Some(
            padded.take(NANOSECOND_DIGITS).fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0')),
        )
    }

    /// Takes `Z` or `±hh:mm` as seconds east of Greenwich.
    fn offset_s(&mut self) -> Option<i32> {
        let sign = match self.byte(b"Z+-")? {
            b'Z' => return Some(0),
            b'-' => -1,
            _ => 1,
        };
        let hours = self.number(2)?;
        self.byte(b":")?;
        let minutes = self.number(2)?;
        // Go's own limits for the two parts.
        (hours <= 24 && minutes <= 60).then_some(sign * (hours * 60 + minutes) * 60)
    }
}
