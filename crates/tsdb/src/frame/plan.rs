//! How a column of integers takes the least.
#![expect(clippy::cast_possible_truncation, reason = "widths and counts fit a byte")]

use super::ints::{Mode, SLOPE_BITS, line};
use super::pack::{pack, packed_bytes, width_of};
use super::patch::{self, Patched};
use super::{DENSE, Effort, LINE, PATCHED, UNIT, dense};
use crate::wire::{put_signed, put_varint, zigzag};

/// Fewer integers are not worth a line.
const LINE_MIN: usize = 32;

/// Lines are no steeper, so that floats are exact enough to find them.
const SLOPE_MAX: f64 = (1_u64 << 46) as f64;

/// Integers further apart have no unit from the start: their differences may have wrapped.
const UNIT_WIDTH_MAX: u32 = 53;

/// Dense numbers take longer to read: they have to save a part, one for so many bytes that they take.
const DENSE_SAVES: usize = 9;

/// What coding a column would take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) mode: Mode,
    effort: Effort,
    least: i64,
    /// By how much the line below the offsets rises, in units; 0 for none.
    slope: i64,
    /// What all differences are multiples of, in a block.
    unit: u64,
    width: u32,
    /// Roughly; a little more than it is where reading takes longer.
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
        let size_bytes = varint_bytes(first);
        return Plan { mode, effort, least: first, slope: 0, unit: 1, width: 0, size_bytes };
    }
    let is_block = effort == Effort::Block;
    let unit = if is_block && direct.width() <= UNIT_WIDTH_MAX { unit_of(values) } else { 1 };
    let mut planned = |mode, (least, slope), width, head_bytes| {
        let mut plan = Plan { mode, effort, least, slope, unit, width, size_bytes: head_bytes };
        plan.size_bytes += plan.packed_bytes(values, scratch);
        plan
    };
    let head_bytes = varint_bytes(direct.min);
    let mut best = planned(Mode::Offsets, (direct.min, 0), direct.width(), head_bytes);
    let mut offer = |other: Plan| {
        if other.size_bytes < best.size_bytes {
            best = other;
        }
    };
    let head_bytes = varint_bytes(first) + varint_bytes(deltas.min);
    offer(planned(Mode::Deltas, (deltas.min, 0), deltas.width(), head_bytes));
    // Noise in the differences only grows in the next step: two more bits are the best it can do.
    if values.len() > 2 && deltas.width() > 0 {
        let mut second = Range::EMPTY;
        for triple in values.windows(3) {
            let (a, b) = (triple[1].wrapping_sub(triple[0]), triple[2].wrapping_sub(triple[1]));
            second.add(b.wrapping_sub(a));
        }
        let step = varint_bytes(values[1].wrapping_sub(first));
        let head_bytes = varint_bytes(first) + step + varint_bytes(second.min);
        offer(planned(Mode::DeltaDeltas, (second.min, 0), second.width(), head_bytes));
        if is_block
            && deltas.width() < direct.width()
            && let Some(slope) = slope_of(values, unit)
        {
            let mut above = Range::EMPTY;
            for (&value, height) in values.iter().zip(line(slope, unit)) {
                above.add(value.wrapping_sub(height));
            }
            let head_bytes = varint_bytes(above.min) + varint_bytes(slope) + 2;
            offer(planned(Mode::Offsets, (above.min, slope), above.width(), head_bytes));
        }
    }
    best
}

/// What all differences of values are multiples of.
fn unit_of(values: &[i64]) -> u64 {
    common_factor(values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]).unsigned_abs()))
}

/// The slope of the line that lies closest to the values, where there is one.
fn slope_of(values: &[i64], unit: u64) -> Option<i64> {
    if values.len() < LINE_MIN {
        return None;
    }
    let count = values.len() as f64;
    let (mut at, mut sum) = ((1.0 - count) / 2.0, 0.0);
    for &value in values {
        sum += at * value.wrapping_sub(values[0]) as f64;
        at += 1.0;
    }
    let rise = sum * 12.0 / (count * (count * count - 1.0));
    let slope = rise / unit as f64 * f64::from(1_u32 << SLOPE_BITS);
    (0.5..SLOPE_MAX).contains(&slope.abs()).then(|| slope.round() as i64)
}

impl Plan {
    /// What the packed numbers take.
    fn packed_bytes(&self, values: &[i64], scratch: &mut [u64]) -> usize {
        let count = self.mode.packed(values.len()).unwrap_or(0);
        if self.effort < Effort::Block {
            return packed_bytes(count, self.width);
        }
        self.distances(values, scratch);
        let (numbers, mut width) = (&mut scratch[..count], self.width);
        if self.unit > 1 {
            width = divide(numbers, self.unit);
        }
        Packing::of(numbers, width).cost()
    }

    /// Computes what is packed, before anything common is taken out.
    fn distances(&self, values: &[i64], scratch: &mut [u64]) {
        let distance = |value: i64| value.wrapping_sub(self.least).cast_unsigned();
        match self.mode {
            Mode::Constant => {}
            Mode::Offsets if self.slope != 0 => {
                let heights = line(self.slope, self.unit);
                for ((slot, &value), height) in scratch.iter_mut().zip(values).zip(heights) {
                    *slot = distance(value.wrapping_sub(height));
                }
            }
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

/// How numbers are packed in a block.
#[derive(Clone, Copy, Debug)]
struct Packing {
    patched: Patched,
    dense: Option<dense::Plan>,
    size_bytes: usize,
}

impl Packing {
    /// The best way for `numbers`, the least of which is 0 and the widest of which has `width` bits.
    fn of(numbers: &[u64], width: u32) -> Self {
        let plain_bytes = packed_bytes(numbers.len(), width);
        let plain = Patched { base: 0, width, size_bytes: plain_bytes, has_wide: false };
        let patched = patch::plan(numbers, width);
        let mut best = Self { patched, dense: None, size_bytes: patched.size_bytes };
        for patched in [Some(plain), patched.has_wide.then_some(patched)].into_iter().flatten() {
            let Some(dense) = dense::plan(numbers, patched.base, patched.width) else { continue };
            let packed = packed_bytes(numbers.len(), patched.width);
            let size_bytes = patched.size_bytes - packed + dense.size_bytes;
            let dense = Self { patched, dense: Some(dense), size_bytes };
            if dense.cost() < best.cost() {
                best = dense;
            }
        }
        best
    }

    /// The bytes, and what dense numbers must save.
    const fn cost(&self) -> usize {
        match self.dense {
            None => self.size_bytes,
            Some(_) => self.size_bytes + self.size_bytes / DENSE_SAVES,
        }
    }
}

/// Divides all numbers, and returns the width of the widest.
fn divide(numbers: &mut [u64], unit: u64) -> u32 {
    let mut all = 0;
    for number in numbers {
        debug_assert!(number.is_multiple_of(unit), "the unit is a factor of all");
        *number /= unit;
        all |= *number;
    }
    width_of(all)
}

/// The greatest common factor of all numbers, or 1 where it would not pay to know it.
fn common_factor(numbers: impl Iterator<Item = u64>) -> u64 {
    let mut factor = 0_u64;
    for number in numbers {
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
    slope: i64,
    unit: u64,
    packed: usize,
    packing: Packing,
}

/// Computes what is packed, as `plan` says.
pub(super) fn prepare(values: &[i64], plan: Plan, scratch: &mut [u64]) -> Prepared {
    let packed = plan.mode.packed(values.len()).unwrap_or(0);
    plan.distances(values, scratch);
    let numbers = &mut scratch[..packed];
    let (mut unit, mut width) = (1, plan.width);
    if plan.effort > Effort::Head && width > 1 {
        // A line is a line in its own unit only.
        let is_line = plan.slope != 0;
        unit = if is_line { plan.unit } else { common_factor(numbers.iter().copied()) };
        if unit > 1 {
            width = divide(numbers, unit);
        }
    }
    let packing = if plan.effort == Effort::Block {
        Packing::of(numbers, width)
    } else {
        let patched = Patched { base: 0, width, size_bytes: 0, has_wide: false };
        Packing { patched, dense: None, size_bytes: 0 }
    };
    let (mut least, base) = (plan.least, packing.patched.base);
    if base != 0 {
        least = least.wrapping_add(unit.wrapping_mul(base).cast_signed());
        for number in numbers {
            *number = number.wrapping_sub(base);
        }
    }
    let first = if plan.mode == Mode::Offsets { least } else { values[0] };
    let second = values.get(1).map_or(0, |second| second.wrapping_sub(values[0]));
    Prepared { mode: plan.mode, first, second, least, slope: plan.slope, unit, packed, packing }
}

impl Prepared {
    /// What the second byte of the frame says about the integers.
    pub(super) const fn flags(&self) -> u8 {
        let patched = if self.packing.patched.has_wide { PATCHED } else { 0 };
        patched | (if self.unit > 1 { UNIT } else { 0 })
    }

    /// What the third byte of the frame says about the integers.
    pub(super) const fn form(&self) -> u8 {
        let dense = if self.packing.dense.is_some() { DENSE } else { 0 };
        dense | (if self.slope != 0 { LINE } else { 0 })
    }

    /// Appends the column.
    pub(super) fn put(&self, out: &mut Vec<u8>, scratch: &mut [u64]) {
        put_signed(out, self.first);
        match self.mode {
            Mode::Constant => return,
            Mode::Offsets if self.slope != 0 => put_signed(out, self.slope),
            Mode::Offsets => {}
            Mode::Deltas => put_signed(out, self.least),
            Mode::DeltaDeltas => {
                put_signed(out, self.second);
                put_signed(out, self.least);
            }
        }
        let Packing { patched, dense, .. } = self.packing;
        out.push(patched.width as u8);
        if self.unit > 1 {
            put_varint(out, self.unit);
        }
        let numbers = &mut scratch[..self.packed];
        if patched.has_wide {
            patch::put(out, numbers, patched.width);
        }
        match dense {
            Some(dense) => dense::put(out, dense, numbers),
            None => pack(out, numbers, patched.width),
        }
    }
}
