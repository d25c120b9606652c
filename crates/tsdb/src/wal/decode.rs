//! Reads what `batch.rs` writes.

use std::sync::Arc;

use super::batch::{Chain, FILL, KEY, MARK, SAME_MASK, as_integer};
use crate::lane::row::{Mask, Row, has, words};
use crate::wire::{Cursor, unzigzag};

/// Reads a mark: up to where the file was durable when the mark was written.
pub(crate) fn read_mark(payload: &[u8]) -> Option<u64> {
    let mut cursor = Cursor(payload);
    if cursor.varint()? == MARK { cursor.varint() } else { None }
}

/// The head of a batch.
#[derive(Debug)]
pub(crate) struct BatchHead<'a> {
    pub(crate) lane: u32,
    pub(crate) sequence: u64,
    /// The lane's name, in a key batch.
    pub(crate) key: Option<&'a [u8]>,
}

impl<'a> BatchHead<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let (lane, sequence) = (cursor.id()?, cursor.varint()?);
        let key = if cursor.byte()? & KEY != 0 { Some(cursor.bytes()?) } else { None };
        Some(Self { lane, sequence, key })
    }
}

/// Reads the slots that a batch defines: slot and series.
pub(crate) fn read_slots(cursor: &mut Cursor<'_>) -> Option<Vec<(u32, u32)>> {
    let count = cursor.count()?;
    let mut slots = Vec::with_capacity(count);
    let (mut next_slot, mut next_series) = (0_i64, 0_i64);
    for _ in 0..count {
        let slot = next_slot.checked_add(cursor.signed()?)?;
        let series = next_series.checked_add(cursor.signed()?)?;
        slots.push((u32::try_from(slot).ok()?, u32::try_from(series).ok()?));
        (next_slot, next_series) = (slot + 1, series + 1);
    }
    Some(slots)
}

/// Reads the next row, of at most `slots_max` slots, and whether it fills one that is there; moves the
/// chain on.
pub(crate) fn read_row(
    cursor: &mut Cursor<'_>,
    chain: &mut Chain,
    slots_max: usize,
) -> Option<(Arc<Row>, bool)> {
    let (before_time, before, before_mask) = chain.before();
    let flags = cursor.byte()?;
    let fill = flags & FILL != 0;
    let time = before_time.wrapping_add(cursor.signed()?);
    let (slots, mask) = if flags & SAME_MASK != 0 {
        (before.len(), Arc::clone(before_mask?))
    } else {
        let slots = usize::try_from(cursor.varint()?).ok()?;
        if slots > slots_max {
            return None;
        }
        (slots, read_mask(cursor, slots)?)
    };
    let before = if fill { &[] } else { before };
    let values = read_values(cursor, slots, &mask, before)?;
    let row = Arc::new(Row { time, values, mask });
    if !fill {
        chain.last = Some(Arc::clone(&row));
    }
    Some((row, fill))
}

fn read_mask(cursor: &mut Cursor<'_>, slots: usize) -> Option<Mask> {
    let mut mask = vec![0_u64; words(slots)];
    match cursor.byte()? {
        0 => {
            for (index, word) in mask.iter_mut().enumerate() {
                let rest = slots - index * 64;
                *word = if rest >= 64 { u64::MAX } else { (1 << rest) - 1 };
            }
        }
        1 => {
            let mut next = 0_usize;
            for _ in 0..cursor.count()? {
                let slot = next.checked_add(usize::try_from(cursor.varint()?).ok()?)?;
                if slot >= slots {
                    return None;
                }
                mask[slot / 64] |= 1 << (slot % 64);
                next = slot + 1;
            }
        }
        2 => {
            for word in &mut mask {
                *word = cursor.u64()?;
            }
            if !slots.is_multiple_of(64) && mask.last()? >> (slots % 64) != 0 {
                return None;
            }
        }
        _ => return None,
    }
    Some(mask.into())
}

fn read_values(
    cursor: &mut Cursor<'_>,
    slots: usize,
    mask: &[u64],
    before: &[f64],
) -> Option<Box<[f64]>> {
    let mut values = vec![0.0; slots].into_boxed_slice();
    let shared = slots.min(before.len());
    values[..shared].copy_from_slice(&before[..shared]);
    for (group, &mask) in values.chunks_mut(64).zip(mask) {
        if mask == 0 {
            group.fill(0.0);
            continue;
        }
        let mut bytes = [0; 8];
        let length = group.len().div_ceil(8);
        bytes[..length].copy_from_slice(cursor.take(length)?);
        let mut changed = u64::from_le_bytes(bytes);
        if changed & !mask != 0 {
            return None;
        }
        if mask != u64::MAX {
            for (bit, value) in group.iter_mut().enumerate() {
                if !has(&[mask], bit) {
                    *value = 0.0;
                }
            }
        }
        while changed != 0 {
            let bit = changed.trailing_zeros() as usize;
            changed &= changed - 1;
            let value = group.get_mut(bit)?;
            *value = read_value(cursor, *value)?;
        }
    }
    Some(values)
}

/// Reads a value as a change of `before`.
#[inline]
fn read_value(cursor: &mut Cursor<'_>, before: f64) -> Option<f64> {
    let first = *cursor.0.first()?;
    if first & 1 == 0 {
        let difference = unzigzag(cursor.varint()? >> 1);
        let integer = as_integer(before)?.checked_add(difference)?;
        return Some(integer as f64);
    }
    cursor.byte()?;
    let skipped = u32::from(first >> 1 & 7);
    let length = usize::from(first >> 4 & 7) + 1;
    let mut bytes = [0; 8];
    bytes[..length].copy_from_slice(cursor.take(length)?);
    let bits = u64::from_le_bytes(bytes).checked_shl(skipped * 8)?;
    Some(f64::from_bits(before.to_bits() ^ bits))
}

/// Reads the samples that fit no row: slot, time, value.
pub(crate) fn read_own(cursor: &mut Cursor<'_>, chain: &Chain) -> Option<Vec<(u32, i64, f64)>> {
    let count = cursor.count()?;
    let mut own = Vec::with_capacity(count);
    let mut time = chain.before().0;
    for _ in 0..count {
        let slot = cursor.id()?;
        time = time.wrapping_add(cursor.signed()?);
        own.push((slot, time, read_value(cursor, 0.0)?));
    }
    Some(own)
}
