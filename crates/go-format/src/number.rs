//! Numbers as Go's `strconv` reads them.
//!
//! The grammars differ from Rust's: signs before `NaN` are refused, hexadecimal floats exist, base
//! prefixes and underscores are read where Go reads them, and a value out of range is an error.

#[cfg(test)]
mod tests;

/// Reads a float as `strconv.ParseFloat(text, 64)` does; `None` for its every error, including a
/// magnitude that is too large.
pub fn parse_float(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = split_sign(text);
    if let Some(special) = parse_special(unsigned, text.len() != unsigned.len()) {
        return Some(if negative { -special } else { special });
    }
    if !underscores_separate_digits(unsigned) {
        return None;
    }
    let value = match unsigned {
        [b'0', b'x' | b'X', digits @ ..] => parse_hex_float(digits)?,
        decimal if decimal.contains(&b'_') => {
            let digits: Vec<u8> = decimal.iter().copied().filter(|&byte| byte != b'_').collect();
            parse_decimal_float(&digits)?
        }
        decimal => parse_decimal_float(decimal)?,
    };
    value.is_finite().then_some(if negative { -value } else { value })
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    }
}

fn parse_special(text: &[u8], signed: bool) -> Option<f64> {
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        Some(f64::INFINITY)
    } else if !signed && text.eq_ignore_ascii_case(b"nan") {
        Some(f64::NAN)
    } else {
        None
    }
}

/// Counts leading bytes that satisfy `is`.
fn leading(text: &[u8], is: impl Fn(&u8) -> bool) -> usize {
    text.iter().take_while(|byte| is(byte)).count()
}

/// Rust's own parser is exact, but its grammar has to be narrowed to Go's.
fn parse_decimal_float(text: &[u8]) -> Option<f64> {
    is_decimal_float(text).then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}

/// `digits [. digits] [e [sign] digits]` with a digit somewhere in the mantissa.
fn is_decimal_float(text: &[u8]) -> bool {
    let whole = leading(text, u8::is_ascii_digit);
    let mut rest = &text[whole..];
    let mut fraction = 0;
    if let [b'.', after @ ..] = rest {
        fraction = leading(after, u8::is_ascii_digit);
        rest = &after[fraction..];
    }
    if whole + fraction == 0 {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => {
            let (_, digits) = split_sign(exponent);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// Keeps exponents of hostile length from overflowing; anything near it is zero or infinite.
const EXPONENT_LIMIT: i64 = 1 << 40;

/// The part of a hexadecimal float behind `0x`: a mantissa and a mandatory binary exponent.
fn parse_hex_float(text: &[u8]) -> Option<f64> {
    let (mut mantissa, mut exponent) = (0_u64, 0_i64);
    let (mut sticky, mut any, mut seen_point) = (false, false, false);
    let mut at = 0;
    loop {
        let byte = *text.get(at)?;
        at += 1;
        match byte {
            b'_' => {}
            b'.' if !seen_point => seen_point = true,
            b'p' | b'P' => break,
            _ => {
                let digit = char::from(byte).to_digit(16)?;
                any = true;
                exponent -= i64::from(seen_point) * 4;
                if mantissa >> 60 == 0 {
                    mantissa = mantissa << 4 | u64::from(digit);
                } else {
                    sticky |= digit != 0;
                    exponent += 4;
                }
            }
        }
    }
    let (negative, digits) = split_sign(text.get(at..)?);
    let digits_ok = digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_');
    if !any || !digits_ok || !digits.first()?.is_ascii_digit() {
        return None;
    }
    let size = digits
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .fold(0, |sum: i64, &byte| (sum * 10 + i64::from(byte - b'0')).min(EXPONENT_LIMIT));
    Some(scale(mantissa, sticky, exponent + if negative { -size } else { size }))
}

/// `mantissa × 2^exponent`, rounded half to even; `sticky` says that bits below were lost.
fn scale(mantissa: u64, sticky: bool, exponent: i64) -> f64 {
    const MANTISSA_BITS: i64 = 53;
    const MIN_EXPONENT: i64 = -1074;
    if mantissa == 0 {
        return 0.0;
    }
    let bits = 64 - i64::from(mantissa.leading_zeros());
    // The unit of the result's last place: 53 bits, fewer for a denormal.
    let unit = (exponent + bits - MANTISSA_BITS).max(MIN_EXPONENT);
    let drop = unit - exponent;
    let rounded = match drop {
        ..=0 => return power(mantissa, exponent),
        // Not even the highest bit reaches half a unit.
        65.. => 0,
        1..=64 => {
            let wide = u128::from(mantissa) << 1 | u128::from(sticky);
            let (kept, lost) = (wide >> (drop + 1), wide & ((1 << (drop + 1)) - 1));
            let half = 1_u128 << drop;
            kept + u128::from(lost > half || lost == half && kept & 1 == 1)
        }
    };
    u64::try_from(rounded).map_or(f64::INFINITY, |rounded| power(rounded, unit))
}

/// `mantissa × 2^exponent` where the result is exact or infinite.
fn power(mantissa: u64, exponent: i64) -> f64 {
    let bits = 64 - i64::from(mantissa.leading_zeros());
    if exponent + bits > 1024 {
        return f64::INFINITY;
    }
    // Two steps, because 2^exponent alone may be below the smallest normal number.
    let half = exponent / 2;
    let two = |power: i64| i32::try_from(power).map_or(f64::INFINITY, |power| 2_f64.powi(power));
    mantissa as f64 * two(half) * two(exponent - half)
}

/// Reads an integer as `strconv.ParseInt(text, 0, 64)` does: `0x`, `0o`, `0b` and a leading zero
/// choose the base, and underscores may separate digits.
pub fn parse_int_base0(text: &[u8]) -> Option<i64> {
    let (negative, unsigned) = split_sign(text);
    if !underscores_separate_digits(unsigned) {
        return None;
    }
    let (radix, digits) = match unsigned {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        rest => (10, rest),
    };
    let mut any = false;
    let mut value = 0_i64;
    for &byte in digits.iter().filter(|&&byte| byte != b'_') {
        let digit = i64::from(char::from(byte).to_digit(radix)?);
        value = value.checked_mul(i64::from(radix))?;
        value = if negative { value.checked_sub(digit)? } else { value.checked_add(digit)? };
        any = true;
    }
    any.then_some(value)
}

/// Whether every underscore stands between digits or between a base prefix and a digit.
fn underscores_separate_digits(unsigned: &[u8]) -> bool {
    if !unsigned.contains(&b'_') {
        return true;
    }
    // A prefix counts as a digit.
    let (mut after_digit, hex, rest) = match unsigned {
        [b'0', b'x' | b'X', rest @ ..] => (true, true, rest),
        [b'0', b'o' | b'O' | b'b' | b'B', rest @ ..] => (true, false, rest),
        rest => (false, false, rest),
    };
    let mut after_underscore = false;
    for &byte in rest {
        if byte == b'_' {
            if !after_digit {
                return false;
            }
            (after_digit, after_underscore) = (false, true);
            continue;
        }
        let digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        if after_underscore && !digit {
            return false;
        }
        (after_digit, after_underscore) = (digit, false);
    }
    !after_underscore
}
