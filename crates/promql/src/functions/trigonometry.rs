//! Trigonometric functions, to the last bit as Go computes them.
//!
//! Go's `math` follows Moshier's Cephes library: an angle is taken into an octant with a π/4 in three pieces, or for large
//! angles with the digits of 4/π (Payne and Hanek), and a polynomial does the rest. The last bits matter where one
//! function is put into another: `cos(atan(1e15))` has none but those.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// π/4 in three pieces, of which the first two have room for a product with an octant's number.
const FRAC_PI_4_PIECES: [f64; 3] = [
    f64::from_bits(0x3fe9_21fb_4000_0000),
    f64::from_bits(0x3e64_442d_0000_0000),
    f64::from_bits(0x3ce8_4698_98cc_5170),
];

/// From this angle on, the pieces are too short.
const LARGE: f64 = (1_u64 << 29) as f64;

/// The sine of an angle in an octant around zero, by powers of its square, beside the angle.
const SINE: [f64; 6] = [
    f64::from_bits(0x3de5_d8fd_1fd1_9ccd),
    f64::from_bits(0xbe5a_e5e5_a929_1f5d),
    f64::from_bits(0x3ec7_1de3_567d_48a1),
    f64::from_bits(0xbf2a_01a0_19bf_df03),
    f64::from_bits(0x3f81_1111_1110_f7d0),
    f64::from_bits(0xbfc5_5555_5555_5548),
];

/// The cosine of such an angle, beside one and half the square.
const COSINE: [f64; 6] = [
    f64::from_bits(0xbda8_fa49_a086_1a9b),
    f64::from_bits(0x3e21_ee9d_7b4e_3f05),
    f64::from_bits(0xbe92_7e4f_7eac_4bc6),
    f64::from_bits(0x3efa_01a0_19c8_44f5),
    f64::from_bits(0xbf56_c16c_16c1_4f91),
    f64::from_bits(0x3fa5_5555_5555_554b),
];

const TANGENT_OVER: [f64; 3] = [
    f64::from_bits(0xc0c9_92d8_d24f_3f38),
    f64::from_bits(0x4131_99ec_a5fc_9ddd),
    f64::from_bits(0xc171_1fea_d329_9176),
];

const TANGENT_UNDER: [f64; 5] = [
    1.0,
    f64::from_bits(0x40ca_b8a5_eeb3_6572),
    f64::from_bits(0xc134_27bc_582a_bc96),
    f64::from_bits(0x4177_d98f_c2ea_d8ef),
    f64::from_bits(0xc189_afe0_3cbe_5a31),
];

/// Up to this square, an angle is its own tangent.
const TINY_SQUARE: f64 = 1e-14;

const ARC_OVER: [f64; 5] = [
    -8.750_608_600_031_904e-1,
    -1.615_753_718_733_365e1,
    -7.500_855_792_314_705e1,
    -1.228_866_684_490_136_1e2,
    -6.485_021_904_942_025e1,
];

const ARC_UNDER: [f64; 6] = [
    1.0,
    2.485_846_490_142_306_4e1,
    1.650_270_098_316_988_5e2,
    4.328_810_604_912_902_6e2,
    4.853_903_996_359_137e2,
    1.945_506_571_482_614e2,
];

/// Up to this tangent, an arc is computed as it is.
const ARC_SMALL: f64 = 0.66;
/// From this tangent on, that of 3π/8, an arc is computed from its complement.
const ARC_LARGE: f64 = 2.414_213_562_373_095;
/// What π/2 has more than the number closest to it.
const FRAC_PI_2_REST: f64 = 6.123_233_995_736_766e-17;
/// Up to this sine, the cosine is large enough to divide by.
const ARC_SINE_SMALL: f64 = 0.7;

pub(crate) fn sin(angle: f64) -> f64 {
    if angle == 0.0 || angle.is_nan() {
        return angle;
    }
    if angle.is_infinite() {
        return f64::NAN;
    }
    let (octant, rest) = reduced(angle.abs());
    let octant = octant & 7;
    let value = if matches!(octant & 3, 1 | 2) { near_cosine(rest) } else { near_sine(rest) };
    if (angle < 0.0) == (octant > 3) { value } else { -value }
}

pub(crate) fn cos(angle: f64) -> f64 {
    if !angle.is_finite() {
        return f64::NAN;
    }
    let (octant, rest) = reduced(angle.abs());
    let octant = octant & 7;
    let value = if matches!(octant & 3, 1 | 2) { near_sine(rest) } else { near_cosine(rest) };
    if (octant > 3) == (octant & 3 > 1) { value } else { -value }
}

pub(crate) fn tan(angle: f64) -> f64 {
    if angle == 0.0 || angle.is_nan() {
        return angle;
    }
    if angle.is_infinite() {
        return f64::NAN;
    }
    let (octant, rest) = reduced(angle.abs());
    let square = rest * rest;
    let near = if square > TINY_SQUARE {
        let (over, under) = (polynomial(square, &TANGENT_OVER), polynomial(square, &TANGENT_UNDER));
        rest + rest * (square * over / under)
    } else {
        rest
    };
    let value = if octant & 2 == 2 { -1.0 / near } else { near };
    if angle < 0.0 { -value } else { value }
}

pub(crate) fn asin(sine: f64) -> f64 {
    if sine == 0.0 {
        return sine;
    }
    let size = sine.abs();
    if size > 1.0 {
        return f64::NAN;
    }
    let cosine = (1.0 - size * size).sqrt();
    let arc = if size > ARC_SINE_SMALL {
        FRAC_PI_2 - arc_of(cosine / size)
    } else {
        arc_of(size / cosine)
    };
    if sine < 0.0 { -arc } else { arc }
}

pub(crate) fn acos(cosine: f64) -> f64 {
    FRAC_PI_2 - asin(cosine)
}

pub(crate) fn atan(tangent: f64) -> f64 {
    if tangent == 0.0 {
        tangent
    } else if tangent > 0.0 {
        arc_of(tangent)
    } else {
        -arc_of(-tangent)
    }
}

/// The angle of the point `x`, `y`.
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    if y.is_nan() || x.is_nan() || y == 0.0 || x == 0.0 || y.is_infinite() || x.is_infinite() {
        // Of these, every mathematics library has the same to say.
        return y.atan2(x);
    }
    let arc = atan(y / x);
    match (x < 0.0, arc <= 0.0) {
        (false, _) => arc,
        (true, true) => arc + PI,
        (true, false) => arc - PI,
    }
}

/// The arc of a positive tangent.
fn arc_of(tangent: f64) -> f64 {
    if tangent <= ARC_SMALL {
        near_arc(tangent)
    } else if tangent > ARC_LARGE {
        FRAC_PI_2 - near_arc(1.0 / tangent) + FRAC_PI_2_REST
    } else {
        FRAC_PI_4 + near_arc((tangent - 1.0) / (tangent + 1.0)) + 0.5 * FRAC_PI_2_REST
    }
}

fn near_arc(tangent: f64) -> f64 {
    let square = tangent * tangent;
    let (over, under) = (polynomial(square, &ARC_OVER), polynomial(square, &ARC_UNDER));
    tangent * (square * over / under) + tangent
}

fn near_sine(rest: f64) -> f64 {
    let square = rest * rest;
    rest + rest * square * polynomial(square, &SINE)
}

fn near_cosine(rest: f64) -> f64 {
    let square = rest * rest;
    1.0 - 0.5 * square + square * square * polynomial(square, &COSINE)
}

/// The polynomial with these factors, that of the highest power first.
fn polynomial(x: f64, factors: &[f64]) -> f64 {
    factors[1..].iter().fold(factors[0], |sum, factor| sum * x + factor)
}

/// The even octant that is nearest to an angle that is not negative, and how far the angle is from its border.
fn reduced(angle: f64) -> (u64, f64) {
    if angle >= LARGE {
        return reduced_by_digits(angle);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the angle is below 2^29 and not negative"
    )]
    let octant = (angle * (4.0 / PI)) as u64;
    let octant = octant + (octant & 1);
    let count = octant as f64;
    let [first, second, third] = FRAC_PI_4_PIECES;
    (octant, ((angle - count * first) - count * second) - count * third)
}

/// The binary digits of 4/π: the whole, and the fraction.
const FOUR_OVER_PI: [u64; 20] = [
    0x0000_0000_0000_0001,
    0x45f3_06dc_9c88_2a53,
    0xf84e_afa3_ea69_bb81,
    0xb6c5_2b32_7887_2083,
    0xfca2_c757_bd77_8ac3,
    0x6e48_dc74_849b_a5c0,
    0x0c92_5dd4_13a3_2439,
    0xfc3b_d639_6253_4e7d,
    0xd104_6bea_5d76_8909,
    0xd338_e04d_68be_fc82,
    0x7323_ac73_06a6_73e9,
    0x3908_bf17_7bf2_5076,
    0x3ff1_2fff_bc0b_301f,
    0xde5e_2316_b414_da3e,
    0xda6c_fd9e_4f96_136e,
    0x9e8c_7ecd_3cbf_d45a,
    0xea4f_758f_d7cb_e2f6,
    0x7a0e_73ef_14a5_25d4,
    0xd7f6_bf62_3f1a_ba10,
    0xac06_608d_f8f6_d757,
];

const FRACTION_BITS: u32 = 52;
const EXPONENT_BIAS: u64 = 1023;

/// As [`reduced`], for angles of which the octant's number has more digits than a number has.
fn reduced_by_digits(angle: f64) -> (u64, f64) {
    let bits = angle.to_bits();
    let mantissa = bits & ((1 << FRACTION_BITS) - 1) | 1 << FRACTION_BITS;
    // The angle is the mantissa times two to the power of `exponent`, which is above -24.
    let exponent = (bits >> FRACTION_BITS) + 61 - EXPONENT_BIAS - u64::from(FRACTION_BITS);
    let (word, shift) = (exponent / 64, u32::try_from(exponent % 64).unwrap_or_default());
    let word = usize::try_from(word).unwrap_or_default();
    let digits = |at: usize| {
        let pair = u128::from(FOUR_OVER_PI[at]) << 64 | u128::from(FOUR_OVER_PI[at + 1]);
        high(pair << shift)
    };
    // Three words of 4/π, of which the first begins with the digits that make the octant.
    let product = |at: usize| u128::from(digits(word + at)) * u128::from(mantissa);
    let whole = low(product(0));
    let sum = (u128::from(whole) << 64)
        .wrapping_add(product(1))
        .wrapping_add(u128::from(high(product(2))));
    let octant = high(sum) >> 61;
    let fraction = high(sum << 3);
    let zeros = fraction.leading_zeros();
    // The lower word lends only as many digits as the upper one has to fill.
    let filled = (u128::from(fraction) << 64 | u128::from(low(sum))) << zeros << 1;
    let exponent = EXPONENT_BIAS - u64::from(zeros) - 1;
    let rest = f64::from_bits(high(filled) >> (64 - FRACTION_BITS) | exponent << FRACTION_BITS);
    if octant & 1 == 1 {
        ((octant + 1) & 7, (rest - 1.0) * FRAC_PI_4)
    } else {
        (octant, rest * FRAC_PI_4)
    }
}

const fn high(bits: u128) -> u64 {
    (bits >> 64) as u64
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn low(bits: u128) -> u64 {
    bits as u64
}

#[cfg(test)]
mod tests;
