//! The rows of a lane before the open ones: one small frame for every slot.
#![expect(clippy::cast_possible_truncation, reason = "a block has few rows and short frames")]

use std::sync::Arc;

use regain_model::is_stale;

use super::row::Row;
use crate::beside;
use crate::column::Column;
use crate::frame::{Encoder, Frame, GroupBytes};
use crate::wire::Cursor;

/// The rows of a block, and of what stays raw before it.
pub(crate) const BLOCK_ROWS: usize = 16;

/// Every so many slots the place of a frame is stored, not summed up.
const STRIDE: usize = 16;

/// Some rows in frames.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) times: Box<[i64]>,
    bytes: Box<[u8]>,
    starts: Box<[u32]>,
    lengths: Box<[u8]>,
    /// For every slot the rows it is present in; none when all are present in all rows.
    masks: Option<Box<[u16]>>,
    /// Whether any value is a staleness marker.
    pub(crate) stale: bool,
    beside: Option<Box<Beside>>,
}

/// What the values of some slots have beside them.
#[derive(Clone, Debug, Default)]
struct Beside {
    /// The slots, ascending, and where the bytes of each end.
    ends: Vec<(u32, u32)>,
    bytes: Vec<u8>,
}

impl Beside {
    /// Adds what the samples of the next slot have.
    fn add(&mut self, slot: usize, column: &Column, encoder: &mut Encoder<BLOCK_ROWS>) {
        beside::put(&mut self.bytes, column, encoder);
        self.ends.push((slot as u32, self.bytes.len() as u32));
    }

    /// Reads what the samples of a slot have, which begin at the index `at`.
    fn read(&self, slot: usize, at: usize, out: &mut Column) {
        if let Ok(found) = self.ends.binary_search_by_key(&slot, |&(slot, _)| slot as usize) {
            let start = found.checked_sub(1).map_or(0, |before| self.ends[before].1 as usize);
            let mut cursor = Cursor(&self.bytes[start..]);
            let read = beside::read(&mut cursor, at, (i64::MIN, i64::MAX), out);
            read.expect("the head's own bytes are whole");
        }
    }
}

/// Finds the frames of a block.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    block: &'a Block,
    /// The slot that was found last, and where its frame starts.
    slot: usize,
    start: usize,
}

impl<'a> Frames<'a> {
    /// The frame of a slot that is present.
    #[inline]
    pub(crate) fn of(&mut self, slot: usize) -> Frame<'a> {
        let Block { bytes, starts, lengths, .. } = self.block;
        let group = slot / STRIDE * STRIDE;
        if self.slot < group || slot < self.slot {
            (self.slot, self.start) = (group, starts[slot / STRIDE] as usize);
        }
        let between = lengths[self.slot..slot].iter();
        self.start += between.map(|&length| usize::from(length)).sum::<usize>();
        self.slot = slot;
        let frame = Frame::read(&mut Cursor(&bytes[self.start..]), GroupBytes::default());
        frame.expect("the head's own frames are whole")
    }
}

impl Block {
    /// Encodes at most [`BLOCK_ROWS`] rows.
    pub(crate) fn encode(rows: &[Arc<Row>]) -> Self {
        let slots = rows.iter().map(|row| row.values.len()).max().unwrap_or(0);
        let mut bytes = Vec::with_capacity(slots * 12);
        let mut starts = Vec::with_capacity(slots.div_ceil(STRIDE));
        let mut lengths = Vec::with_capacity(slots);
        let mut masks = Vec::with_capacity(slots);
        let all = ((1_u32 << rows.len()) - 1) as u16;
        let (mut stale, mut whole, mut encoder) = (false, true, Encoder::head());
        let mut values = [0.0; BLOCK_ROWS];
        let mut beside = rows.iter().any(|row| row.beside.is_some()).then(Box::<Beside>::default);
        let mut column = Column::default();
        for slot in 0..slots {
            if slot % STRIDE == 0 {
                starts.push(bytes.len() as u32);
            }
            let (mut mask, mut count) = (0_u16, 0);
            for (index, row) in rows.iter().enumerate() {
                if let Some(value) = row.get(slot) {
                    values[count] = value;
                    stale |= is_stale(value);
                    count += 1;
                    mask |= 1 << index;
                }
            }
            if let Some(beside) = &mut beside {
                column.clear();
                for row in rows {
                    row.read(slot, &mut column);
                }
                column.settle();
                if column.has_beside() {
                    values[..count].copy_from_slice(&column.values);
                    beside.add(slot, &column, &mut encoder);
                }
            }
            let start = bytes.len();
            if count > 0 {
                encoder.put_floats(&mut bytes, &values[..count]);
            }
            whole &= mask == all;
            masks.push(mask);
            lengths.push((bytes.len() - start) as u8);
        }
        Self {
            times: rows.iter().map(|row| row.time).collect(),
            bytes: bytes.into_boxed_slice(),
            starts: starts.into_boxed_slice(),
            lengths: lengths.into_boxed_slice(),
            masks: if whole { None } else { Some(masks.into_boxed_slice()) },
            stale,
            beside,
        }
    }

    pub(crate) const fn slots(&self) -> usize {
        self.lengths.len()
    }

    /// The time of the last row.
    pub(crate) fn last_time(&self) -> i64 {
        self.times[self.times.len() - 1]
    }

    /// Whether any row lies within `min..=max`.
    pub(crate) fn overlaps(&self, min: i64, max: i64) -> bool {
        self.times[0] <= max && min <= self.last_time()
    }

    /// The rows in which a slot is present, as bits.
    pub(crate) fn mask(&self, slot: usize) -> u16 {
        match &self.masks {
            Some(masks) => masks.get(slot).copied().unwrap_or(0),
            None if slot < self.lengths.len() => ((1_u32 << self.times.len()) - 1) as u16,
            None => 0,
        }
    }

    /// Drops the samples of a slot, and returns their number.
    pub(super) fn forget(&mut self, slot: usize) -> u64 {
        let present = self.mask(slot);
        if present != 0 {
            let slots = self.slots();
            let masks: Vec<u16> =
                (0..slots).map(|at| if at == slot { 0 } else { self.mask(at) }).collect();
            self.masks = Some(masks.into_boxed_slice());
        }
        u64::from(present.count_ones())
    }

    /// Whether a slot has a number in every row.
    pub(crate) fn is_whole(&self, slot: usize) -> bool {
        let is_everywhere = match &self.masks {
            Some(_) => self.mask(slot).count_ones() as usize == self.times.len(),
            None => slot < self.lengths.len(),
        };
        is_everywhere && self.beside.is_none()
    }

    /// So many slots have numbers in all rows, for sure.
    pub(crate) fn whole_slots(&self) -> usize {
        if self.masks.is_none() && self.beside.is_none() { self.lengths.len() } else { 0 }
    }

    /// Appends the values of a slot that is present.
    pub(crate) fn read_values(&self, slot: usize, out: &mut Vec<f64>) {
        let (frame, at) = (self.frame(slot), out.len());
        out.resize(at + frame.count(), 0.0);
        frame.floats(&mut out[at..]);
    }

    /// The frame of a slot that is present.
    fn frame(&self, slot: usize) -> Frame<'_> {
        self.frames().of(slot)
    }

    /// The frames, of which those of neighbours are found the quickest one after another.
    pub(crate) const fn frames(&self) -> Frames<'_> {
        Frames { block: self, slot: 0, start: 0 }
    }

    /// Appends the samples of a slot.
    pub(crate) fn read(&self, slot: usize, out: &mut Column) {
        let mask = self.mask(slot);
        if mask == 0 {
            return;
        }
        let frame = self.frame(slot);
        let at = out.values.len();
        out.values.resize(at + frame.count(), 0.0);
        frame.floats(&mut out.values[at..]);
        if frame.count() == self.times.len() {
            out.times.extend_from_slice(&self.times);
        } else {
            let present = self.times.iter().enumerate().filter(|(row, _)| mask >> row & 1 == 1);
            out.times.extend(present.map(|(_, &time)| time));
        }
        if let Some(beside) = &self.beside {
            beside.read(slot, at, out);
        }
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let masks = self.masks.as_ref().map_or(0, |masks| masks.len() * 2);
        let beside =
            self.beside.as_ref().map_or(0, |beside| beside.bytes.len() + beside.ends.len() * 8);
        let frames = self.bytes.len() + self.starts.len() * 4 + self.lengths.len();
        self.times.len() * 8 + frames + masks + beside
    }
}
