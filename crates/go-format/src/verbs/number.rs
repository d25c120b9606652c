//! Integers and floats.

use super::{Operand, Printer};
use crate::float::{FloatFormat, append_float, append_float_with_precision};

/// The precision of `%f` and `%e`, and of `%#g`.
const DEFAULT_PRECISION: usize = 6;

impl Printer {
    /// Appends an integer of which sign and magnitude are known.
    pub(super) fn integer<T: Operand>(
        &mut self,
        operand: &T,
        magnitude: u64,
        negative: bool,
        verb: char,
    ) {
        let signed = || if negative { magnitude.wrapping_neg() } else { magnitude };
        match verb {
            'v' | 'd' => self.digits(&magnitude.to_string(), negative, ""),
            'b' => self.digits(&format!("{magnitude:b}"), negative, "0b"),
            'o' => self.digits(&format!("{magnitude:o}"), negative, "0"),
            'O' => self.digits(&format!("{magnitude:o}"), negative, "0o"),
            'x' => self.digits(&format!("{magnitude:x}"), negative, "0x"),
            'X' => self.digits(&format!("{magnitude:X}"), negative, "0X"),
            'c' => self.character(signed()),
            'q' => self.quoted_character(signed()),
            'U' => self.code_point(signed()),
            _ => self.complain(operand, verb),
        }
    }

    /// Lays digits out: zeros up to the precision or the width, prefix, sign, filling.
    fn digits(&mut self, digits: &str, negative: bool, prefix: &str) {
        let flags = self.flags;
        let zeros = match (flags.precision, flags.width) {
            (Some(0), _) if digits == "0" => return self.pad_with_spaces(""),
            (Some(precision), _) => precision,
            (None, Some(width)) if flags.zero && !flags.minus => {
                width.saturating_sub(usize::from(negative || flags.plus || flags.space))
            }
            _ => 0,
        };
        if zeros > self.limit {
            self.too_long = true;
            return;
        }
        let padded = format!("{digits:0>zeros$}");
        let sign = match (negative, flags.plus, flags.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            _ => "",
        };
        let shows_prefix = match prefix {
            "0o" => true,
            "0" => flags.sharp && !padded.starts_with('0'),
            _ => flags.sharp,
        };
        // `%#O` has the zero of `%#o` too.
        let octal =
            if prefix == "0o" && flags.sharp && !padded.starts_with('0') { "0" } else { "" };
        let prefix = if shows_prefix { prefix } else { "" };
        self.pad_with_spaces(&format!("{sign}{prefix}{octal}{padded}"));
    }

    /// Appends a float.
    pub(super) fn float<T: Operand>(&mut self, operand: &T, value: f64, verb: char) {
        let precision = self.flags.precision;
        let text = match verb {
            'v' | 'g' | 'G' => decimal(value, FloatFormat::G, precision),
            'e' | 'E' => decimal(value, FloatFormat::E, precision.or(Some(DEFAULT_PRECISION))),
            'f' | 'F' => decimal(value, FloatFormat::F, precision.or(Some(DEFAULT_PRECISION))),
            'b' => binary(value),
            'x' | 'X' => hexadecimal(value, precision),
            _ => return self.complain(operand, verb),
        };
        let is_number = value.is_finite();
        let mut unsigned = text.trim_start_matches(['+', '-']).to_owned();
        if self.flags.sharp && is_number && verb != 'b' {
            unsigned = with_point(&unsigned, verb, precision);
        }
        if is_number && matches!(verb, 'E' | 'G' | 'X') {
            unsigned.make_ascii_uppercase();
        }
        let sign = match text.starts_with('-') {
            true => "-",
            false if self.flags.plus => "+",
            false if self.flags.space => " ",
            // Infinity shows its sign always.
            false if value.is_infinite() => "+",
            false => "",
        };
        if !is_number {
            return self.pad_with_spaces(&format!("{sign}{unsigned}"));
        }
        let len = sign.len() + unsigned.len();
        match self.flags.width {
            // The sign stands before the zeros.
            Some(width)
                if self.flags.zero && !self.flags.minus && width > len && !sign.is_empty() =>
            {
                self.push(sign);
                self.fill(width - len);
                self.push(&unsigned);
            }
            _ => self.pad(&format!("{sign}{unsigned}")),
        }
    }
}

fn decimal(value: f64, format: FloatFormat, precision: Option<usize>) -> String {
    let mut text = Vec::new();
    match precision {
        Some(places) => {
            let places = u16::try_from(places).unwrap_or(u16::MAX);
            append_float_with_precision(&mut text, value, format, places);
        }
        None => append_float(&mut text, value, format),
    }
    String::from_utf8(text).expect("a float's text is ASCII")
}

/// Keeps the point and the zeros that `%g` leaves out, as `#` asks for.
fn with_point(unsigned: &str, verb: char, precision: Option<usize>) -> String {
    let marks: &[char] = if matches!(verb, 'x' | 'X') { &['p'] } else { &['e'] };
    let (mantissa, exponent) = unsigned.split_at(unsigned.find(marks).unwrap_or(unsigned.len()));
    let mut text = mantissa.to_owned();
    if !text.contains('.') {
        text.push('.');
    }
    if matches!(verb, 'v' | 'g' | 'G' | 'x') {
        let wanted = precision.unwrap_or(DEFAULT_PRECISION);
        let digits = mantissa.bytes().filter(|&byte| byte != b'.');
        let mut shown = digits.skip_while(|&byte| byte == b'0').count();
        if mantissa == "0" {
            shown = 1;
        }
        text.extend(std::iter::repeat_n('0', wanted.saturating_sub(shown)));
    }
    text + exponent
}

/// The mantissa's bits and the exponent of each float.
const MANTISSA_BITS: u32 = 52;
const EXPONENT_BIAS: i64 = 1023;

/// Splits a finite float into its integer mantissa and the power of two that it is multiplied by.
fn split(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    let exponent = i64::try_from(bits >> MANTISSA_BITS & 0x7ff).expect("eleven bits fit");
    let scale = EXPONENT_BIAS + i64::from(MANTISSA_BITS);
    if exponent == 0 {
        (fraction, 1 - scale)
    } else {
        (fraction | 1 << MANTISSA_BITS, exponent - scale)
    }
}

/// `%b`: the mantissa as an integer and a power of two.
fn binary(value: f64) -> String {
    if !value.is_finite() {
        return decimal(value, FloatFormat::G, None);
    }
    let (mantissa, exponent) = split(value);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{mantissa}p{exponent:+}")
}

/// Where the leading bit of a mantissa stands while it is written, so that fifteen digits follow it.
const LEADING: u32 = 60;

/// `%x`: the mantissa in hexadecimal with one bit before the point, and a power of two.
fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    if !value.is_finite() {
        return decimal(value, FloatFormat::G, None);
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (mut mantissa, mut exponent) = split(value);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - (63 - LEADING);
        mantissa <<= shift;
        exponent += i64::from(LEADING) - i64::from(shift);
    }
    if let Some(digits) =
        precision.and_then(|digits| u32::try_from(digits).ok()).filter(|&d| d < 15)
    {
        let shift = LEADING - 4 * digits;
        let (kept, lost) = (mantissa >> shift, mantissa & ((1 << shift) - 1));
        let half = 1_u64 << (shift - 1);
        let up = lost > half || lost == half && kept & 1 == 1;
        mantissa = (kept + u64::from(up)) << shift;
        if mantissa >> LEADING > 1 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let whole = mantissa >> LEADING;
    let fraction = format!("{:015x}", mantissa & ((1 << LEADING) - 1));
    let fraction = match precision {
        None => fraction.trim_end_matches('0').to_owned(),
        Some(digits) => format!("{fraction:0<digits$}").chars().take(digits).collect(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{whole}{point}{fraction}p{exponent_sign}{:02}", exponent.unsigned_abs())
}
