//! Reading slots that every row of a span has: their values alone, as all such slots share the times.

use std::ops::Range;
use std::sync::Arc;

use super::block::BLOCK_ROWS;
use super::data::LaneData;
use super::row::{Mask, Row, has};

/// The rows of a lane that lie in a span, which are neighbours, with what is known about all slots at once.
#[derive(Debug)]
pub(crate) struct RowsWithin {
    /// The times of the rows, ascending.
    pub(crate) times: Box<[i64]>,
    blocks: Range<usize>,
    /// How many rows of the first of these blocks lie before the span.
    before: usize,
    /// How many rows of these blocks lie in it.
    in_blocks: usize,
    open: Range<usize>,
    /// So many slots are whole in the blocks.
    block_slots: usize,
    /// The slots that are whole in the open rows, where all of these have the same.
    open_slots: Option<Mask>,
}

impl LaneData {
    /// The rows within `min..=max`.
    pub(crate) fn rows_within(&self, (min, max): (i64, i64)) -> RowsWithin {
        let first = self.blocks.partition_point(|block| block.last_time() < min);
        let end = self.blocks.partition_point(|block| block.times[0] <= max).max(first);
        let blocks = &self.blocks[first..end];
        let mut times: Vec<i64> =
            blocks.iter().flat_map(|block| block.times.iter().copied()).collect();
        let before = times.partition_point(|&time| time < min);
        times.truncate(times.partition_point(|&time| time <= max));
        times.drain(..before);
        let in_blocks = times.len();
        let open_end = self.open.partition_point(|row| row.time <= max);
        let open_start = self.open[..open_end].partition_point(|row| row.time < min);
        let open = &self.open[open_start..open_end];
        times.extend(open.iter().map(|row| row.time));
        let block_slots = blocks.iter().map(|block| block.whole_slots()).min();
        RowsWithin {
            times: times.into(),
            blocks: first..end,
            before,
            in_blocks,
            open: open_start..open_end,
            block_slots: block_slots.unwrap_or(usize::MAX),
            open_slots: common_slots(open),
        }
    }

    /// Whether a slot has a number in each of `rows`, and in those that share blocks with them, and nothing else.
    pub(crate) fn is_whole(&self, slot: u32, rows: &RowsWithin) -> bool {
        let at = slot as usize;
        let is_number = |row: &Row| row.beside.is_none() && row.get(at).is_some();
        !self.own.contains_key(&slot)
            && (at < rows.block_slots
                || self.blocks[rows.blocks.clone()].iter().all(|block| block.is_whole(at)))
            && (rows.open_slots.as_ref().is_some_and(|mask| has(mask, at))
                || self.open[rows.open.clone()].iter().all(|row| is_number(row)))
    }

    /// Appends the values of a slot that is whole in `rows`.
    pub(crate) fn read_whole(&self, slot: u32, rows: &RowsWithin, out: &mut Vec<f64>) {
        let (start, at) = (out.len(), slot as usize);
        for block in &self.blocks[rows.blocks.clone()] {
            block.read_values(at, out);
        }
        if rows.before > 0 {
            out.drain(start..start + rows.before);
        }
        out.truncate(start + rows.in_blocks);
        out.extend(self.open[rows.open.clone()].iter().map(|row| row.values[at]));
    }
}

impl LaneData {
    /// Writes the values of slots that are whole in `rows` into `out`: for each slot one for each row.
    pub(crate) fn read_all_whole(&self, slots: &[u32], rows: &RowsWithin, out: &mut [f64]) {
        let stride = rows.times.len().max(1);
        let (mut at, mut skipped) = (0, rows.before);
        for block in &self.blocks[rows.blocks.clone()] {
            let wanted = (block.times.len() - skipped).min(rows.in_blocks - at);
            let (mut frames, mut values) = (block.frames(), [0.0; BLOCK_ROWS]);
            for (&slot, out) in slots.iter().zip(out.chunks_exact_mut(stride)) {
                let frame = frames.of(slot as usize);
                if skipped == 0 {
                    frame.floats(&mut out[at..at + wanted]);
                } else {
                    frame.floats(&mut values[..skipped + wanted]);
                    out[at..at + wanted].copy_from_slice(&values[skipped..skipped + wanted]);
                }
            }
            (at, skipped) = (at + wanted, 0);
        }
        // Row by row, because so they lie in memory.
        for row in &self.open[rows.open.clone()] {
            for (&slot, out) in slots.iter().zip(out.chunks_exact_mut(stride)) {
                out[at] = row.values[slot as usize];
            }
            at += 1;
        }
    }
}

/// The slots of rows of numbers that have the same ones.
fn common_slots(rows: &[Arc<Row>]) -> Option<Mask> {
    let (first, rest) = rows.split_first()?;
    let is_alike = |row: &Arc<Row>| {
        row.beside.is_none() && (Arc::ptr_eq(&row.mask, &first.mask) || row.mask == first.mask)
    };
    (first.beside.is_none() && rest.iter().all(is_alike)).then(|| Arc::clone(&first.mask))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;
    use crate::lane::row::Mask;
    use crate::wal::batch::{Batch, BatchRow};

    /// Forty rows, one each ten milliseconds; the last slot is absent in the row at 300.
    fn lane() -> LaneData {
        let mut data = LaneData::new(0);
        for time in (0..40).map(|row| row * 10) {
            let mask: Mask = vec![if time == 300 { 0b011 } else { 0b111 }].into();
            let values = [0.5, 1.0, 1e300].map(|factor| factor * time as f64).into();
            let row = Arc::new(Row { time, values, mask, beside: None });
            let batch = Batch { rows: vec![BatchRow { row, fill: false }], own: Vec::new() };
            let prepared = data.prepare(&batch, false);
            data.add(&batch, prepared, false);
        }
        data
    }

    #[test]
    fn whole_slots_read_as_they_do_sample_by_sample() {
        let data = lane();
        for span in [(-5, 1000), (0, 390), (15, 15), (20, 20), (75, 310), (160, 319), (500, 600)] {
            let rows = data.rows_within(span);
            for slot in 0..2 {
                assert!(data.is_whole(slot, &rows), "{span:?}");
                let (mut column, mut values) = (Column::default(), vec![7.0]);
                data.read(slot, span, &mut column);
                data.read_whole(slot, &rows, &mut values);
                assert_eq!(
                    (&*rows.times, &values[1..]),
                    (&*column.times, &*column.values),
                    "{span:?}"
                );
            }
            let (count, slots) = (rows.times.len(), [1, 0, 1]);
            let (mut all, mut one_by_one) = (vec![7.0; count * slots.len()], Vec::new());
            data.read_all_whole(&slots, &rows, &mut all);
            for slot in slots {
                data.read_whole(slot, &rows, &mut one_by_one);
            }
            assert_eq!(all, one_by_one, "{span:?}");
        }
    }

    #[test]
    fn slots_that_rows_lack_are_not_whole() {
        let data = lane();
        for (span, is_whole) in [((0, 1000), false), ((300, 300), false), ((0, 150), true)] {
            let rows = data.rows_within(span);
            assert_eq!(data.is_whole(2, &rows), is_whole, "{span:?}");
            assert!(!data.is_whole(3, &rows), "{span:?}");
        }
    }
}
