//! What an appender has staged: rows under construction and samples that fit none.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::lane::row::{Mask, Row, has, words};
use crate::wal::batch::{Batch, BatchRow};

/// A row under construction.
#[derive(Debug)]
pub(super) struct StagedRow {
    pub(super) time: i64,
    values: Vec<f64>,
    mask: Vec<u64>,
    fill: bool,
}

impl StagedRow {
    pub(super) fn new(time: i64, slots: usize, fill: bool) -> Self {
        Self { time, values: vec![0.0; slots], mask: vec![0; words(slots)], fill }
    }

    /// A row with a value in each of the first slots.
    pub(super) fn whole(time: i64, values: &[f64]) -> Self {
        let mut mask = vec![u64::MAX; words(values.len())];
        if let (Some(last), rest @ 1..) = (mask.last_mut(), values.len() % 64) {
            *last = (1 << rest) - 1;
        }
        Self { time, values: values.to_vec(), mask, fill: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.mask.iter().all(|&word| word == 0)
    }

    #[inline]
    pub(super) fn get(&self, slot: usize) -> Option<f64> {
        has(&self.mask, slot).then(|| self.values[slot])
    }

    /// Sets a slot that is absent; false when it is there already.
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
}

/// Everything that one batch holds.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// Rows by time.
    pub(super) rows: Vec<StagedRow>,
    own: Vec<(u32, i64, f64)>,
    own_newest: HashMap<u32, (i64, u64)>,
}

impl Staged {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.own.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.own.clear();
        self.own_newest.clear();
    }

    /// The newest staged sample of a slot: time and bits.
    pub(super) fn newest(&self, slot: usize) -> Option<(i64, u64)> {
        let row = self.rows.iter().rev().find_map(|row| Some((row.time, row.get(slot)?.to_bits())));
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

    pub(super) fn add_own(&mut self, slot: usize, time: i64, value: f64) {
        let slot = u32::try_from(slot).expect("slots are counted in 32 bits");
        self.own.push((slot, time, value));
        self.own_newest.insert(slot, (time, value.to_bits()));
    }

    /// Keeps those samples of a slot that `keep` wants, which gets their times and bits.
    pub(super) fn retain(&mut self, slot: usize, mut keep: impl FnMut(i64, u64) -> bool) {
        for row in &mut self.rows {
            if let Some(value) = row.get(slot)
                && !keep(row.time, value.to_bits())
            {
                row.mask[slot / 64] &= !(1 << (slot % 64));
            }
        }
        self.own.retain(|&(at, time, value)| at as usize != slot || keep(time, value.to_bits()));
    }

    /// Turns what is staged into a batch. A row with the slots of `before` shares its mask.
    pub(super) fn take(&mut self, mut before: Option<Mask>) -> Batch {
        let Self { rows, own, .. } = self;
        // A sample staged alone may have been at the time of a row that came later.
        own.retain(|&(slot, time, value)| {
            let row = rows.binary_search_by_key(&time, |row| row.time);
            !row.is_ok_and(|at| rows[at].set(slot as usize, value))
        });
        let mut batch = Batch { rows: Vec::with_capacity(rows.len()), own: std::mem::take(own) };
        for row in rows.drain(..).filter(|row| !row.is_empty()) {
            let StagedRow { time, values, mask, fill } = row;
            let mask = match &before {
                Some(before) if **before == *mask => Arc::clone(before),
                _ => Mask::from(mask),
            };
            if !fill {
                before = Some(Arc::clone(&mask));
            }
            let row = Row { time, values: values.into_boxed_slice(), mask };
            batch.rows.push(BatchRow { row: Arc::new(row), fill });
        }
        self.own_newest.clear();
        batch
    }
}
