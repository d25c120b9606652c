//! A column of up to 128 integers, coded in the cheapest of four ways.
//!
//! constant: the first value. offsets: the least value, then distances to it. deltas: the first
//! value and the least difference, then distances to that. deltas of deltas: one step further.
//! All arithmetic wraps, so any integers go through.
#![expect(clippy::cast_possible_truncation, reason = "widths and counts fit a byte")]

use super::pack::{pack, packed_bytes, unpack, width_of};
use crate::wire::{Cursor, put_signed, zigzag};

/// How a column of integers is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Constant = 0,
    Offsets = 1,
    Deltas = 2,
    DeltaDeltas = 3,
}

impl Mode {
    pub(super) const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::Constant),
            1 => Some(Self::Offsets),
            2 => Some(Self::Deltas),
            3 => Some(Self::DeltaDeltas),
            _ => None,
        }
    }
}

/// What coding a column would take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) mode: Mode,
    least: i64,
    width: u32,
}

#[derive(Clone, Copy)]
struct Range {
    min: i64,
    max: i64,
}

impl Range {
    const EMPTY: Self = Self { min: i64::MAX, max: i64::MIN };

    #[inline]
    fn add(&mut self, value: i64) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    const fn width(self) -> u32 {
        width_of(self.max.wrapping_sub(self.min).cast_unsigned())
    }
}

const fn varint_bytes(value: i64) -> usize {
    let bits = (u64::BITS - zigzag(value).leading_zeros()) as usize;
    if bits == 0 { 1 } else { bits.div_ceil(7) }
}

/// Chooses how to code `values`, which are not empty.
pub(super) fn plan(values: &[i64]) -> Plan {
    let first = values[0];
    let (mut direct, mut deltas) = (Range::EMPTY, Range::EMPTY);
    direct.add(first);
    for pair in values.windows(2) {
        direct.add(pair[1]);
        deltas.add(pair[1].wrapping_sub(pair[0]));
    }
    if direct.min == direct.max {
        return Plan { mode: Mode::Constant, least: first, width: 0 };
    }
    let rest = values.len() - 1;
    let mut best = Plan { mode: Mode::Offsets, least: direct.min, width: direct.width() };
    let mut size = varint_bytes(direct.min) + packed_bytes(rest + 1, best.width);

    let width = deltas.width();
    let delta_size = varint_bytes(first) + varint_bytes(deltas.min) + packed_bytes(rest, width);
    if delta_size < size {
        best = Plan { mode: Mode::Deltas, least: deltas.min, width };
        size = delta_size;
    }
    // Noise in the differences only grows in the next step: two more bits are the best it can do.
    if rest >= 2 && width > 0 {
        let mut second = Range::EMPTY;
        for triple in values.windows(3) {
            let (a, b) = (triple[1].wrapping_sub(triple[0]), triple[2].wrapping_sub(triple[1]));
            second.add(b.wrapping_sub(a));
        }
        let width = second.width();
        let second_size = varint_bytes(first)
            + varint_bytes(values[1].wrapping_sub(first))
            + varint_bytes(second.min)
            + packed_bytes(rest - 1, width);
        if second_size < size {
            best = Plan { mode: Mode::DeltaDeltas, least: second.min, width };
        }
    }
    best
}

/// Appends `values` as `plan` says, without the mode and the count.
pub(super) fn put(
    out: &mut Vec<u8>,
    values: &[i64],
    plan: Plan,
    scratch: &mut [u64; super::FRAME_MAX],
) {
    let least = plan.least;
    let distance = |value: i64| value.wrapping_sub(least).cast_unsigned();
    let count = match plan.mode {
        Mode::Constant => {
            put_signed(out, values[0]);
            return;
        }
        Mode::Offsets => {
            for (slot, &value) in scratch.iter_mut().zip(values) {
                *slot = distance(value);
            }
            values.len()
        }
        Mode::Deltas => {
            put_signed(out, values[0]);
            for (slot, pair) in scratch.iter_mut().zip(values.windows(2)) {
                *slot = distance(pair[1].wrapping_sub(pair[0]));
            }
            values.len() - 1
        }
        Mode::DeltaDeltas => {
            put_signed(out, values[0]);
            put_signed(out, values[1].wrapping_sub(values[0]));
            for (slot, triple) in scratch.iter_mut().zip(values.windows(3)) {
                let (a, b) = (triple[1].wrapping_sub(triple[0]), triple[2].wrapping_sub(triple[1]));
                *slot = distance(b.wrapping_sub(a));
            }
            values.len() - 2
        }
    };
    put_signed(out, least);
    out.push(plan.width as u8);
    pack(out, &scratch[..count], plan.width);
}

/// The coded integers of one column, before they are computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded<'a> {
    mode: Mode,
    first: i64,
    second: i64,
    least: i64,
    width: u32,
    packed: &'a [u8],
}

/// Reads the coding of `count` integers, which is at least 1.
#[inline]
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, mode: Mode, count: usize) -> Option<Coded<'a>> {
    let first = cursor.signed()?;
    let mut coded = Coded { mode, first, second: 0, least: first, width: 0, packed: &[] };
    let packed = match mode {
        Mode::Constant => return Some(coded),
        Mode::Offsets => count,
        Mode::Deltas => {
            coded.least = cursor.signed()?;
            count - 1
        }
        Mode::DeltaDeltas => {
            coded.second = cursor.signed()?;
            coded.least = cursor.signed()?;
            count.checked_sub(2)?
        }
    };
    coded.width = u32::from(cursor.byte()?);
    if coded.width > 56 && coded.width != 64 {
        return None;
    }
    coded.packed = cursor.take(packed_bytes(packed, coded.width))?;
    Some(coded)
}

impl Coded<'_> {
    /// Computes what `of` makes of the integers into `out`, whose length is the count.
    #[inline]
    pub(super) fn decode<T: Copy>(&self, out: &mut [T], of: impl Fn(i64) -> T) {
        let Some((head, rest)) = out.split_first_mut() else { return };
        match self.mode {
            Mode::Constant => out.fill(of(self.first)),
            Mode::Offsets => unpack(self.packed, self.width, out, |distance| {
                of(self.least.wrapping_add(distance.cast_signed()))
            }),
            Mode::Deltas => {
                *head = of(self.first);
                let mut value = self.first;
                unpack(self.packed, self.width, rest, |distance| {
                    value = value.wrapping_add(self.least.wrapping_add(distance.cast_signed()));
                    of(value)
                });
            }
            Mode::DeltaDeltas => {
                *head = of(self.first);
                let Some((second, rest)) = rest.split_first_mut() else { return };
                let (mut value, mut delta) = (self.first.wrapping_add(self.second), self.second);
                *second = of(value);
                unpack(self.packed, self.width, rest, |distance| {
                    delta = delta.wrapping_add(self.least.wrapping_add(distance.cast_signed()));
                    value = value.wrapping_add(delta);
                    of(value)
                });
            }
        }
    }
}
