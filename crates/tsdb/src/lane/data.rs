//! The unsealed samples of one lane, as queries see them.
//!
//! The content is shared: a query clones the `Arc` and has a view that does not change; the writer
//! copies what a query still holds before it changes it.

use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::is_stale;

use super::block::{BLOCK_ROWS, Block};
use super::own::Own;
use super::row::{Row, Sample, count};
use crate::column::{Column, Times};
use crate::wal::batch::{Batch, BatchRow};

/// A lane that fills rows late keeps this many of them raw and open.
const FILL_ROWS: usize = 4;

/// Unsealed samples.
#[derive(Clone, Debug, Default)]
pub(crate) struct LaneData {
    /// How many seals have taken rows from here.
    pub(crate) epoch: u64,
    pub(crate) blocks: Vec<Arc<Block>>,
    pub(crate) open: Vec<Arc<Row>>,
    /// Samples that fit no row, by slot.
    pub(crate) own: HashMap<u32, Arc<Own>>,
    own_bytes: usize,
    pub(crate) samples: u64,
    pub(crate) min_time: i64,
    pub(crate) max_time: i64,
}

/// The blocks that the oldest open rows become when a batch is added.
#[derive(Debug)]
pub(crate) struct Prepared(Vec<Arc<Block>>);

/// How many rows may be open before one is added; when there are more, the oldest become a block.
const fn open_max(keeps_filling: bool) -> usize {
    BLOCK_ROWS + if keeps_filling { FILL_ROWS } else { 0 }
}

impl LaneData {
    pub(crate) fn new(epoch: u64) -> Self {
        Self { epoch, min_time: i64::MAX, max_time: i64::MIN, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// Encodes what adding `batch` will encode, so that nobody who reads must wait for it; `None`
    /// when that depends on rows that are filled.
    pub(crate) fn prepare(&self, batch: &Batch, keeps_filling: bool) -> Option<Prepared> {
        if batch.rows.iter().any(|row| row.fill) {
            return None;
        }
        let rows = || self.open.iter().chain(batch.rows.iter().map(|BatchRow { row, .. }| row));
        let (mut blocks, mut open) = (Vec::new(), self.open.len());
        for _ in &batch.rows {
            if open >= open_max(keeps_filling) {
                let oldest = rows().skip(blocks.len() * BLOCK_ROWS).take(BLOCK_ROWS);
                let oldest: Vec<_> = oldest.map(Arc::clone).collect();
                blocks.push(Arc::new(Block::encode(&oldest)));
                open -= BLOCK_ROWS;
            }
            open += 1;
        }
        Some(Prepared(blocks))
    }

    /// Adds a batch and returns the number of its samples.
    pub(crate) fn add(
        &mut self,
        batch: &Batch,
        prepared: Option<Prepared>,
        keeps_filling: bool,
    ) -> u64 {
        let before = self.samples;
        let is_prepared = prepared.is_some();
        for BatchRow { row, fill } in &batch.rows {
            if *fill {
                self.fill_row(row);
                continue;
            }
            self.note(row.time, count(&row.mask));
            if !is_prepared && self.open.len() >= open_max(keeps_filling) {
                self.blocks.push(Arc::new(Block::encode(&self.open[..BLOCK_ROWS])));
                self.open.drain(..BLOCK_ROWS);
            }
            self.open.push(Arc::clone(row));
        }
        if let Some(Prepared(blocks)) = prepared {
            self.open.drain(..blocks.len() * BLOCK_ROWS);
            self.blocks.extend(blocks);
        }
        for (slot, sample) in &batch.own {
            self.note(sample.time, 1);
            self.push_own(*slot as usize, sample);
        }
        self.samples - before
    }

    /// Drops the samples of a slot.
    pub(crate) fn forget(&mut self, slot: u32) {
        let at = slot as usize;
        let mut forgotten: u64 =
            self.blocks.iter_mut().map(|block| Arc::make_mut(block).forget(at)).sum();
        for row in self.open.iter_mut().filter(|row| super::row::has(&row.mask, at)) {
            let mut mask = row.mask.to_vec();
            mask[at / 64] &= !(1 << (at % 64));
            Arc::make_mut(row).mask = mask.into();
            forgotten += 1;
        }
        forgotten += self.own.remove(&slot).map_or(0, |own| own.len() as u64);
        self.samples -= forgotten;
    }

    /// Adds values to an open row; those of a row that is not open go to the slots' own samples.
    fn fill_row(&mut self, row: &Row) {
        self.note(row.time, count(&row.mask));
        let found = self.open.binary_search_by_key(&row.time, |open| open.time);
        let Ok(at) = found else {
            for slot in super::row::slots(&row.mask) {
                let sample = row.sample(slot).expect("the slot is present");
                self.push_own(slot, &sample);
            }
            return;
        };
        Arc::make_mut(&mut self.open[at]).fill(row);
    }

    fn push_own(&mut self, slot: usize, sample: &Sample) {
        let slot = u32::try_from(slot).expect("slots are counted in 32 bits");
        self.own_bytes += Arc::make_mut(self.own.entry(slot).or_default()).push(sample);
    }

    fn note(&mut self, time: i64, samples: u64) {
        self.samples += samples;
        self.min_time = self.min_time.min(time);
        self.max_time = self.max_time.max(time);
    }

    /// Appends the samples of a slot within `min..=max` in the order of time.
    pub(crate) fn read(&self, slot: u32, (min, max): (i64, i64), out: &mut Column) {
        let (start, at) = (out.times.len(), slot as usize);
        for block in self.blocks.iter().filter(|block| block.overlaps(min, max)) {
            block.read(at, out);
        }
        for row in &self.open {
            row.read(at, out);
        }
        if let Some(own) = self.own.get(&slot) {
            own.read(out);
            out.merge_from(start);
        }
        out.clip_from(start, min, max);
    }

    /// The newest sample of a slot: time and bits.
    pub(crate) fn newest(&self, slot: u32) -> Option<(i64, u64)> {
        let at = slot as usize;
        let open = self.open.iter().rev().find_map(|row| Some((row.time, row.bits(at)?)));
        let rows = open.or_else(|| {
            let block = self.blocks.iter().rev().find(|block| block.mask(at) != 0)?;
            let mut column = Column::default();
            block.read(at, &mut column);
            column.newest()
        });
        rows.max(self.own.get(&slot).and_then(|own| own.newest()))
    }

    /// Whether the newest sample of a slot is a staleness marker, where it has samples.
    pub(crate) fn ends_stale(&self, slot: u32) -> Option<bool> {
        let at = slot as usize;
        if !self.own.contains_key(&slot) {
            if let Some(bits) = self.open.iter().rev().find_map(|row| row.bits(at)) {
                return Some(is_stale(f64::from_bits(bits)));
            }
            let block = self.blocks.iter().rev().find(|block| block.mask(at) != 0)?;
            if !block.stale {
                return Some(false);
            }
        }
        self.newest(slot).map(|(_, bits)| is_stale(f64::from_bits(bits)))
    }

    /// When a slot has samples within `min..=max`; `None` when it must be decoded to know.
    pub(crate) fn presence(&self, slot: u32, span: (i64, i64), out: &mut Times) -> Option<()> {
        let at = slot as usize;
        if self.own.contains_key(&slot) {
            return None;
        }
        for block in self.blocks.iter().filter(|block| block.overlaps(span.0, span.1)) {
            let mask = block.mask(at);
            if mask != 0 && block.stale {
                return None;
            }
            let present = block.times.iter().enumerate().filter(|(row, _)| mask >> row & 1 == 1);
            present.for_each(|(_, &time)| out.add(time, span));
        }
        for row in &self.open {
            if let Some(value) = row.get(at) {
                if is_stale(value) {
                    return None;
                }
                out.add(row.time, span);
            }
        }
        Some(())
    }

    /// An upper bound of the samples of any slot within `min..=max`, own ones not counted.
    pub(crate) fn rows_max(&self, min: i64, max: i64) -> u64 {
        let blocks = self.blocks.iter().filter(|block| block.overlaps(min, max)).count();
        (blocks * BLOCK_ROWS + self.open.len()) as u64
    }

    /// Whether a slot has samples here.
    pub(crate) fn has(&self, slot: u32) -> bool {
        let at = slot as usize;
        self.open.iter().any(|row| super::row::has(&row.mask, at))
            || self.blocks.iter().any(|block| block.mask(at) != 0)
            || self.own.contains_key(&slot)
    }

    /// Whether any sample may lie within `min..=max`.
    #[inline]
    pub(crate) fn overlaps(&self, min: i64, max: i64) -> bool {
        self.min_time <= max && min <= self.max_time
    }

    /// Whether all samples lie within `min..=max`.
    #[inline]
    pub(crate) fn is_within(&self, min: i64, max: i64) -> bool {
        min <= self.min_time && self.max_time <= max
    }

    /// The number of columns, coded or open.
    pub(crate) fn columns(&self) -> u64 {
        let blocks: usize = self.blocks.iter().map(|block| block.slots()).sum();
        let open = self.open.iter().map(|row| row.values.len()).max().unwrap_or(0);
        (blocks + open + self.own.len()) as u64
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let open: usize = self.open.iter().map(|row| row.size_bytes()).sum();
        open + self.own_bytes + self.blocks.iter().map(|block| block.size_bytes()).sum::<usize>()
    }
}

impl LaneData {
    /// The times of all rows.
    pub(crate) fn row_times(&self) -> Vec<i64> {
        let blocks = self.blocks.iter().flat_map(|block| block.times.iter().copied());
        blocks.chain(self.open.iter().map(|row| row.time)).collect()
    }

    /// Appends the samples of a slot that lie in rows, and marks the rows.
    pub(crate) fn read_rows(&self, slot: u32, out: &mut Column, rows: &mut [u64]) {
        let at = slot as usize;
        let mut row = 0;
        for block in &self.blocks {
            block.read(at, out);
            // Blocks have sixteen rows, so none straddles two words.
            rows[row / 64] |= u64::from(block.mask(at)) << (row % 64);
            row += block.times.len();
        }
        for open in &self.open {
            if super::row::has(&open.mask, at) {
                open.read(at, out);
                rows[row / 64] |= 1 << (row % 64);
            }
            row += 1;
        }
    }
}
