//! Numbers as exporters write them.
//!
//! Nearly all are integers of at most 19 digits or short decimals. Those are exact in one multiplication or division
//! by a power of ten (Clinger's fast path): the digits fit 53 bits and the power is at most 10²². Everything else goes
//! to the complete parser.

#![expect(
    clippy::inline_always,
    reason = "the digit loop is the heart of the sample path and must see its caller's slice length"
)]

use regain_model::NORMAL_NAN;

/// Is a number with the length of its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    pub value: f64,
    pub len: usize,
}

const EXACT_MANTISSA_MAX: u64 = 1 << 53;
const DIGITS_MAX: usize = 19;
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Reads the number at the start of `bytes`, up to a blank, a line end or the end. Every NaN becomes the normal one,
/// so that an exporter cannot write a staleness marker.
#[inline]
pub fn parse_number(bytes: &[u8]) -> Option<Number> {
    fast(bytes).or_else(|| slow(bytes))
}

pub(super) fn is_end(byte: Option<&u8>) -> bool {
    matches!(byte, None | Some(b' ' | b'\t' | b'\n'))
}

#[inline(always)]
fn fast(bytes: &[u8]) -> Option<Number> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut mantissa = 0;
    let whole_end = digits(bytes, start, &mut mantissa);
    let mut count = whole_end - start;
    let mut at = whole_end;
    let mut exponent = 0_i32;
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1, &mut mantissa);
        let fraction = at - whole_end - 1;
        count += fraction;
        exponent = -i32::try_from(fraction).ok()?;
    }
    if count == 0 || count > DIGITS_MAX {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let (shift, end) = small_exponent(bytes, at + 1)?;
        exponent += shift;
        at = end;
    }
    if !is_end(bytes.get(at)) {
        return None;
    }
    let value = scale(mantissa, exponent)?;
    Some(Number { value: if negative { -value } else { value }, len: at })
}

/// Adds the digits from `at` to the mantissa, which wraps when there are too many, and returns where they end.
#[inline(always)]
fn digits(bytes: &[u8], mut at: usize, mantissa: &mut u64) -> usize {
    while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0'))
        && digit <= 9
    {
        *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    at
}

#[inline(always)]
fn scale(mantissa: u64, exponent: i32) -> Option<f64> {
    if exponent == 0 {
        return Some(mantissa as f64);
    }
    let power = *POWERS.get(usize::try_from(exponent.unsigned_abs()).ok()?)?;
    if mantissa > EXACT_MANTISSA_MAX {
        return None;
    }
    let mantissa = mantissa as f64;
    Some(if exponent < 0 { mantissa / power } else { mantissa * power })
}

/// Reads an exponent of one or two digits.
fn small_exponent(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let negative = bytes.get(at) == Some(&b'-');
    let start = at + usize::from(matches!(bytes.get(at), Some(b'-' | b'+')));
    let mut shift = 0;
    let end = digits(bytes, start, &mut shift);
    if end == start || end - start > 2 {
        return None;
    }
    let shift = i32::try_from(shift).ok()?;
    Some((if negative { -shift } else { shift }, end))
}

#[cold]
fn slow(bytes: &[u8]) -> Option<Number> {
    let len = bytes.iter().position(|byte| is_end(Some(byte))).unwrap_or(bytes.len());
    let text = &bytes[..len];
    // Upstream keeps to the number forms of old: no hexadecimal exponents, no digit separators.
    if text.iter().any(|byte| matches!(byte, b'p' | b'P' | b'_')) {
        return None;
    }
    let value = regain_go_format::parse_float(text)?;
    Some(Number { value: if value.is_nan() { NORMAL_NAN } else { value }, len })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<f64>) {
        let bits = |number: Option<Number>| number.map(|number| number.value.to_bits());
        assert_eq!(bits(parse_number(text.as_bytes())), expected.map(f64::to_bits), "{text}");
    }

    #[test]
    fn numbers_are_read_exactly() {
        check("0", Some(0.0));
        check("-0", Some(-0.0));
        check("1.", Some(1.0));
        check(".5", Some(0.5));
        check("+7", Some(7.0));
        check("18446744073709551615", Some(18_446_744_073_709_551_615.0));
        check("9999999999999999999", Some(9_999_999_999_999_999_999.0));
        check("9007199254740993", Some(9_007_199_254_740_992.0));
        check("9007199254740993.5", Some(9_007_199_254_740_994.0));
        check("1.7976931348623157e+308", Some(f64::MAX));
        check("5e-324", Some(5e-324));
        check("1e22", Some(1e22));
        check("1e23", Some(1e23));
        check("123456789012345678901234567890", Some(1.234_567_890_123_456_8e29));
        check("+Inf", Some(f64::INFINITY));
        check("-Inf", Some(f64::NEG_INFINITY));
        check("NaN", Some(NORMAL_NAN));
        check("nan", Some(NORMAL_NAN));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "1_0", "0x1p2", "1.2.3", "1,5", "1\r", "--1"]
        {
            check(text, None);
        }
    }

    #[test]
    fn reading_stops_at_a_blank_or_the_line_end() {
        for (text, len) in [("12 34", 2), ("1.5\n", 3), ("+Inf\t1", 4)] {
            assert_eq!(parse_number(text.as_bytes()).map(|number| number.len), Some(len), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_float_reads_back(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            check(&format!("{value:e}"), Some(value));
            check(&format!("{value}").replace("inf", "Inf"), Some(value));
        }

        #[test]
        fn short_decimals_read_as_the_standard_library_reads_them(whole: u32, fraction in 0_u32..10_000_000) {
            let text = format!("{whole}.{fraction:07}");
            check(&text, text.parse().ok());
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            if let Some(number) = parse_number(&bytes) {
                prop_assert!(number.len <= bytes.len());
            }
        }
    }
}
