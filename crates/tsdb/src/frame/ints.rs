//! A column of integers, coded in the cheapest of four ways.
//!
//! constant: the first value. offsets: the least value, then distances to it. deltas: the first
//! value and the least difference, then distances to that. deltas of deltas: one step further. A
//! common factor of the distances is taken out, and in blocks few wide ones are patched.
//! All arithmetic wraps, so any integers go through.
#![expect(clippy::cast_possible_truncation, reason = "widths and counts fit a byte")]

use super::pack::{pack, packed_bytes, unpack, width_of};
use super::patch::{self, Patched};
use super::{Effort, FRAME_MAX, PATCHED, UNIT};
use crate::wire::{Cursor, put_signed, put_varint, zigzag};

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
    const fn packed(self, count: usize) -> Option<usize> {
        match self {
            Self::Constant => Some(0),
            Self::Offsets => Some(count),
            Self::Deltas => count.checked_sub(1),
            Self::DeltaDeltas => count.checked_sub(2),
        }
    }
}

/// What coding a column would take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) mode: Mode,
    effort: Effort,
    least: i64,
    width: u32,
    pub(super) size_bytes: usize,
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
pub(super) fn plan(values: &[i64], effort: Effort, scratch: &mut [u64]) -> Plan {
    let first = values[0];
    let (mut direct, mut deltas) = (Range::EMPTY, Range::EMPTY);
    direct.add(first);
    for pair in values.windows(2) {
        direct.add(pair[1]);
        deltas.add(pair[1].wrapping_sub(pair[0]));
    }
    let mode = Mode::Constant;
    if direct.min == direct.max {
        return Plan { mode, effort, least: first, width: 0, size_bytes: varint_bytes(first) };
    }
    let mut packed = |mode, least, width| {
        let mut plan = Plan { mode, effort, least, width, size_bytes: 0 };
        plan.size_bytes = plan.packed_bytes(values, scratch);
        plan
    };
    let mut best = packed(Mode::Offsets, direct.min, direct.width());
    best.size_bytes += varint_bytes(direct.min);

    let rest = values.len() - 1;
    let mut other = packed(Mode::Deltas, deltas.min, deltas.width());
    other.size_bytes += varint_bytes(first) + varint_bytes(deltas.min);
    if other.size_bytes < best.size_bytes {
        best = other;
    }
    // Noise in the differences only grows in the next step: two more bits are the best it can do.
    if rest >= 2 && deltas.width() > 0 {
        let mut second = Range::EMPTY;
        for triple in values.windows(3) {
            let (a, b) = (triple[1].wrapping_sub(triple[0]), triple[2].wrapping_sub(triple[1]));
            second.add(b.wrapping_sub(a));
        }
        let mut other = packed(Mode::DeltaDeltas, second.min, second.width());
        other.size_bytes += varint_bytes(first)
            + varint_bytes(values[1].wrapping_sub(first))
            + varint_bytes(second.min);
        if other.size_bytes < best.size_bytes {
            best = other;
        }
    }
    best
}

impl Plan {
    /// What the packed numbers take.
    fn packed_bytes(&self, values: &[i64], scratch: &mut [u64]) -> usize {
        let count = self.mode.packed(values.len()).unwrap_or(0);
        if self.effort < Effort::Block {
            return packed_bytes(count, self.width);
        }
        self.distances(values, scratch);
        patch::plan(&scratch[..count], self.width).size_bytes
    }

    /// Computes what is packed, before anything common is taken out.
    fn distances(&self, values: &[i64], scratch: &mut [u64]) {
        let distance = |value: i64| value.wrapping_sub(self.least).cast_unsigned();
        match self.mode {
            Mode::Constant => {}
            Mode::Offsets => {
                for (slot, &value) in scratch.iter_mut().zip(values) {
                    *slot = distance(value);
                }
            }
            Mode::Deltas => {
                for (slot, pair) in scratch.iter_mut().zip(values.windows(2)) {
                    *slot = distance(pair[1].wrapping_sub(pair[0]));
                }
            }
            Mode::DeltaDeltas => {
                for (slot, triple) in scratch.iter_mut().zip(values.windows(3)) {
                    let (a, b) =
                        (triple[1].wrapping_sub(triple[0]), triple[2].wrapping_sub(triple[1]));
                    *slot = distance(b.wrapping_sub(a));
                }
            }
        }
    }
}

/// The greatest common factor of all numbers, or 1 where it would not pay to know it.
fn common_factor(numbers: &[u64]) -> u64 {
    let mut factor = 0_u64;
    for &number in numbers {
        if number == 0 || (factor.is_power_of_two() && number & (factor - 1) == 0) {
            continue;
        }
        let (mut a, mut b) = (number, factor);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        factor = a;
        if factor == 1 {
            break;
        }
    }
    factor.max(1)
}

/// A column ready to be written; its packed numbers are in the scratch memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prepared {
    mode: Mode,
    first: i64,
    second: i64,
    least: i64,
    unit: u64,
    packed: usize,
    patched: Patched,
}

/// Computes what is packed, as `plan` says.
pub(super) fn prepare(values: &[i64], plan: Plan, scratch: &mut [u64]) -> Prepared {
    let packed = plan.mode.packed(values.len()).unwrap_or(0);
    plan.distances(values, scratch);
    let numbers = &mut scratch[..packed];
    let (mut unit, mut width) = (1, plan.width);
    if plan.effort > Effort::Head && width > 1 {
        unit = common_factor(numbers);
        if unit > 1 {
            for number in &mut *numbers {
                *number /= unit;
            }
            width = width_of(numbers.iter().fold(0, |all, &number| all | number));
        }
    }
    let patched = if plan.effort == Effort::Block {
        patch::plan(numbers, width)
    } else {
        Patched { base: 0, width, size_bytes: 0, has_wide: false }
    };
    let mut least = plan.least;
    if patched.base != 0 {
        least = least.wrapping_add(unit.wrapping_mul(patched.base).cast_signed());
        for number in numbers {
            *number = number.wrapping_sub(patched.base);
        }
    }
    let first = if plan.mode == Mode::Offsets { least } else { values[0] };
    let second = values.get(1).map_or(0, |second| second.wrapping_sub(values[0]));
    Prepared { mode: plan.mode, first, second, least, unit, packed, patched }
}

impl Prepared {
    /// What the second byte of the frame says about the integers.
    pub(super) const fn flags(&self) -> u8 {
        (if self.unit > 1 { UNIT } else { 0 }) | (if self.patched.has_wide { PATCHED } else { 0 })
    }

    /// Appends the column.
    pub(super) fn put(&self, out: &mut Vec<u8>, scratch: &mut [u64]) {
        put_signed(out, self.first);
        match self.mode {
            Mode::Constant => return,
            Mode::Offsets => {}
            Mode::Deltas => put_signed(out, self.least),
            Mode::DeltaDeltas => {
                put_signed(out, self.second);
                put_signed(out, self.least);
            }
        }
        out.push(self.patched.width as u8);
        if self.unit > 1 {
            put_varint(out, self.unit);
        }
        let numbers = &mut scratch[..self.packed];
        if self.patched.has_wide {
            patch::put(out, numbers, self.patched.width);
        }
        pack(out, numbers, self.patched.width);
    }
}

/// The coded integers of one column, before they are computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded<'a> {
    mode: Mode,
    first: i64,
    second: i64,
    least: i64,
    unit: u64,
    width: u32,
    packed: &'a [u8],
    patches: Option<&'a [u8]>,
}

/// Reads the coding of `count` integers, which is at least 1.
#[inline]
pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    (mode, flags): (Mode, u8),
    count: usize,
) -> Option<Coded<'a>> {
    let first = cursor.signed()?;
    let mut coded = Coded {
        mode,
        first,
        second: 0,
        least: first,
        unit: 1,
        width: 0,
        packed: &[],
        patches: None,
    };
    match mode {
        Mode::Constant => return Some(coded),
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
    coded.packed = cursor.take(packed_bytes(packed, coded.width))?;
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

    /// Computes what `of` makes of the integers into `out`, whose length is the count.
    #[inline]
    pub(super) fn decode<T: Copy>(&self, out: &mut [T], of: impl Fn(i64) -> T) {
        let Self { packed: bytes, width, unit, .. } = *self;
        match self.patches {
            None if unit == 1 => self.assemble(out, of, &Packed { bytes, width }),
            None => self.assemble(out, of, &Scaled { bytes, width, unit }),
            Some(patches) => self.decode_patched(out, of, patches),
        }
    }

    /// Decodes numbers that have patches, in two steps.
    fn decode_patched<T: Copy>(&self, out: &mut [T], of: impl Fn(i64) -> T, patches: &[u8]) {
        let mut numbers = [0_u64; FRAME_MAX];
        let packed = self.mode.packed(out.len()).unwrap_or(0).min(FRAME_MAX);
        let numbers = &mut numbers[..packed];
        unpack(self.packed, self.width, numbers, |number| number);
        patch::apply(patches, numbers, self.width);
        self.assemble(out, of, &Unpacked { numbers, unit: self.unit });
    }

    /// Computes the integers from their distances.
    #[inline]
    fn assemble<T: Copy>(&self, out: &mut [T], of: impl Fn(i64) -> T, from: &impl Distances) {
        let Some((head, rest)) = out.split_first_mut() else { return };
        match self.mode {
            Mode::Constant => out.fill(of(self.first)),
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

/// Distances without their common factor.
struct Unpacked<'a> {
    numbers: &'a [u64],
    unit: u64,
}

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
        for (slot, &number) in out.iter_mut().zip(self.numbers) {
            *slot = of(number.wrapping_mul(self.unit));
        }
    }
}
