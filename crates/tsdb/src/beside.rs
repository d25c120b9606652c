//! What some samples of a series have beside their floats: start timestamps, histograms
//! (`docs/formats/segment.md`). Series that have neither have nothing of this.

use regain_storage::{histogram_index, is_histogram};

use crate::column::Column;
use crate::frame::{Encoder, Frame, GroupBytes};
use crate::histogram::{columns, next_cell};
use crate::wire::{Cursor, put_bytes, put_signed, put_varint};

const STARTS: u8 = 1;
const HISTOGRAMS: u8 = 2;

/// All samples have one start.
const ONE_START: u8 = 0;
/// Frames of starts.
const MANY_STARTS: u8 = 1;
/// Frames of starts, each less the time of the sample before: what is counted starts anew with each.
const RELATIVE_STARTS: u8 = 2;

/// Appends what the samples of `column` have beside, whose histograms are in the order of the samples.
pub(crate) fn put<const N: usize>(out: &mut Vec<u8>, column: &Column, encoder: &mut Encoder<N>) {
    let starts = if column.starts.is_empty() { 0 } else { STARTS };
    let histograms = if column.histograms.is_empty() { 0 } else { HISTOGRAMS };
    out.push(starts | histograms);
    if starts != 0 {
        put_starts(out, column, encoder);
    }
    if histograms != 0 {
        put_varint(out, column.histograms.len() as u64);
        let mut columns = Vec::new();
        for histograms in column.histograms.chunks(N) {
            columns.clear();
            columns::put(&mut columns, histograms, encoder);
            put_bytes(out, &columns);
        }
    }
}

fn put_starts<const N: usize>(out: &mut Vec<u8>, column: &Column, encoder: &mut Encoder<N>) {
    let mut starts = column.starts.clone();
    starts.resize(column.times.len(), 0);
    if starts.iter().all(|&start| start == starts[0]) {
        out.push(ONE_START);
        put_signed(out, starts[0]);
        return;
    }
    let relative = relative(&starts, &column.times, i64::wrapping_sub);
    let (mut many, mut less) = (vec![MANY_STARTS], vec![RELATIVE_STARTS]);
    encoder.put_all_times(&mut many, &starts);
    encoder.put_all_times(&mut less, &relative);
    out.extend_from_slice(if less.len() < many.len() { &less } else { &many });
}

/// Each start with the time of the sample before, the first one with none.
fn relative(starts: &[i64], times: &[i64], with: impl Fn(i64, i64) -> i64) -> Vec<i64> {
    let before = std::iter::once(0).chain(times.iter().copied());
    starts.iter().zip(before).map(|(&start, before)| with(start, before)).collect()
}

/// Reads what the samples from the index `at` on have beside, and keeps those within `min..=max`; `None`
/// when it makes no sense.
pub(crate) fn read(
    cursor: &mut Cursor<'_>,
    at: usize,
    (min, max): (i64, i64),
    out: &mut Column,
) -> Option<()> {
    let flags = cursor.byte()?;
    if flags & !(STARTS | HISTOGRAMS) != 0 {
        return None;
    }
    if flags & STARTS != 0 {
        let starts = read_starts(cursor, &out.times[at..])?;
        out.starts.resize(at, 0);
        out.starts.extend(starts);
    }
    out.clip_from(at, min, max);
    if flags & HISTOGRAMS == 0 {
        return (!out.values[at..].iter().any(|&value| is_histogram(value))).then_some(());
    }
    let count = usize::try_from(cursor.varint()?).ok()?;
    let wanted = out.values[at..].iter().filter_map(|&value| histogram_index(value));
    let (mut first, mut end) = (usize::MAX, 0);
    for index in wanted {
        let index = usize::try_from(index).ok().filter(|&index| index < count)?;
        (first, end) = (first.min(index), end.max(index + 1));
    }
    let known = out.histograms.len();
    let mut before = 0;
    while before < count {
        let mut columns = Cursor(cursor.bytes()?);
        let here = columns::read_count(&mut { columns })?;
        if before < end && first < before + here {
            let wanted = first.saturating_sub(before)..end - before;
            columns::read(&mut columns, wanted, &mut out.histograms)?;
            columns.is_empty().then_some(())?;
        }
        before += here;
    }
    for value in &mut out.values[at..] {
        if let Some(index) = histogram_index(*value) {
            *value = next_cell(known + usize::try_from(index).ok()? - first);
        }
    }
    Some(())
}

fn read_starts(cursor: &mut Cursor<'_>, times: &[i64]) -> Option<Vec<i64>> {
    match cursor.byte()? {
        ONE_START => Some(vec![cursor.signed()?; times.len()]),
        kind @ (MANY_STARTS | RELATIVE_STARTS) => {
            let mut starts = Vec::with_capacity(times.len());
            while starts.len() < times.len() {
                let frame = Frame::read(cursor, GroupBytes::default())?;
                let at = starts.len();
                starts.resize(at + frame.count(), 0);
                frame.times(&mut starts[at..])?;
            }
            let is_whole = starts.len() == times.len();
            if kind == RELATIVE_STARTS {
                starts = relative(&starts, times, i64::wrapping_add);
            }
            is_whole.then_some(starts)
        }
        _ => None,
    }
}
