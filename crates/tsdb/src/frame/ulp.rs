//! Floats that are nearly decimals: sums of decimals are off by some units in the last place.
//!
//! A value is m ÷ 10^k and a residue that is added to its bits.

use super::EXCEPTION_SHARE;
use super::decimal::{self, POWERS};
use super::exceptions::Exceptions;
use super::pack::{pack, packed_bytes, unpack, width_of};
use crate::wire::{Cursor, put_signed};

/// So many values are looked at to find the scale.
const PROBES: usize = 8;

/// The largest scale that is tried.
const SCALE_MAX: u8 = 15;

/// A decimal digit takes so many thirds of a bit, nearly.
const DIGIT_THIRDS: u32 = 10;

/// So many residues are unpacked at a time: they end with a whole byte.
const CHUNK: usize = 64;

/// Residues wider than this are no residues.
const WIDTH_MAX: u32 = 16;

/// The decimal of `value` at a scale, and what its bits lack.
fn split_one(value: f64, scale: u8) -> Option<(i64, i64)> {
    let power = POWERS[usize::from(scale)];
    let integer = decimal::nearest(value * power)?;
    let decimal = integer as f64 / power;
    Some((integer, value.to_bits().wrapping_sub(decimal.to_bits()).cast_signed()))
}

/// The scale at which digits and residues together take the least.
fn find_scale(values: &[f64]) -> Option<u8> {
    let step = values.len().div_ceil(PROBES);
    let mut best = None;
    for scale in 0..=SCALE_MAX {
        let mut all = 0;
        for &value in values.iter().step_by(step).filter(|value| value.is_finite()) {
            let Some((_, residue)) = split_one(value, scale) else { return best.map(|(_, s)| s) };
            all |= crate::wire::zigzag(residue);
        }
        let width = width_of(all);
        let cost = width * 3 + u32::from(scale) * DIGIT_THIRDS;
        if width <= WIDTH_MAX && best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, scale));
        }
    }
    best.map(|(_, scale)| scale)
}

/// Splits `values` into decimals and residues. `None` where they are not near decimals.
pub(super) fn split(
    values: &[f64],
    integers: &mut [i64],
    residues: &mut [i64],
) -> Option<(u8, Exceptions)> {
    let scale = find_scale(values)?;
    let mut exceptions = Exceptions::default();
    for (index, &value) in values.iter().enumerate() {
        let split = if value.is_finite() { split_one(value, scale) } else { None };
        let near = split.filter(|&(_, residue)| residue.unsigned_abs() < 1 << WIDTH_MAX);
        if let Some((integer, residue)) = near {
            integers[index] = integer;
            residues[index] = residue;
        } else {
            exceptions.add(index);
            residues[index] = 0;
        }
    }
    if exceptions.raw(values) * EXCEPTION_SHARE > values.len() {
        return None;
    }
    decimal::bridge(integers, &exceptions);
    Some((scale, exceptions))
}

/// How residues are packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Residues {
    least: i64,
    width: u32,
}

impl Residues {
    pub(super) fn of(residues: &[i64]) -> Self {
        let least = residues.iter().copied().min().unwrap_or(0);
        let most = residues.iter().copied().max().unwrap_or(0);
        Self { least, width: width_of(most.wrapping_sub(least).cast_unsigned()) }
    }

    pub(super) const fn size_bytes(&self, count: usize) -> usize {
        3 + packed_bytes(count, self.width)
    }

    #[expect(clippy::cast_possible_truncation, reason = "widths fit a byte")]
    pub(super) fn put(&self, out: &mut Vec<u8>, residues: &[i64], scratch: &mut [u64]) {
        put_signed(out, self.least);
        out.push(self.width as u8);
        for (slot, &residue) in scratch.iter_mut().zip(residues) {
            *slot = residue.wrapping_sub(self.least).cast_unsigned();
        }
        pack(out, &scratch[..residues.len()], self.width);
    }
}

/// Packed residues.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded<'a> {
    least: i64,
    width: u32,
    packed: &'a [u8],
}

/// Reads the residues of `count` values.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, count: usize) -> Option<Coded<'a>> {
    let least = cursor.signed()?;
    let width = u32::from(cursor.byte()?);
    if width > 56 && width != 64 {
        return None;
    }
    Some(Coded { least, width, packed: cursor.take(packed_bytes(count, width))? })
}

impl Coded<'_> {
    /// Adds the residues to the bits of `values`.
    pub(super) fn add_to(&self, values: &mut [f64]) {
        let least = self.least.cast_unsigned();
        let mut packed = self.packed;
        for values in values.chunks_mut(CHUNK) {
            let (head, rest) = packed.split_at(packed_bytes(values.len(), self.width));
            packed = rest;
            let mut residues = [0_u64; CHUNK];
            let residues = &mut residues[..values.len()];
            unpack(head, self.width, residues, |residue| residue);
            for (value, residue) in values.iter_mut().zip(residues) {
                *value = f64::from_bits(value.to_bits().wrapping_add(least).wrapping_add(*residue));
            }
        }
    }
}
