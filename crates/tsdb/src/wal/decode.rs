//! Reads what `batch.rs` writes.

use std::sync::Arc;

use regain_model::Histogram;
use regain_storage::{Value, histogram_index, is_histogram};

use super::batch::{Chain, FILL, HISTOGRAMS, KEY, MARK, OWN_STARTS, SAME_MASK, STARTS, as_integer};
use crate::histogram::change;
use crate::lane::row::{Beside, Mask, Row, Sample, Starts, has, words};
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
    /// Whether the samples that fit no row have start timestamps.
    pub(crate) own_starts: bool,
}

impl<'a> BatchHead<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let (lane, sequence) = (cursor.id()?, cursor.varint()?);
        let flags = cursor.byte()?;
        let key = if flags & KEY != 0 { Some(cursor.bytes()?) } else { None };
        Some(Self { lane, sequence, key, own_starts: flags & OWN_STARTS != 0 })
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
    let last = chain.last.clone();
    let (before_time, before, before_mask) = chain.before();
    let flags = cursor.byte()?;
    let fill = flags & FILL != 0;
    let last = last.filter(|_| !fill);
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
    let had = last.as_ref().is_some_and(|last| !last.histograms().is_empty());
    let mut histograms = Vec::new();
    if flags & HISTOGRAMS != 0 || had || values.iter().any(|&value| is_histogram(value)) {
        histograms = Row::histogram_slots(&values, &mask, |slot| {
            // A place without the flag is no place.
            (flags & HISTOGRAMS != 0).then(|| read_histogram(cursor, slot, chain))?
        })?;
    }
    let starts = read_starts(cursor, flags & STARTS != 0, &mask, last.as_deref())?;
    let beside = Beside::of(histograms, starts);
    let row = Arc::new(Row { time, values, mask, beside });
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
        if mask != u64::MAX {
            for (bit, value) in group.iter_mut().enumerate() {
                if !has(&[mask], bit) {
                    *value = 0.0;
                }
            }
        }
        read_group(cursor, group, mask)?;
    }
    Some(values)
}

/// Reads which of at most 64 numbers changed, of those in `mask`, and changes them.
#[inline]
pub(crate) fn read_group(cursor: &mut Cursor<'_>, group: &mut [f64], mask: u64) -> Option<()> {
    let mut bytes = [0; 8];
    let length = group.len().div_ceil(8);
    bytes[..length].copy_from_slice(cursor.take(length)?);
    let mut changed = u64::from_le_bytes(bytes);
    if changed & !mask != 0 {
        return None;
    }
    while changed != 0 {
        let bit = changed.trailing_zeros() as usize;
        changed &= changed - 1;
        let value = group.get_mut(bit)?;
        *value = read_value(cursor, *value)?;
    }
    Some(())
}

/// Reads a histogram as a change of the slot's last one.
fn read_histogram(
    cursor: &mut Cursor<'_>,
    slot: usize,
    chain: &mut Chain,
) -> Option<Arc<Histogram>> {
    let slot = u32::try_from(slot).ok()?;
    let before = chain.histograms.get(&slot).map(Arc::as_ref);
    let histogram = Arc::new(change::read(cursor, before)?);
    chain.histograms.insert(slot, Arc::clone(&histogram));
    Some(histogram)
}

/// The starts of a row: those of the row before as far as the slots are in both, but for the changes that
/// are read where there are any.
fn read_starts(
    cursor: &mut Cursor<'_>,
    is_changed: bool,
    mask: &[u64],
    last: Option<&Row>,
) -> Option<Starts> {
    let here = |&&(slot, _): &&(u32, i64)| has(mask, slot as usize);
    let before = last.map_or(&[][..], Row::starts);
    if !is_changed && before.is_empty() {
        return Some(Starts::default());
    }
    if !is_changed {
        if let Some(beside) = last.and_then(|last| last.beside.as_ref())
            && before.iter().all(|start| here(&start))
        {
            return Some(Arc::clone(&beside.starts));
        }
        return Some(before.iter().filter(here).copied().collect());
    }
    let mut before = before.iter().filter(here).copied().peekable();
    let (mut starts, mut next) = (Vec::new(), 0_u32);
    for _ in 0..cursor.count()? {
        let slot = next.checked_add(cursor.id()?)?;
        next = slot.checked_add(1)?;
        if !has(mask, slot as usize) {
            return None;
        }
        while let Some(kept) = before.next_if(|&(kept, _)| kept < slot) {
            starts.push(kept);
        }
        let was = before.next_if(|&(kept, _)| kept == slot).map_or(0, |kept| kept.1);
        let start = was.wrapping_add(cursor.signed()?);
        if start != 0 {
            starts.push((slot, start));
        }
    }
    starts.extend(before);
    Some(starts.into())
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

/// Reads the samples that fit no row, with their slots.
pub(crate) fn read_own(
    cursor: &mut Cursor<'_>,
    chain: &mut Chain,
    has_starts: bool,
) -> Option<Vec<(u32, Sample)>> {
    let count = cursor.count()?;
    let mut own = Vec::with_capacity(count);
    let (mut time, mut start) = (chain.before().0, 0_i64);
    for _ in 0..count {
        let slot = cursor.id()?;
        time = time.wrapping_add(cursor.signed()?);
        if has_starts {
            start = start.wrapping_add(cursor.signed()?);
        }
        let value = read_value(cursor, 0.0)?;
        let value = match histogram_index(value) {
            None => Value::Float(value),
            Some(0) => Value::Histogram(read_histogram(cursor, slot as usize, chain)?),
            Some(_) => return None,
        };
        own.push((slot, Sample { time, start, value }));
    }
    Some(own)
}
