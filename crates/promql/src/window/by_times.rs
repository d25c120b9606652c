//! What depends on the times of samples alone, kept for the next series with the same times.
//!
//! Series of one writer share their times, but they come in the order of their keys, so that those of
//! many writers alternate. What was found for a column of times is kept until there is too much of it.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

/// How much is kept: times and steps of all columns together.
const CELLS_MAX: usize = 1 << 19;

/// Where the times of a run lie in its batch, which names them as long as the batch lives.
pub(crate) type TimesId = (u32, u32);

/// Values of `T` by columns of times.
#[derive(Debug, Default)]
pub(crate) struct ByTimes<T> {
    columns: Vec<Column<T>>,
    index: HashTable<usize>,
    /// The columns of the batch at work.
    by_id: HashMap<TimesId, usize>,
    last: Option<(TimesId, usize)>,
    cells: usize,
    /// The column that goes next.
    oldest: usize,
}

#[derive(Debug)]
struct Column<T> {
    hash: u64,
    times: Vec<i64>,
    value: T,
}

impl<T: Default> ByTimes<T> {
    /// Forgets the names of columns, because another batch will use them anew.
    pub(crate) fn forget_ids(&mut self) {
        self.by_id.clear();
        self.last = None;
    }

    /// The value for `times`, which `find` computes unless it is known; it has `steps` steps.
    #[inline]
    pub(crate) fn get(
        &mut self,
        id: Option<TimesId>,
        times: &[i64],
        steps: usize,
        find: impl FnOnce(&mut T),
    ) -> &T {
        if let (Some(id), Some((last, at))) = (id, self.last)
            && id == last
        {
            return &self.columns[at].value;
        }
        let named = id.and_then(|id| self.by_id.get(&id).copied());
        let at = named.unwrap_or_else(|| self.look_up(times, steps, find));
        if let Some(id) = id {
            self.last = Some((id, at));
            if named.is_none() {
                self.by_id.insert(id, at);
            }
        }
        &self.columns[at].value
    }

    fn look_up(&mut self, times: &[i64], steps: usize, find: impl FnOnce(&mut T)) -> usize {
        // Few columns share their ends and their length without being the same.
        let ends = (times.first(), times.last(), times.len());
        let hash = FixedState::default().hash_one(ends);
        let columns = &self.columns;
        if let Some(&at) = self.index.find(hash, |&at| columns[at].times == times) {
            return at;
        }
        let cost = times.len() + steps;
        let at = if self.columns.is_empty() || self.cells + cost <= CELLS_MAX {
            self.columns.push(Column { hash, times: Vec::new(), value: T::default() });
            self.cells += cost;
            self.columns.len() - 1
        } else {
            self.make_room(times.len())
        };
        let column = &mut self.columns[at];
        column.hash = hash;
        column.times.clear();
        column.times.extend_from_slice(times);
        find(&mut column.value);
        let columns = &self.columns;
        self.index.insert_unique(hash, at, |&other| columns[other].hash);
        at
    }

    /// Lets a column go, and returns its place for one of this many times.
    fn make_room(&mut self, times: usize) -> usize {
        let at = self.oldest % self.columns.len();
        self.oldest = at + 1;
        let column = &self.columns[at];
        self.cells = self.cells + times - column.times.len();
        if let Ok(entry) = self.index.find_entry(column.hash, |&other| other == at) {
            entry.remove();
        }
        self.by_id.retain(|_, other| *other != at);
        self.last = None;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_computed_once_whatever_comes_between() {
        let mut sums: ByTimes<i64> = ByTimes::default();
        let mut computed = 0;
        let columns: [&[i64]; 3] = [&[1, 2, 9], &[1, 5, 9], &[]];
        for batch in 0..3 {
            sums.forget_ids();
            for (id, times) in [(0, columns[0]), (3, columns[1]), (0, columns[0]), (6, columns[2])]
            {
                // The same names stand for other columns in the next batch.
                let id = (batch % 2 == 0).then_some((id, id + 3));
                let sum = *sums.get(id, times, 2, |sum| {
                    computed += 1;
                    *sum = times.iter().sum();
                });
                assert_eq!(sum, times.iter().sum::<i64>());
            }
        }
        assert_eq!(computed, 3);
    }

    #[test]
    fn what_is_kept_is_bounded_and_stays_right() {
        let mut firsts: ByTimes<i64> = ByTimes::default();
        let length = 1000;
        for round in 0..3 {
            for first in 0..200_i64 {
                let times: Vec<i64> = (first..first + length + round).collect();
                let found = *firsts.get(None, &times, 10, |found| *found = first);
                assert_eq!(found, first);
            }
        }
        assert!(firsts.cells <= CELLS_MAX + 1000, "{}", firsts.cells);
        assert_eq!(firsts.index.len(), firsts.columns.len());
    }
}
