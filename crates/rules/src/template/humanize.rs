//! Numbers as people read them.

use regain_go_format::float::{FloatFormat, append_float_with_precision};
use regain_go_template::FunctionError;

use super::convert::to_time;

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];
const BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

/// Writes a number with four significant digits.
fn four_digits(value: f64) -> String {
    let mut text = Vec::new();
    append_float_with_precision(&mut text, value, FloatFormat::G, 4);
    String::from_utf8(text).expect("a float's text is ASCII")
}

/// Scales `value` down by `base` until it is below it.
fn scaled_down(mut value: f64, base: f64, prefixes: &[&'static str]) -> (f64, &'static str) {
    let mut prefix = "";
    for next in prefixes {
        if value.abs() < base {
            break;
        }
        prefix = next;
        value /= base;
    }
    (value, prefix)
}

/// Scales `value` up by thousands until it is one or more.
fn scaled_up(mut value: f64) -> (f64, &'static str) {
    let mut prefix = "";
    for next in SMALL {
        if value.abs() >= 1.0 {
            break;
        }
        prefix = next;
        value *= 1000.0;
    }
    (value, prefix)
}

/// Writes a number with a metric prefix.
pub(super) fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return four_digits(value);
    }
    let (value, prefix) =
        if value.abs() >= 1.0 { scaled_down(value, 1000.0, &LARGE) } else { scaled_up(value) };
    format!("{}{prefix}", four_digits(value))
}

/// Writes a number with a binary prefix.
pub(super) fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return four_digits(value);
    }
    let (value, prefix) = scaled_down(value, 1024.0, &BINARY);
    format!("{}{prefix}", four_digits(value))
}

/// Writes a share as a percentage.
pub(super) fn humanize_percentage(value: f64) -> String {
    format!("{}%", four_digits(value * 100.0))
}

/// Writes a duration in seconds.
pub(super) fn humanize_duration(value: f64) -> String {
    if !value.is_finite() {
        return four_digits(value);
    }
    if value == 0.0 {
        return format!("{}s", four_digits(value));
    }
    if value.abs() < 1.0 {
        let (value, prefix) = scaled_up(value);
        return format!("{}{prefix}s", four_digits(value));
    }
    let sign = if value < 0.0 { "-" } else { "" };
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is cut on purpose")]
    let whole = value.abs() as i64;
    let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{sign}{}s", four_digits(value.abs())),
        (0, 0, _) => format!("{sign}{minutes}m {}s", whole % 60),
        (0, ..) => format!("{sign}{hours}h {}m {}s", minutes % 60, whole % 60),
        _ => format!("{sign}{days}d {}h {}m {}s", hours % 24, minutes % 60, whole % 60),
    }
}

/// Writes a point in time, given in seconds since the Unix epoch.
pub(super) fn humanize_timestamp(value: f64) -> Result<String, FunctionError> {
    if value.is_finite() { Ok(to_time(value)?.to_string()) } else { Ok(four_digits(value)) }
}
