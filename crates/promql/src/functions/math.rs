//! Functions of single numbers.

use std::f64::consts::{LN_2, LOG2_E, LOG10_E, PI};

use super::trigonometry;

/// A function that maps each value to another.
pub(crate) type Map = fn(f64) -> f64;

/// The function of this name.
pub(crate) fn from_name(name: &str) -> Option<Map> {
    Some(match name {
        "abs" => f64::abs,
        "acos" => trigonometry::acos,
        "acosh" => acosh,
        "asin" => trigonometry::asin,
        "asinh" => asinh,
        "atan" => trigonometry::atan,
        "atanh" => f64::atanh,
        "ceil" => f64::ceil,
        "cos" => trigonometry::cos,
        "cosh" => f64::cosh,
        "deg" => |value| value * 180.0 / PI,
        "exp" => f64::exp,
        "floor" => f64::floor,
        "ln" => f64::ln,
        "log10" => |value| value.ln() * LOG10_E,
        "log2" => log2,
        "rad" => |value| value * PI / 180.0,
        "sgn" => sign,
        "sin" => trigonometry::sin,
        "sinh" => f64::sinh,
        "sqrt" => f64::sqrt,
        "tan" => trigonometry::tan,
        "tanh" => f64::tanh,
        _ => return None,
    })
}

/// Above this, one more or less under a root does not show, and squares soon overflow.
const LARGE: f64 = (1_u64 << 28) as f64;

/// The inverse of the hyperbolic sine, for large values too.
fn asinh(value: f64) -> f64 {
    if value.abs() <= LARGE {
        return value.asinh();
    }
    (value.abs().ln() + LN_2).copysign(value)
}

/// The inverse of the hyperbolic cosine, for large values and for those near one, too.
fn acosh(value: f64) -> f64 {
    if value > LARGE {
        return value.ln() + LN_2;
    }
    if value > 2.0 {
        return value.acosh();
    }
    // What is above one would be lost in a logarithm of nearly one.
    let above = value - 1.0;
    (above + (2.0 * above + above * above).sqrt()).ln_1p()
}

/// `base` to the power of `exponent`.
///
/// Go squares the fraction of the base for each bit of the exponent and keeps the powers of two
/// apart; its last bits show wherever something is squared.
pub(crate) fn pow(base: f64, exponent: f64) -> f64 {
    /// Integers up to here are exact.
    const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;
    /// Beyond this power of two the result is zero or infinite whatever follows.
    const POWER_MAX: f64 = 4096.0;
    let magnitude = exponent.abs();
    let ordinary = base.is_finite() && base != 0.0 && magnitude > 0.0 && magnitude <= INTEGER_MAX;
    if !ordinary || (base < 0.0 && exponent.fract() != 0.0) {
        return base.powf(exponent);
    }
    if magnitude.to_bits() == 0.5_f64.to_bits() {
        return if exponent > 0.0 { base.sqrt() } else { 1.0 / base.sqrt() };
    }
    let (mut whole, mut part) = (magnitude.trunc(), magnitude.fract());
    if part > 0.5 {
        part -= 1.0;
        whole += 1.0;
    }
    let mut result = if part == 0.0 { 1.0 } else { (part * base.ln()).exp() };
    let (mut fraction, mut power) = split(base);
    let mut result_power = 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole is a small positive integer"
    )]
    let mut bits = whole as u64;
    while bits != 0 {
        if power.abs() > POWER_MAX {
            result_power += power;
            break;
        }
        if bits & 1 == 1 {
            result *= fraction;
            result_power += power;
        }
        fraction *= fraction;
        power *= 2.0;
        if fraction < 0.5 {
            fraction += fraction;
            power -= 1.0;
        }
        bits >>= 1;
    }
    if exponent < 0.0 { scale(1.0 / result, -result_power) } else { scale(result, result_power) }
}

/// `value` times two to the power of `power`, in steps that do not overflow by themselves.
fn scale(value: f64, power: f64) -> f64 {
    const STEP: f64 = 512.0;
    let (mut value, mut rest) = (value, power.clamp(-4.0 * STEP, 4.0 * STEP));
    while rest.abs() > STEP {
        value *= STEP.copysign(rest).exp2();
        rest -= STEP.copysign(rest);
    }
    value * rest.exp2()
}

/// The binary logarithm by way of the fraction and the exponent, which is how Go computes it.
fn log2(value: f64) -> f64 {
    let (fraction, exponent) = split(value);
    if fraction.to_bits() == 0.5_f64.to_bits() {
        return exponent - 1.0;
    }
    fraction.ln() * LOG2_E + exponent
}

/// `value` as a fraction from ½ to 1 times a power of two; what is not finite and not zero stays.
fn split(value: f64) -> (f64, f64) {
    const EXPONENT_BITS: u32 = 52;
    const EXPONENT_MASK: u64 = 0x7ff;
    const HALF: u64 = 1022;
    /// Makes the smallest numbers ordinary ones.
    const LIFT: f64 = 18_014_398_509_481_984.0;
    const LIFT_EXPONENT: f64 = 54.0;
    if value == 0.0 || !value.is_finite() {
        return (value, 0.0);
    }
    if value.abs() < f64::MIN_POSITIVE {
        let (fraction, exponent) = split(value * LIFT);
        return (fraction, exponent - LIFT_EXPONENT);
    }
    let bits = value.to_bits();
    let exponent = (bits >> EXPONENT_BITS) & EXPONENT_MASK;
    let fraction = bits & !(EXPONENT_MASK << EXPONENT_BITS) | HALF << EXPONENT_BITS;
    (f64::from_bits(fraction), exponent as f64 - HALF as f64)
}

fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// `value` rounded to a multiple of `1 / inverse`; halves go up.
pub(crate) fn round(value: f64, inverse: f64) -> f64 {
    (value * inverse + 0.5).floor() / inverse
}

/// The larger number as Go's `math.Max` sees it: an infinity beats NaN, NaN beats the rest.
pub(crate) fn max(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}

/// The smaller number as Go's `math.Min` sees it.
pub(crate) fn min(a: f64, b: f64) -> f64 {
    -max(-a, -b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(got: f64, expected: f64) {
        let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        assert!(same, "{got:e} is not {expected:e}");
    }

    #[test]
    fn powers_of_ordinary_and_of_special_numbers() {
        for (base, exponent, expected) in [
            (3.0, 2.0, 9.0),
            (0.1, 2.0, 0.1 * 0.1),
            (-2.0, 3.0, -8.0),
            (-2.0, 0.5, f64::NAN),
            (2.0, -1.0, 0.5),
            (2.0, 0.5, 2_f64.sqrt()),
            (2.0, 1024.0, f64::INFINITY),
            (2.0, -1074.0, f64::from_bits(1)),
            (10.0, -400.0, 0.0),
            (0.0, -1.0, f64::INFINITY),
            (f64::NAN, 0.0, 1.0),
            (1.0, f64::NAN, 1.0),
            (f64::INFINITY, -1.0, 0.0),
        ] {
            check(pow(base, exponent), expected);
        }
    }

    #[test]
    fn logarithms_of_powers_of_two_are_exact() {
        for (value, expected) in [
            (8.0, 3.0),
            (0.25, -2.0),
            (f64::from_bits(1), -1074.0),
            (0.0, f64::NEG_INFINITY),
            (-1.0, f64::NAN),
            (f64::INFINITY, f64::INFINITY),
        ] {
            check(log2(value), expected);
        }
    }

    #[test]
    fn the_inverse_of_the_hyperbolic_cosine_is_exact_near_one() {
        for (value, expected) in [
            (1.000_000_000_000_000_2, 2.107_342_425_544_701_7e-8),
            (1.0, 0.0),
            (0.999, f64::NAN),
            (-2.5, f64::NAN),
            (f64::NEG_INFINITY, f64::NAN),
            (f64::INFINITY, f64::INFINITY),
        ] {
            check(acosh(value), expected);
        }
        let both_ways = |value: f64| (acosh(value).cosh() - value).abs() < 1e-14 * value;
        assert!([1.5, 2.0, 2.000_001, 17.0].into_iter().all(both_ways));
    }

    #[test]
    fn infinities_beat_nan_in_extremes() {
        check(max(f64::NAN, f64::INFINITY), f64::INFINITY);
        check(max(f64::NAN, 1.0), f64::NAN);
        check(min(f64::NEG_INFINITY, f64::NAN), f64::NEG_INFINITY);
        check(max(-0.0, 0.0), 0.0);
        check(min(0.0, -0.0), -0.0);
    }
}
