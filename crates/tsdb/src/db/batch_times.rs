//! The times of a batch: series with the same times share them.
//!
//! The series of one writer do not lie side by side in the order of keys, so all columns of the batch
//! are remembered, not only the last.

use std::hash::BuildHasher as _;
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};

/// Some neighbouring rows of a segment's lane: the segment, the lane, the first row and their number.
pub(super) type RowsId = (u32, u32, u32, u32);

/// Stands for the segment of rows that are in memory: those of a lane that lie in the span.
pub(super) const IN_MEMORY: u32 = u32::MAX;

/// The columns of times that a batch has.
#[derive(Debug, Default)]
pub(super) struct BatchTimes {
    /// Columns that are rows of lanes and nothing else.
    by_rows: HashMap<Box<[RowsId]>, Range<u32>>,
    /// All others, by their ends and length.
    by_content: HashTable<Range<u32>>,
}

impl BatchTimes {
    /// Where the column made of these rows lies in `times`; `append` appends it.
    pub(super) fn of_rows(
        &mut self,
        rows: &[RowsId],
        times: &mut Vec<i64>,
        append: impl FnOnce(&mut Vec<i64>),
    ) -> Range<u32> {
        if let Some(found) = self.by_rows.get(rows) {
            return found.clone();
        }
        let start = offset(times.len());
        append(times);
        let range = start..offset(times.len());
        self.by_rows.insert(rows.into(), range.clone());
        range
    }

    /// Where `column` lies in `times`.
    pub(super) fn of_column(&mut self, column: &[i64], times: &mut Vec<i64>) -> Range<u32> {
        let hash = hash_of(column);
        let is_it = |range: &Range<u32>| times_at(times, range) == column;
        if let Some(found) = self.by_content.find(hash, is_it) {
            return found.clone();
        }
        let start = offset(times.len());
        times.extend_from_slice(column);
        let range = start..offset(times.len());
        let rehash = |range: &Range<u32>| hash_of(times_at(times, range));
        self.by_content.insert_unique(hash, range.clone(), rehash);
        range
    }
}

fn times_at<'a>(times: &'a [i64], range: &Range<u32>) -> &'a [i64] {
    &times[range.start as usize..range.end as usize]
}

/// Few columns share their ends and their length without being the same.
fn hash_of(column: &[i64]) -> u64 {
    FixedState::default().hash_one((column.first(), column.last(), column.len()))
}

/// A position in a batch.
pub(super) fn offset(length: usize) -> u32 {
    u32::try_from(length).expect("a part's samples in memory stay below 2^32")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_kept_once_however_they_come() {
        let (mut shared, mut times) = (BatchTimes::default(), Vec::new());
        for _ in 0..2 {
            assert_eq!(shared.of_column(&[1, 2, 3], &mut times), 0..3);
            assert_eq!(shared.of_column(&[1, 9, 3], &mut times), 3..6);
            assert_eq!(shared.of_rows(&[(0, 1, 2, 2)], &mut times, |all| all.extend([7, 8])), 6..8);
            assert_eq!(shared.of_rows(&[(0, 1, 3, 1)], &mut times, |all| all.push(8)), 8..9);
        }
        assert_eq!(times, [1, 2, 3, 1, 9, 3, 7, 8, 8]);
    }
}
