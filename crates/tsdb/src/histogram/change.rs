//! A histogram against the one before it, as the write-ahead log has it (`docs/formats/wal.md`).

use regain_model::Histogram;

use super::layout::{self, Layout, Totals};
use super::{hint_of, number_of};
use crate::wal::batch::put_group;
use crate::wal::decode::read_group;
use crate::wire::Cursor;

/// The histogram has the layout of the one before.
const SAME_LAYOUT: u8 = 4;
const HINT: u8 = 3;

/// The numbers beside the buckets.
const TOTALS: usize = 3;

/// Numbers come in groups of as many.
const GROUP: usize = 64;

/// All numbers of a histogram.
fn numbers_of(histogram: &Histogram) -> Vec<f64> {
    let totals = [histogram.count, histogram.zero_count, histogram.sum];
    let buckets = histogram.positive.cells().iter().chain(histogram.negative.cells());
    totals.into_iter().chain(buckets.copied()).collect()
}

/// Appends a histogram as a change of `before`.
pub(crate) fn put(out: &mut Vec<u8>, before: Option<&Histogram>, histogram: &Histogram) {
    let before = before.filter(|before| layout::is_same(before, histogram));
    out.push(number_of(histogram.hint) | if before.is_some() { SAME_LAYOUT } else { 0 });
    if before.is_none() {
        layout::put(out, histogram);
    }
    let (numbers, before) = (numbers_of(histogram), before.map(numbers_of).unwrap_or_default());
    let mut groups = before.chunks(GROUP);
    for numbers in numbers.chunks(GROUP) {
        put_group(out, numbers, groups.next().unwrap_or_default(), u64::MAX);
    }
}

/// Reads a histogram as a change of `before`; `None` when it makes no sense.
pub(crate) fn read(cursor: &mut Cursor<'_>, before: Option<&Histogram>) -> Option<Histogram> {
    let head = cursor.byte()?;
    let hint = hint_of(head & HINT)?;
    let (layout, mut numbers) = match head & !HINT {
        0 => {
            let layout = layout::read(cursor)?;
            // Every number takes a bit at least.
            let count = TOTALS + layout.buckets();
            let numbers = (count.div_ceil(8) <= cursor.0.len()).then(|| vec![0.0; count])?;
            (layout, numbers)
        }
        SAME_LAYOUT => (Layout::of(before?), numbers_of(before?)),
        _ => return None,
    };
    for group in numbers.chunks_mut(GROUP) {
        read_group(cursor, group, u64::MAX)?;
    }
    let counts = numbers.split_off(TOTALS);
    let totals = Totals { count: numbers[0], zero_count: numbers[1], sum: numbers[2] };
    let histogram = layout.with(totals, counts)?;
    Some(Histogram { hint, ..histogram })
}
