//! Floats as Go's `strconv.FormatFloat` writes them.
//!
//! The shortest digits that read back as the same value come from `zmij`; digits of a fixed precision
//! come from the standard library's exact formatter. Both are laid out here by Go's rules, whose
//! exponents have a sign and at least two digits.

mod layout;
#[cfg(test)]
mod tests;

use layout::Digits;

/// A verb of `strconv.FormatFloat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// `f`: digits and a point, never an exponent.
    F,
    /// `e`: one digit before the point, always an exponent.
    E,
    /// `g`: an exponent when it is below -4 or reaches the precision.
    G,
}

/// Above this the integer fast path would have to know about exponents or lost digits.
const FAST_INTEGER_LIMIT: f64 = 1_000_000.0;

/// Appends `value` with the fewest digits that read back as the same value (precision -1).
pub fn append_float(dst: &mut Vec<u8>, value: f64, format: FloatFormat) {
    if format != FloatFormat::E && append_small_integer(dst, value) || append_special(dst, value) {
        return;
    }
    let digits = Digits::shortest(value);
    match format {
        FloatFormat::F => layout::fixed(dst, &digits, digits.fraction_len()),
        FloatFormat::E => layout::exponent(dst, &digits, digits.len().saturating_sub(1)),
        FloatFormat::G => layout::general(dst, &digits, layout::SHORTEST_EXPONENT_LIMIT),
    }
}

/// Appends `value` in the shortest `%g` form, as expositions and annotations show it.
#[inline]
pub fn append_float_g(dst: &mut Vec<u8>, value: f64) {
    append_float(dst, value, FloatFormat::G);
}

/// Appends `value` with exactly `precision` digits after the point, or with `precision` significant
/// digits for [`FloatFormat::G`].
pub fn append_float_with_precision(
    dst: &mut Vec<u8>,
    value: f64,
    format: FloatFormat,
    precision: u16,
) {
    if append_special(dst, value) {
        return;
    }
    let places = usize::from(precision);
    match format {
        FloatFormat::F => dst.extend_from_slice(format!("{value:.places$}").as_bytes()),
        FloatFormat::E => layout::exponent(dst, &Digits::exact(value, places), places),
        FloatFormat::G => {
            let significant = places.max(1);
            let digits = Digits::exact(value, significant - 1).without_trailing_zeros();
            layout::general(dst, &digits, layout::exponent_limit(&digits, significant));
        }
    }
}

/// The shortest `%f` form: `NaN`, `+Inf`, `-Inf` or plain digits.
pub fn format_float(value: f64) -> String {
    let mut text = Vec::with_capacity(24);
    append_float(&mut text, value, FloatFormat::F);
    String::from_utf8(text).expect("a float's text is ASCII")
}

/// Appends `value` as Prometheus' HTTP API prints sample values: plain digits, with an exponent below
/// 1e-6 and from 1e21 up, as Go's JSON encoder chooses, but with two digits in the exponent.
pub fn append_json_float(dst: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    let plain = magnitude == 0.0 || (1e-6..1e21).contains(&magnitude);
    append_float(dst, value, if plain { FloatFormat::F } else { FloatFormat::E });
}

/// Appends `value` if it is an integer short enough to look the same with and without exponents.
#[inline]
fn append_small_integer(dst: &mut Vec<u8>, value: f64) -> bool {
    if value.abs() >= FAST_INTEGER_LIMIT {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked, NaN becomes zero")]
    let integer = value as i32;
    // The bit comparison also keeps `-0` and NaN out.
    if f64::from(integer).to_bits() != value.to_bits() {
        return false;
    }
    dst.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
    true
}

fn append_special(dst: &mut Vec<u8>, value: f64) -> bool {
    let text: &[u8] = if value.is_nan() {
        b"NaN"
    } else if value == f64::INFINITY {
        b"+Inf"
    } else if value == f64::NEG_INFINITY {
        b"-Inf"
    } else {
        return false;
    };
    dst.extend_from_slice(text);
    true
}
