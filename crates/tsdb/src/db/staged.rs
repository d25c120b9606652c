//! What an appender has staged: rows under construction and samples that fit none.

use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::Histogram;
use regain_storage::{Value, is_histogram, quieted};

use crate::histogram::{bits_of, histogram_at, next_cell};
use crate::lane::row::{Beside, Mask, Row, Sample, Starts, has, slots, value_bits, words};
use crate::wal::batch::{Batch, BatchRow};

/// A row under construction.
#[derive(Debug)]
pub(super) struct StagedRow {
    pub(super) time: i64,
    /// Floats, and the places of histograms.
    values: Vec<f64>,
    mask: Vec<u64>,
    histograms: Vec<Arc<Histogram>>,
    /// The start timestamps that are known, as they came.
    starts: Vec<(u32, i64)>,
    fill: bool,
}

impl StagedRow {
    pub(super) fn new(time: i64, slots: usize, fill: bool) -> Self {
        Self::of(time, vec![0.0; slots], vec![0; words(slots)], fill)
    }

    const fn of(time: i64, values: Vec<f64>, mask: Vec<u64>, fill: bool) -> Self {
        Self { time, values, mask, histograms: Vec::new(), starts: Vec::new(), fill }
    }

    /// A row with a value in each slot from `first` on.
    pub(super) fn of_neighbours(time: i64, first: usize, given: &[f64]) -> Self {
        let end = first + given.len();
        let mut mask = vec![u64::MAX; words(end)];
        mask[..first / 64].fill(0);
        if let Some(word) = mask.get_mut(first / 64) {
            *word &= u64::MAX << (first % 64);
        }
        if let (Some(last), rest @ 1..) = (mask.last_mut(), end % 64) {
            *last &= (1 << rest) - 1;
        }
        let mut values = Vec::with_capacity(end);
        values.resize(first, 0.0);
        if given.iter().fold(false, |any, &value| any | is_histogram(value)) {
            values.extend(given.iter().map(|&value| quieted(value)));
        } else {
            values.extend_from_slice(given);
        }
        Self::of(time, values, mask, false)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.mask.iter().all(|&word| word == 0)
    }

    /// Bits that tell the value of a slot from others.
    #[inline]
    pub(super) fn bits(&self, slot: usize) -> Option<u64> {
        let value = has(&self.mask, slot).then(|| self.values[slot])?;
        let histogram = histogram_at(value, &self.histograms);
        Some(histogram.map_or(value.to_bits(), |held| bits_of(held)))
    }

    /// Sets a slot that is absent to a float; false when it is there already.
    #[inline]
    pub(super) fn set(&mut self, slot: usize, value: f64) -> bool {
        if slot >= self.values.len() {
            self.values.resize(slot + 1, 0.0);
            self.mask.resize(words(slot + 1), 0);
        }
        let (word, bit) = (&mut self.mask[slot / 64], 1 << (slot % 64));
        if *word & bit != 0 {
            return false;
        }
        *word |= bit;
        self.values[slot] = value;
        true
    }

    /// Sets a slot that is absent; false when it is there already.
    pub(super) fn set_value(&mut self, slot: usize, start: i64, value: &Value) -> bool {
        let cell = match value {
            Value::Float(value) => *value,
            Value::Histogram(_) => next_cell(self.histograms.len()),
        };
        if !self.set(slot, cell) {
            return false;
        }
        if let Value::Histogram(histogram) = value {
            self.histograms.push(Arc::clone(histogram));
        }
        if start != 0 {
            self.starts.push((small(slot), start));
        }
        true
    }

    /// The row as it will be written: histograms in the order of their slots, starts too. What few rows
    /// differ in is shared with the row before.
    fn finish(self, before: Option<&Row>) -> Row {
        let Self { time, mut values, mask, histograms: all, mut starts, .. } = self;
        let mut histograms = Vec::with_capacity(all.len());
        if !all.is_empty() {
            for slot in slots(&mask) {
                if let Some(histogram) = histogram_at(values[slot], &all) {
                    values[slot] = next_cell(histograms.len());
                    histograms.push(Arc::clone(histogram));
                }
            }
        }
        starts.retain(|&(slot, _)| has(&mask, slot as usize));
        starts.sort_unstable_by_key(|&(slot, _)| slot);
        let shared = before.and_then(|before| before.beside.as_ref());
        let shared = shared.filter(|beside| *beside.starts == *starts);
        let starts = match shared {
            Some(held) => Arc::clone(&held.starts),
            None if starts.is_empty() => Starts::default(),
            None => starts.into(),
        };
        let mask = match before.map(|before| &before.mask) {
            Some(before) if **before == *mask => Arc::clone(before),
            _ => Mask::from(mask),
        };
        let beside = Beside::of(histograms, starts);
        Row { time, values: values.into_boxed_slice(), mask, beside }
    }
}

fn small(slot: usize) -> u32 {
    u32::try_from(slot).expect("slots are counted in 32 bits")
}

/// Everything that one batch holds.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// Rows by time.
    pub(super) rows: Vec<StagedRow>,
    own: Vec<(u32, Sample)>,
    own_newest: HashMap<u32, (i64, u64)>,
    /// Samples that are older than the newest of their series.
    late: Vec<(u32, Sample)>,
}

impl Staged {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.own.is_empty() && self.late.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.own.clear();
        self.own_newest.clear();
        self.late.clear();
    }

    /// The newest staged sample of a slot: time and bits.
    pub(super) fn newest(&self, slot: usize) -> Option<(i64, u64)> {
        let row = self.rows.iter().rev().find_map(|row| Some((row.time, row.bits(slot)?)));
        if self.own_newest.is_empty() {
            return row;
        }
        let own = u32::try_from(slot).ok().and_then(|slot| self.own_newest.get(&slot)).copied();
        row.max(own)
    }

    /// The row at `time`, where one is staged.
    pub(super) fn row_at(&mut self, time: i64) -> Option<&mut StagedRow> {
        let at = self.rows.binary_search_by_key(&time, |row| row.time).ok()?;
        Some(&mut self.rows[at])
    }

    /// Stages an empty row.
    pub(super) fn add_row(&mut self, row: StagedRow) -> &mut StagedRow {
        let at = self.rows.partition_point(|other| other.time < row.time);
        self.rows.insert(at, row);
        &mut self.rows[at]
    }

    pub(super) fn add_own(&mut self, slot: usize, sample: Sample) {
        let slot = small(slot);
        self.own_newest.insert(slot, (sample.time, value_bits(&sample.value)));
        self.own.push((slot, sample));
    }

    pub(super) fn add_late(&mut self, slot: usize, sample: Sample) {
        self.late.push((small(slot), sample));
    }

    /// Hands out the late samples.
    pub(super) fn take_late(&mut self) -> Vec<(u32, Sample)> {
        std::mem::take(&mut self.late)
    }

    /// The staged samples of a slot but for late ones: times and bits.
    pub(super) fn samples_of(&self, slot: usize) -> impl Iterator<Item = (i64, u64)> {
        let rows = self.rows.iter().filter_map(move |row| Some((row.time, row.bits(slot)?)));
        let own = self.own.iter().filter(move |(at, _)| *at as usize == slot);
        rows.chain(own.map(|(_, sample)| (sample.time, value_bits(&sample.value))))
    }

    /// Keeps those samples of a slot that `keep` wants, which gets their times and bits.
    pub(super) fn retain(&mut self, slot: usize, mut keep: impl FnMut(i64, u64) -> bool) {
        for row in &mut self.rows {
            if let Some(bits) = row.bits(slot)
                && !keep(row.time, bits)
            {
                row.mask[slot / 64] &= !(1 << (slot % 64));
                // The log writes the next row against this one, and knows nothing of what is absent.
                row.values[slot] = 0.0;
            }
        }
        self.own.retain(|(at, sample)| {
            *at as usize != slot || keep(sample.time, value_bits(&sample.value))
        });
    }

    /// Turns what is staged into a batch. A row with the slots of `before` shares its mask.
    pub(super) fn take(&mut self, before: Option<Arc<Row>>) -> Batch {
        let Self { rows, own, .. } = self;
        // A sample staged alone may have been at the time of a row that came later.
        own.retain(|(slot, Sample { time, start, value })| {
            let row = rows.binary_search_by_key(time, |row| row.time);
            !row.is_ok_and(|at| rows[at].set_value(*slot as usize, *start, value))
        });
        let mut batch = Batch { rows: Vec::with_capacity(rows.len()), own: std::mem::take(own) };
        let mut before = before;
        for row in rows.drain(..).filter(|row| !row.is_empty()) {
            let fill = row.fill;
            let row = Arc::new(row.finish(before.as_deref()));
            if !fill {
                before = Some(Arc::clone(&row));
            }
            batch.rows.push(BatchRow { row, fill });
        }
        self.own_newest.clear();
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_neighbours_is_what_its_values_make_one_by_one() {
        for (first, count) in [(0, 1), (0, 64), (5, 59), (5, 60), (63, 2), (64, 64), (70, 200)] {
            let values: Vec<f64> = (1..).take(count).map(f64::from).collect();
            let row = StagedRow::of_neighbours(9, first, &values);
            let mut single = StagedRow::new(9, first + count, false);
            (first..).zip(&values).for_each(|(slot, &value)| assert!(single.set(slot, value)));
            assert_eq!((row.time, &row.values, &row.mask), (9, &single.values, &single.mask));
        }
    }

    #[test]
    fn what_another_lane_has_overtaken_leaves_no_value_for_the_log_to_build_on() {
        let mut staged = Staged::default();
        staged.add_row(StagedRow::of_neighbours(1, 0, &[5.0, 6.0]));
        staged.retain(0, |_, _| false);
        let batch = staged.take(None);
        let row = &batch.rows[0].row;
        assert_eq!((row.get(0), row.get(1)), (None, Some(6.0)));
        assert_eq!(row.values[0].to_bits(), 0);
    }
}
