//! A column of integers, coded in one of five ways.
//!
//! constant: the first value. offsets: the least value, then distances to it; or a line, then
//! distances to that. deltas: the first value and the least difference, then distances to that. deltas
//! of deltas: one step further. What the distances have in common is kept once, and few wide ones are
//! apart. All arithmetic wraps, so any integers go through.

use super::pack::{packed_bytes, unpack};
use super::{DENSE, FRAME_MAX, LINE, PATCHED, UNIT, dense, patch};
use crate::wire::Cursor;

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

    /// How many of `count` integers are packed.
    pub(super) const fn packed(self, count: usize) -> Option<usize> {
        match self {
            Self::Constant => Some(0),
            Self::Offsets => Some(count),
            Self::Deltas => count.checked_sub(1),
            Self::DeltaDeltas => count.checked_sub(2),
        }
    }
}

/// The coded integers of one column, before they are computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded<'a> {
    mode: Mode,
    first: i64,
    second: i64,
    least: i64,
    /// By how much the line rises from one integer to the next.
    slope: i64,
    unit: u64,
    width: u32,
    packed: &'a [u8],
    patches: Option<&'a [u8]>,
    dense: Option<dense::Coded<'a>>,
}

/// A line's slope has so many bits after the point.
pub(super) const SLOPE_BITS: u32 = 16;

/// How much higher than at its start a line is at each integer; the slope is one of units.
#[inline]
pub(super) fn line(slope: i64, unit: u64) -> impl Iterator<Item = i64> {
    let mut height = 0_i64;
    std::iter::repeat_with(move || {
        let here = (height >> SLOPE_BITS).wrapping_mul(unit.cast_signed());
        height = height.wrapping_add(slope);
        here
    })
}

/// Reads the coding of `count` integers, which is at least 1. The flags are those of the second and
/// of the third byte.
#[inline]
pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    (mode, flags, form): (Mode, u8, u8),
    count: usize,
) -> Option<Coded<'a>> {
    let first = cursor.signed()?;
    let mut coded = Coded {
        mode,
        first,
        second: 0,
        least: first,
        slope: 0,
        unit: 1,
        width: 0,
        packed: &[],
        patches: None,
        dense: None,
    };
    match mode {
        Mode::Constant => return Some(coded),
        Mode::Offsets if form & LINE != 0 => coded.slope = cursor.signed()?,
        Mode::Offsets => {}
        Mode::Deltas => coded.least = cursor.signed()?,
        Mode::DeltaDeltas => {
            coded.second = cursor.signed()?;
            coded.least = cursor.signed()?;
        }
    }
    let packed = mode.packed(count)?;
    coded.width = u32::from(cursor.byte()?);
    if coded.width > 56 && coded.width != 64 {
        return None;
    }
    if flags & UNIT != 0 {
        coded.unit = cursor.varint()?;
    }
    if flags & PATCHED != 0 {
        if coded.width > 56 {
            return None;
        }
        coded.patches = Some(patch::read(cursor, packed)?);
    }
    if form & DENSE != 0 {
        coded.dense = Some(dense::read(cursor, packed, coded.width)?);
    } else {
        coded.packed = cursor.take(packed_bytes(packed, coded.width))?;
    }
    Some(coded)
}

impl Coded<'_> {
    /// Replaces the first number, with which all others move.
    pub(super) const fn set_first(&mut self, first: i64) {
        self.first = first;
        if matches!(self.mode, Mode::Offsets) {
            self.least = first;
        }
    }

    /// Computes what `of` makes of the first integers into `out`, which is no longer than the count.
    #[inline]
    pub(super) fn decode<T: Copy>(&self, out: &mut [T], of: impl Fn(i64) -> T) {
        let Self { packed: bytes, width, unit, .. } = *self;
        match (self.patches, self.dense) {
            (None, None) if unit == 1 => self.assemble(out, of, &Packed { bytes, width }),
            (None, None) => self.assemble(out, of, &Scaled { bytes, width, unit }),
            _ => self.decode_in_steps(out, of),
        }
    }

    /// Decodes numbers that have patches or are dense.
    fn decode_in_steps<T: Copy>(&self, out: &mut [T], of: impl Fn(i64) -> T) {
        let mut numbers = [0_u64; FRAME_MAX];
        let packed = self.mode.packed(out.len()).unwrap_or(0).min(FRAME_MAX);
        let numbers = &mut numbers[..packed];
        match &self.dense {
            Some(dense) => dense.decode(numbers),
            None => unpack(self.packed, self.width, numbers, |number| number),
        }
        if let Some(patches) = self.patches {
            patch::apply(patches, numbers, self.width);
        }
        if self.unit != 1 {
            for number in &mut *numbers {
                *number = number.wrapping_mul(self.unit);
            }
        }
        self.assemble(out, of, &Unpacked(numbers));
    }

    /// Computes the integers from their distances.
    #[inline]
    fn assemble<T: Copy>(&self, out: &mut [T], of: impl Fn(i64) -> T, from: &impl Distances) {
        let Some((head, rest)) = out.split_first_mut() else { return };
        match self.mode {
            Mode::Constant => out.fill(of(self.first)),
            // Most lines are in units of one, which saves a multiplication.
            Mode::Offsets if self.slope != 0 && self.unit == 1 => self.climb(1, out, of, from),
            Mode::Offsets if self.slope != 0 => self.climb(self.unit, out, of, from),
            Mode::Offsets => {
                from.each(out, |distance| of(self.least.wrapping_add(distance.cast_signed())));
            }
            Mode::Deltas => {
                *head = of(self.first);
                let mut value = self.first;
                from.each(rest, |distance| {
                    value = value.wrapping_add(self.least.wrapping_add(distance.cast_signed()));
                    of(value)
                });
            }
            Mode::DeltaDeltas => {
                *head = of(self.first);
                let Some((second, rest)) = rest.split_first_mut() else { return };
                let (mut value, mut delta) = (self.first.wrapping_add(self.second), self.second);
                *second = of(value);
                from.each(rest, |distance| {
                    delta = delta.wrapping_add(self.least.wrapping_add(distance.cast_signed()));
                    value = value.wrapping_add(delta);
                    of(value)
                });
            }
        }
    }

    /// Computes the integers from their distances to a line.
    #[inline]
    fn climb<T>(&self, unit: u64, out: &mut [T], of: impl Fn(i64) -> T, from: &impl Distances) {
        let mut heights = line(self.slope, unit);
        from.each(out, |distance| {
            let height = heights.next().unwrap_or_default();
            of(self.least.wrapping_add(height).wrapping_add(distance.cast_signed()))
        });
    }
}

/// Where distances come from.
trait Distances {
    /// Fills `out` with what `of` makes of each distance, in their order.
    fn each<T>(&self, out: &mut [T], of: impl FnMut(u64) -> T);
}

/// Distances as they are in a frame.
struct Packed<'a> {
    bytes: &'a [u8],
    width: u32,
}

/// Distances as they are in a frame, without their common factor.
struct Scaled<'a> {
    bytes: &'a [u8],
    width: u32,
    unit: u64,
}

/// Distances as they are.
struct Unpacked<'a>(&'a [u64]);

impl Distances for Packed<'_> {
    #[inline]
    fn each<T>(&self, out: &mut [T], of: impl FnMut(u64) -> T) {
        unpack(self.bytes, self.width, out, of);
    }
}

impl Distances for Scaled<'_> {
    #[inline]
    fn each<T>(&self, out: &mut [T], mut of: impl FnMut(u64) -> T) {
        unpack(self.bytes, self.width, out, |number| of(number.wrapping_mul(self.unit)));
    }
}

impl Distances for Unpacked<'_> {
    #[inline]
    fn each<T>(&self, out: &mut [T], mut of: impl FnMut(u64) -> T) {
        for (slot, &number) in out.iter_mut().zip(self.0) {
            *slot = of(number);
        }
    }
}
