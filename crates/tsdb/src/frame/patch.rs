//! Few wide numbers among many narrow ones.
//!
//! Numbers are packed in fewer bits than the widest needs; what the wide ones lack follows with their
//! places. A few that are far below the others would widen all the others: then counting starts above
//! them, and they wrap.

use super::pack::packed_bytes;
use crate::wire::{Cursor, put_varint};

/// At most one in so many numbers is patched.
const SHARE: usize = 8;

/// How many of the least numbers counting may start above.
const LOW_MAX: usize = 8;

/// How to pack some numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patched {
    /// What is taken off every number, wrapping.
    pub(super) base: u64,
    pub(super) width: u32,
    /// What packing them takes, roughly.
    pub(super) size_bytes: usize,
    /// Whether there are numbers that need more bits.
    pub(super) has_wide: bool,
}

fn width(number: u64) -> usize {
    (u64::BITS - number.leading_zeros()) as usize
}

/// How to pack `numbers`, the least of which is 0 and the widest of which has `width_max` bits.
pub(super) fn plan(numbers: &[u64], width_max: u32) -> Patched {
    let size_bytes = packed_bytes(numbers.len(), width_max);
    let plain = Patched { base: 0, width: width_max, size_bytes, has_wide: false };
    if width_max == 0 || numbers.len() <= SHARE {
        return plain;
    }
    let mut best = with_base(numbers, 0, plain);
    // Most numbers as wide as the widest: perhaps a few are far below.
    let wide = 1_u64.checked_shl(width_max - 1).unwrap_or(1 << 63);
    if numbers.iter().filter(|&&number| number >= wide).count() * 2 > numbers.len() {
        for base in low_bases(numbers) {
            best = with_base(numbers, base, best);
        }
    }
    best
}

/// Numbers at which counting may start: the second least, the third, the fifth and the ninth.
fn low_bases(numbers: &[u64]) -> impl Iterator<Item = u64> {
    let mut least = [u64::MAX; LOW_MAX + 1];
    for &number in numbers {
        if number < least[LOW_MAX] {
            let at = least.partition_point(|&other| other <= number);
            least.copy_within(at..LOW_MAX, at + 1);
            least[at] = number;
        }
    }
    [1, 2, 4, LOW_MAX].into_iter().map(move |at| least[at]).filter(|&base| base < u64::MAX)
}

/// The better of `best` and of what counting from `base` takes.
fn with_base(numbers: &[u64], base: u64, best: Patched) -> Patched {
    let mut counts = [0_u32; 65];
    for &number in numbers {
        counts[width(number.wrapping_sub(base))] += 1;
    }
    let widest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    let (mut best, mut patched, mut width) = (best, 0_usize, widest);
    // The bytes of what lies above each width, where every place takes one byte or two.
    let place = if numbers.len() > 128 { 2 } else { 1 };
    loop {
        if patched * SHARE > numbers.len() {
            return best;
        }
        if width <= 56 {
            let above = (width + 1..=widest).filter(|&wide| counts[wide] > 0);
            let high: usize =
                above.map(|wide| counts[wide] as usize * (wide - width).div_ceil(7)).sum();
            let bits = u32::try_from(width).unwrap_or(u64::BITS);
            let size = packed_bytes(numbers.len(), bits) + high + patched * place + 2;
            if size < best.size_bytes && patched > 0 {
                best = Patched { base, width: bits, size_bytes: size, has_wide: true };
            }
        }
        patched += counts[width] as usize;
        if width == 0 {
            return best;
        }
        width -= 1;
    }
}

/// Appends what numbers lack that do not fit `width`, and cuts it off.
pub(super) fn put(out: &mut Vec<u8>, numbers: &mut [u64], width: u32) {
    let mask = (1_u64 << width) - 1;
    let wide = numbers.iter().filter(|&&number| number > mask).count();
    put_varint(out, wide as u64);
    let mut next = 0;
    for (at, number) in numbers.iter_mut().enumerate() {
        if *number > mask {
            put_varint(out, (at - next) as u64);
            put_varint(out, *number >> width);
            *number &= mask;
            next = at + 1;
        }
    }
}

/// Reads past the patches of `numbers` numbers and checks their places.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, numbers: usize) -> Option<&'a [u8]> {
    let count = cursor.count()?;
    let start = cursor.0;
    let mut next = 0_usize;
    for _ in 0..count {
        next = next.checked_add(usize::try_from(cursor.varint()?).ok()?)?;
        if next >= numbers {
            return None;
        }
        next += 1;
        cursor.varint()?;
    }
    start.get(..start.len() - cursor.0.len())
}

/// Adds to `numbers` what they lack.
pub(super) fn apply(patches: &[u8], numbers: &mut [u64], width: u32) {
    let mut cursor = Cursor(patches);
    let mut next = 0;
    while let (Some(gap), Some(high)) = (cursor.varint(), cursor.varint()) {
        let at = usize::try_from(gap).map_or(usize::MAX, |gap| next + gap);
        let Some(number) = numbers.get_mut(at) else { return };
        *number |= high << width;
        next = at + 1;
    }
}
