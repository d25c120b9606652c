//! Floats as bits: what all have in common with the first is taken out at both ends.
#![expect(clippy::cast_possible_truncation, reason = "widths fit a byte")]

use super::FRAME_MAX;
use super::pack::{pack, packed_bytes, unpack, width_of};
use crate::wire::Cursor;

/// Appends `values`, which are not empty.
pub(super) fn put(out: &mut Vec<u8>, values: &[f64], scratch: &mut [u64; FRAME_MAX]) {
    let first = values[0].to_bits();
    let scratch = &mut scratch[..values.len() - 1];
    let mut all = 0;
    for (slot, value) in scratch.iter_mut().zip(&values[1..]) {
        *slot = value.to_bits() ^ first;
        all |= *slot;
    }
    let shift = if all == 0 { 0 } else { all.trailing_zeros() };
    for slot in &mut *scratch {
        *slot >>= shift;
    }
    let width = width_of(all >> shift);
    out.extend_from_slice(&first.to_le_bytes());
    out.push(shift as u8);
    out.push(width as u8);
    pack(out, scratch, width);
}

/// The coded bits of one column, before they are computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded<'a> {
    first: u64,
    shift: u32,
    width: u32,
    packed: &'a [u8],
}

/// Reads the coding of `count` values, which is at least 1.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, count: usize) -> Option<Coded<'a>> {
    let first = cursor.u64()?;
    let shift = u32::from(cursor.byte()?);
    let width = u32::from(cursor.byte()?);
    if shift > 63 || (width > 56 && width != 64) {
        return None;
    }
    Some(Coded { first, shift, width, packed: cursor.take(packed_bytes(count - 1, width))? })
}

impl Coded<'_> {
    /// Computes the values into `out`, whose length is the count.
    pub(super) fn decode(&self, out: &mut [f64]) {
        let Some((head, rest)) = out.split_first_mut() else { return };
        *head = f64::from_bits(self.first);
        unpack(self.packed, self.width, rest, |bits| {
            f64::from_bits((bits << self.shift) ^ self.first)
        });
    }
}
