//! One lane's batch as a record of the write-ahead log (`docs/formats/wal.md`).
//!
//! A row is written against the row before it: which slots changed, and of those the difference of
//! two integers or the bytes in which the bits differ. The first batch of a lane in a file, and
//! every [`KEY_INTERVAL`]th, is a key batch that needs nothing before it.
#![expect(clippy::cast_possible_truncation, reason = "bytes of words are cut off on purpose")]

use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::Histogram;
use regain_storage::{Value, histogram_cell};

use crate::histogram::{change, histogram_at};
use crate::lane::Slot;
use crate::lane::row::{Mask, Row, Sample, has, slots, start_of, words};
use crate::wire::{put_bytes, put_signed, put_varint, zigzag};

/// A damaged batch costs a lane at most this many.
const KEY_INTERVAL: u32 = 32;

/// Stands where a batch has its lane, and is none: the record is a mark.
pub(super) const MARK: u64 = 1 << 32;

/// Stands there, too: the record has exemplars.
pub(crate) const EXEMPLARS: u64 = MARK + 1;

pub(super) const KEY: u8 = 1;
/// The samples that fit no row have start timestamps.
pub(super) const OWN_STARTS: u8 = 2;
/// The row has the slots of the row before it.
pub(super) const SAME_MASK: u8 = 1;
/// The values fill a row that is there.
pub(super) const FILL: u8 = 2;
/// The row has histograms.
pub(super) const HISTOGRAMS: u8 = 4;
/// Start timestamps are others than those of the row before it.
pub(super) const STARTS: u8 = 8;

/// What is staged and not committed.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<BatchRow>,
    /// Samples that fit no row, with their slots.
    pub(crate) own: Vec<(u32, Sample)>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.own.is_empty()
    }
}

/// A new row, or values for one that is there.
#[derive(Debug)]
pub(crate) struct BatchRow {
    pub(crate) row: Arc<Row>,
    pub(crate) fill: bool,
}

/// Where a lane's log is: what the next batch can build on. Writer and reader keep the same.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// The number of the last batch.
    pub(crate) sequence: u64,
    /// The last new row as it was written.
    pub(crate) last: Option<Arc<Row>>,
    /// The last histogram of each slot.
    pub(super) histograms: HashMap<u32, Arc<Histogram>>,
    /// The file of the last batch.
    pub(crate) file: u64,
    batches: u32,
}

impl Chain {
    /// Lets the next batch be a key batch.
    pub(crate) fn restart(&mut self) {
        self.file = 0;
    }

    /// Forgets the last row and the histograms: a key batch builds on none.
    pub(crate) fn forget(&mut self) {
        self.last = None;
        self.histograms.clear();
    }

    /// The mask of the last new row.
    pub(crate) fn mask(&self) -> Option<&Mask> {
        self.last.as_ref().map(|row| &row.mask)
    }

    /// The values and the mask before the next row.
    pub(super) fn before(&self) -> (i64, &[f64], Option<&Mask>) {
        match &self.last {
            Some(row) => (row.time, &row.values, Some(&row.mask)),
            None => (0, &[], None),
        }
    }
}

/// A lane's slots, as far as a batch must define them.
#[derive(Debug)]
pub(crate) struct SlotList<'a> {
    pub(crate) all: &'a [Slot],
    /// Slots that changed since the last batch.
    pub(crate) changed: &'a [u32],
}

/// Appends a mark: the file is durable up to `length`.
pub(super) fn put_mark(out: &mut Vec<u8>, length: u64) {
    put_varint(out, MARK);
    put_varint(out, length);
}

/// Appends the batch and moves the chain on. `file` is the file it will be in.
pub(crate) fn put(
    out: &mut Vec<u8>,
    lane: (u32, &[u8]),
    batch: &Batch,
    slots: &SlotList<'_>,
    (chain, file): (&mut Chain, u64),
) {
    chain.sequence += 1;
    chain.batches += 1;
    let key = chain.file != file || chain.batches >= KEY_INTERVAL;
    let has_starts = batch.own.iter().any(|(_, sample)| sample.start != 0);
    let own_starts = if has_starts { OWN_STARTS } else { 0 };
    put_varint(out, u64::from(lane.0));
    put_varint(out, chain.sequence);
    if key {
        chain.file = file;
        chain.batches = 0;
        chain.forget();
        out.push(KEY | own_starts);
        put_bytes(out, lane.1);
        let count = u32::try_from(slots.all.len()).expect("slots are counted in 32 bits");
        put_slots(out, slots, 0..count);
    } else {
        out.push(own_starts);
        put_slots(out, slots, slots.changed.iter().copied());
    }
    put_varint(out, batch.rows.len() as u64);
    for row in &batch.rows {
        put_row(out, row, chain);
        if !row.fill {
            chain.last = Some(Arc::clone(&row.row));
        }
    }
    put_varint(out, batch.own.len() as u64);
    let (mut before, mut start_before) = (chain.before().0, 0);
    for (slot, Sample { time, start, value }) in &batch.own {
        put_varint(out, u64::from(*slot));
        put_signed(out, time.wrapping_sub(before));
        before = *time;
        if has_starts {
            put_signed(out, start.wrapping_sub(start_before));
            start_before = *start;
        }
        match value {
            Value::Float(value) => put_value(out, 0.0, *value),
            Value::Histogram(histogram) => {
                put_value(out, 0.0, histogram_cell(0));
                put_histogram(out, *slot, histogram, chain);
            }
        }
    }
}

/// Appends a histogram as a change of the slot's last one.
fn put_histogram(out: &mut Vec<u8>, slot: u32, histogram: &Arc<Histogram>, chain: &mut Chain) {
    let before = chain.histograms.insert(slot, Arc::clone(histogram));
    change::put(out, before.as_deref(), histogram);
}

fn put_slots(out: &mut Vec<u8>, slots: &SlotList<'_>, list: impl ExactSizeIterator<Item = u32>) {
    put_varint(out, list.len() as u64);
    let (mut next_slot, mut next_series) = (0_i64, 0_i64);
    for slot in list {
        let series = slots.all[slot as usize].series;
        put_signed(out, i64::from(slot) - next_slot);
        put_signed(out, i64::from(series) - next_series);
        next_slot = i64::from(slot) + 1;
        next_series = i64::from(series) + 1;
    }
}

fn put_row(out: &mut Vec<u8>, BatchRow { row, fill }: &BatchRow, chain: &mut Chain) {
    let last = chain.last.clone().filter(|_| !fill);
    let (time, values, mask) = chain.before();
    let same = !fill
        && row.values.len() == values.len()
        && mask.is_some_and(|mask| Arc::ptr_eq(mask, &row.mask) || *mask == row.mask);
    let starts = changed_starts(row, last.as_deref());
    let flags = if same { SAME_MASK } else { 0 } | if *fill { FILL } else { 0 };
    let beside = if row.histograms().is_empty() { 0 } else { HISTOGRAMS };
    out.push(flags | beside | if starts.is_empty() { 0 } else { STARTS });
    put_signed(out, row.time.wrapping_sub(time));
    if !same {
        put_varint(out, row.values.len() as u64);
        put_mask(out, &row.mask, row.values.len());
    }
    put_values(out, row, if *fill { &[] } else { values });
    if beside != 0 {
        for slot in slots(&row.mask) {
            if let Some(histogram) = histogram_at(row.values[slot], row.histograms()) {
                put_histogram(out, slot as u32, histogram, chain);
            }
        }
    }
    if !starts.is_empty() {
        put_varint(out, starts.len() as u64);
        let mut next = 0;
        for (slot, change) in starts {
            put_varint(out, u64::from(slot - next));
            put_signed(out, change);
            next = slot + 1;
        }
    }
}

/// By how much the starts of slots differ from those in the row before, slot by slot. What the row does not
/// hold does not matter.
fn changed_starts(row: &Row, before: Option<&Row>) -> Vec<(u32, i64)> {
    let (now, before) = (row.starts(), before.map_or(&[][..], Row::starts));
    if now == before {
        return Vec::new();
    }
    let here = |&(slot, _): &(u32, i64)| has(&row.mask, slot as usize);
    let all = now.iter().chain(before).copied().filter(here).map(|(slot, _)| slot);
    let mut all: Vec<u32> = all.collect();
    all.sort_unstable();
    all.dedup();
    let change =
        |slot: u32| start_of(now, slot as usize).wrapping_sub(start_of(before, slot as usize));
    all.into_iter().map(|slot| (slot, change(slot))).filter(|&(_, by)| by != 0).collect()
}

/// A mask is a bitmap, or a list of slots where that is shorter.
fn put_mask(out: &mut Vec<u8>, mask: &[u64], slots: usize) {
    let present = crate::lane::row::count(mask);
    if present == slots as u64 {
        out.push(0);
    } else if present * 2 < words(slots) as u64 * 8 {
        out.push(1);
        put_varint(out, present);
        let mut next = 0;
        for slot in crate::lane::row::slots(mask) {
            put_varint(out, (slot - next) as u64);
            next = slot + 1;
        }
    } else {
        out.push(2);
        for word in mask.iter().take(words(slots)) {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }
}

/// For every 64 slots: which of them changed, then the changes.
fn put_values(out: &mut Vec<u8>, row: &Row, before: &[f64]) {
    out.reserve(row.values.len() * 2 + 16);
    let mut groups = before.chunks(64);
    for (values, &mask) in row.values.chunks(64).zip(row.mask.iter()) {
        let before = groups.next().unwrap_or_default();
        if mask != 0 {
            put_group(out, values, before, mask);
        }
    }
}

/// Of at most 64 numbers, which of those in `mask` changed, then the changes.
#[inline]
pub(crate) fn put_group(out: &mut Vec<u8>, values: &[f64], before: &[f64], mask: u64) {
    let mut changed = 0_u64;
    for (bit, value) in values.iter().enumerate() {
        let old = before.get(bit).map_or(0, |old| old.to_bits());
        changed |= u64::from(value.to_bits() != old) << bit;
    }
    changed &= mask;
    out.extend_from_slice(&changed.to_le_bytes()[..values.len().div_ceil(8)]);
    while changed != 0 {
        let bit = changed.trailing_zeros() as usize;
        changed &= changed - 1;
        put_value(out, before.get(bit).copied().unwrap_or(0.0), values[bit]);
    }
}

/// Integers within this distance of zero have exact differences.
const INTEGER_MAX: i64 = 1 << 53;

#[inline]
pub(super) const fn as_integer(value: f64) -> Option<i64> {
    let integer = value as i64;
    let exact = (integer as f64).to_bits() == value.to_bits();
    if exact && integer > -INTEGER_MAX && integer < INTEGER_MAX { Some(integer) } else { None }
}

/// A change: the difference of two integers with a zero bit at its end, or a byte that says which
/// bytes of the bits differ, with a one bit.
#[inline]
fn put_value(out: &mut Vec<u8>, before: f64, value: f64) {
    if let (Some(before), Some(value)) = (as_integer(before), as_integer(value)) {
        // LEB128 keeps the low bit of the number in its first byte.
        let difference = zigzag(value - before) << 1;
        if difference < 0x80 {
            out.push(difference as u8);
        } else {
            put_varint(out, difference);
        }
        return;
    }
    let bits = before.to_bits() ^ value.to_bits();
    let skipped = if bits == 0 { 0 } else { bits.trailing_zeros() / 8 };
    let bytes = (8 - skipped) - if bits == 0 { 7 } else { bits.leading_zeros() / 8 };
    out.push((skipped << 1 | (bytes - 1) << 4) as u8 | 1);
    let kept = bits >> (skipped * 8);
    out.extend_from_slice(&kept.to_le_bytes()[..bytes as usize]);
}
