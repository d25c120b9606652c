//! Floats as integers with a power of ten.
//!
//! A value is an integer m at scale k only if `m as f64 / 10^k` has the same bits; so −0, NaN and
//! infinities are none.
#![expect(clippy::cast_possible_truncation, reason = "a float below 2^53 is cut on purpose")]

use regain_model::is_stale;

use super::exceptions::Exceptions;
use super::{EXCEPTION_SHARE, SCALE_PLAUSIBLE};

/// The largest power of ten that a float holds exactly.
pub(super) const SCALE_MAX: u8 = 22;

/// Integers below this size are exact as floats.
const INTEGER_LIMIT: f64 = (1_u64 << 53) as f64;

pub(super) const POWERS: [f64; SCALE_MAX as usize + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Adding and subtracting this rounds a float below 2^51 to an integer.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// The integer that stands for `value` at this scale.
#[inline]
fn scaled(value: f64, scale: u8) -> Option<i64> {
    if scale == 0 {
        let integer = value as i64;
        let exact = (integer as f64).to_bits() == value.to_bits();
        return (exact && value.abs() < INTEGER_LIMIT).then_some(integer);
    }
    let power = POWERS[usize::from(scale)];
    let product = value * power;
    let rounded = (product + ROUND) - ROUND;
    let integer =
        if product.abs() < INTEGER_LIMIT / 8.0 { rounded } else { product.round() } as i64;
    let exact = (integer as f64 / power).to_bits() == value.to_bits();
    (exact && product.abs() < INTEGER_LIMIT).then_some(integer)
}

/// The integer next to `product`, where floats are exact.
#[inline]
pub(super) fn nearest(product: f64) -> Option<i64> {
    (product.abs() < INTEGER_LIMIT).then(|| product.round() as i64)
}

/// The least scale from `least` up at which `value` is an integer.
fn scale_of(value: f64, least: u8) -> Option<u8> {
    if !value.is_finite() {
        return None;
    }
    (least..=SCALE_MAX)
        .take_while(|&scale| value.abs() * POWERS[usize::from(scale)] < INTEGER_LIMIT)
        .find(|&scale| scaled(value, scale).is_some())
}

/// Turns `values` into `integers` of one scale, starting with the guess `scale`. Values that have
/// none are exceptions. False when there are too many of them; staleness markers do not count.
pub(super) fn scale_all(
    values: &[f64],
    integers: &mut [i64],
    scale: &mut u8,
    exceptions: &mut Exceptions,
) -> bool {
    if values.iter().zip(&mut *integers).all(|(&value, slot)| put(slot, scaled(value, 0))) {
        *scale = 0;
        return true;
    }
    let guess = (*scale).min(SCALE_MAX);
    if guess > 0
        && values.iter().zip(&mut *integers).all(|(&value, slot)| put(slot, scaled(value, guess)))
        && values.iter().any(|&value| scaled(value, guess - 1).is_none())
    {
        return true;
    }
    let Some(found) = common_scale(values, exceptions) else { return false };
    *scale = found;
    fill(values, integers, found, exceptions)
}

#[inline]
const fn put(slot: &mut i64, integer: Option<i64>) -> bool {
    match integer {
        Some(integer) => {
            *slot = integer;
            true
        }
        None => false,
    }
}

/// The least scale that makes all values integers but those that have none at all.
fn common_scale(values: &[f64], exceptions: &mut Exceptions) -> Option<u8> {
    let (mut scale, mut stale) = (0, 0);
    for (index, &value) in values.iter().enumerate() {
        if scaled(value, scale).is_some() {
            continue;
        }
        if let Some(found) = scale_of(value, scale) {
            scale = found;
            continue;
        }
        exceptions.add(index);
        stale += usize::from(is_stale(value));
        if (exceptions.count() - stale) * EXCEPTION_SHARE > values.len() {
            return None;
        }
    }
    Some(scale)
}

fn fill(values: &[f64], integers: &mut [i64], scale: u8, exceptions: &mut Exceptions) -> bool {
    *exceptions = Exceptions::default();
    let mut stale = 0;
    for (index, &value) in values.iter().enumerate() {
        if let Some(integer) = scaled(value, scale) {
            integers[index] = integer;
            continue;
        }
        exceptions.add(index);
        stale += usize::from(is_stale(value));
    }
    bridge(integers, exceptions);
    (exceptions.count() - stale) * EXCEPTION_SHARE <= values.len()
}

/// Puts integers in the places of exceptions that disturb their neighbours least: a straight line
/// between two values, the last slope after the last of them.
pub(super) fn bridge(integers: &mut [i64], exceptions: &Exceptions) {
    if exceptions.count() == 0 {
        return;
    }
    let is_known = |at: usize| !exceptions.has(at);
    let mut known = (0..integers.len()).filter(|&at| is_known(at));
    let Some(first) = known.next() else {
        integers.fill(0);
        return;
    };
    let value = integers[first];
    integers[..first].fill(value);
    let (mut before, mut slope) = (first, 0);
    for at in known {
        let steps = i64::try_from(at - before).expect("a frame is short");
        slope = integers[at].wrapping_sub(integers[before]) / steps;
        for between in before + 1..at {
            integers[between] = integers[between - 1].wrapping_add(slope);
        }
        before = at;
    }
    for at in before + 1..integers.len() {
        integers[at] = integers[at - 1].wrapping_add(slope);
    }
}

/// What integers are multiplied by at each scale, where they are not divided.
const INVERSES: [f64; SCALE_PLAUSIBLE as usize + 1] =
    [1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12];

/// The integer of which `value` is the product with a power of ten, rounded.
#[inline]
fn factor(value: f64, scale: u8) -> Option<i64> {
    let integer = nearest(value * POWERS[usize::from(scale)])?;
    let product = integer as f64 * INVERSES[usize::from(scale)];
    (product.to_bits() == value.to_bits()).then_some(integer)
}

/// Turns `values` into `integers` of which they are the products with a power of ten: what was counted
/// in thousandths is often multiplied by 0.001, which differs from division in the last bit. Values
/// that are no such products are exceptions. `None` where there are too many of them.
pub(super) fn factors(values: &[f64], integers: &mut [i64]) -> Option<(u8, Exceptions)> {
    let probe = values.iter().find(|value| value.is_finite() && value.fract() != 0.0)?;
    (1..=SCALE_PLAUSIBLE).filter(|&scale| factor(*probe, scale).is_some()).find_map(|scale| {
        let mut exceptions = Exceptions::default();
        for (index, (slot, &value)) in integers.iter_mut().zip(values).enumerate() {
            match factor(value, scale) {
                Some(integer) => *slot = integer,
                None => exceptions.add(index),
            }
            // Staleness markers do not count, but few are among so many.
            if exceptions.count() * EXCEPTION_SHARE > values.len() {
                return None;
            }
        }
        bridge(integers, &exceptions);
        Some((scale, exceptions))
    })
}

/// Makes products of integers.
#[inline]
pub(super) fn multiply(values: &mut [f64], scale: u8) {
    let inverse = INVERSES[usize::from(scale)];
    for value in values {
        *value *= inverse;
    }
}

/// Moves the decimal point of integers back to where it was.
#[inline]
pub(super) fn unscale(values: &mut [f64], scale: u8) {
    if scale > 0 {
        let power = POWERS[usize::from(scale)];
        for value in values {
            *value /= power;
        }
    }
}
