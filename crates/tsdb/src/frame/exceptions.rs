//! Values of a frame that are not among its integers.

use regain_model::{STALE_NAN, is_stale};

use super::{EXCEPTIONS, FRAME_MAX};
use crate::wire::{Cursor, put_varint};

/// Marks an exception whose eight bytes follow; without it, it is a staleness marker.
const RAW: u64 = 1;

/// Which values of a frame are not among its integers.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    mask: [u64; FRAME_MAX / 64],
    count: usize,
}

impl Exceptions {
    pub(super) fn add(&mut self, index: usize) {
        self.mask[index / 64] |= 1 << (index % 64);
        self.count += 1;
    }

    pub(super) const fn has(&self, index: usize) -> bool {
        self.mask[index / 64] >> (index % 64) & 1 == 1
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// How many are no staleness markers.
    pub(super) fn raw(&self, values: &[f64]) -> usize {
        if self.count == 0 { 0 } else { self.indexes().filter(|&at| !is_stale(values[at])).count() }
    }

    fn indexes(&self) -> impl Iterator<Item = usize> + '_ {
        crate::lane::row::slots(&self.mask)
    }

    /// The bit of a frame's first byte that says whether there are any.
    pub(super) const fn flag(&self) -> u8 {
        if self.count > 0 { EXCEPTIONS } else { 0 }
    }

    /// What they take, roughly.
    pub(super) fn size_bytes(&self, values: &[f64]) -> usize {
        if self.count == 0 { 0 } else { 1 + self.count + 8 * self.raw(values) }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>, values: &[f64]) {
        if self.count == 0 {
            return;
        }
        put_varint(out, self.count as u64);
        let mut next = 0;
        for index in self.indexes() {
            let gap = (index - next) as u64;
            next = index + 1;
            if is_stale(values[index]) {
                put_varint(out, gap << 1);
            } else {
                put_varint(out, gap << 1 | RAW);
                out.extend_from_slice(&values[index].to_bits().to_le_bytes());
            }
        }
    }
}

/// The bytes of the exceptions of `values` numbers, whose positions are checked.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, values: usize) -> Option<&'a [u8]> {
    let count = cursor.count()?;
    let start = cursor.0;
    let mut next = 0_usize;
    for _ in 0..count {
        let at = cursor.varint()?;
        next = next.checked_add(usize::try_from(at >> 1).ok()?)?;
        if next >= values {
            return None;
        }
        next += 1;
        if at & RAW != 0 {
            cursor.take(8)?;
        }
    }
    start.get(..start.len() - cursor.0.len())
}

/// Puts the exceptions that [`read`] has checked in their places.
pub(super) fn patch(exceptions: &[u8], out: &mut [f64]) {
    let mut cursor = Cursor(exceptions);
    let mut next = 0;
    while let Some(at) = cursor.varint() {
        let bits = if at & RAW == 0 { Some(STALE_NAN.to_bits()) } else { cursor.u64() };
        let index = usize::try_from(at >> 1).ok().map(|gap| next + gap);
        let slot = index.and_then(|index| out.get_mut(index).map(|slot| (index, slot)));
        let (Some(bits), Some((index, slot))) = (bits, slot) else { return };
        *slot = f64::from_bits(bits);
        next = index + 1;
    }
}
