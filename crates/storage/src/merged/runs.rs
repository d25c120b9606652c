//! The samples of one series, put together from several stores.

use std::ops::Range;
use std::sync::Arc;

use regain_model::ResetHint;

use crate::batch::{Batch, Run};
use crate::cell::{histogram_cell, histogram_index};

/// What is left of a store's samples of the series.
struct Rest<'a> {
    batch: &'a Batch,
    times: &'a [i64],
    /// Where the first of them is in the batch's columns of values.
    floats: usize,
}

impl Rest<'_> {
    fn skip(&mut self, count: usize) {
        self.times = &self.times[count..];
        self.floats += count;
    }
}

/// Appends the series `of` with all samples of `runs`, which stand in the order of precedence. Of samples with one time,
/// one stays: not that of the store which was read last, as it is upstream (`storage/merge.go`, 3.14), where the later
/// source counts at first.
pub(super) fn append(runs: &[(&Batch, &Run)], of: usize, out: &mut Batch) {
    let mut rests: Vec<Rest<'_>> = runs
        .iter()
        .map(|&(batch, run)| Rest {
            batch,
            times: batch.times_of(run),
            floats: run.floats.start as usize,
        })
        .collect();
    let start = offset(out.times.len());
    debug_assert_eq!(out.times.len(), out.floats.len(), "runs of several stores share no times");
    let (mut last, mut read_last) = (None, None);
    while let Some((at, time)) = first(&rests, read_last) {
        // Up to where another store has samples; at the time that several have, one sample.
        let others = rests.iter().enumerate().filter(|&(other, _)| other != at);
        let end = others.filter_map(|(_, rest)| rest.times.first()).min();
        let times = rests[at].times;
        let count = end.map_or(times.len(), |end| times.partition_point(|time| time < end)).max(1);
        let is_other = last.is_some_and(|last| last != at);
        copy(&rests[at], count, is_other, out);
        rests[at].skip(count);
        (last, read_last) = (Some(at), Some(at));
        for (other, rest) in rests.iter_mut().enumerate() {
            if rest.times.first() == Some(&time) {
                rest.skip(1);
                // What is passed over is read on first.
                read_last = Some(other);
            }
        }
    }
    let rows = start..offset(out.times.len());
    if !rows.is_empty() {
        out.runs.push(Run { series: offset(of), times: rows.clone(), floats: rows });
    }
}

/// The store with the earliest sample, the first of several that was not `read_last`, and the time of that.
fn first(rests: &[Rest<'_>], read_last: Option<usize>) -> Option<(usize, i64)> {
    let heads = rests.iter().enumerate();
    let heads = heads.filter_map(|(at, rest)| rest.times.first().map(|&time| (at, time)));
    heads.min_by_key(|&(at, time)| (time, read_last == Some(at), at))
}

/// Appends the next samples of a store. Behind a sample of another one nothing is known about counter resets.
fn copy(rest: &Rest<'_>, count: usize, is_behind_other: bool, out: &mut Batch) {
    let Rest { batch, times, floats } = rest;
    let range: Range<usize> = *floats..*floats + count;
    out.times.extend_from_slice(&times[..count]);
    if let Some(starts) = batch.starts.get(range.clone())
        && (!out.starts.is_empty() || starts.iter().any(|&start| start != 0))
    {
        out.starts.resize(out.floats.len(), 0);
        out.starts.extend_from_slice(starts);
    }
    let cells = &batch.floats[range];
    if batch.histograms.is_empty() {
        out.floats.extend_from_slice(cells);
    } else {
        for (at, &cell) in cells.iter().enumerate() {
            let Some(index) = histogram_index(cell) else {
                out.floats.push(cell);
                continue;
            };
            let mut histogram = Arc::clone(&batch.histograms[index as usize]);
            let forgets = is_behind_other && at == 0 && histogram.hint != ResetHint::Gauge;
            if forgets && histogram.hint != ResetHint::Unknown {
                Arc::make_mut(&mut histogram).hint = ResetHint::Unknown;
            }
            out.floats.push(histogram_cell(offset(out.histograms.len())));
            out.histograms.push(histogram);
        }
    }
    if !out.starts.is_empty() {
        out.starts.resize(out.floats.len(), 0);
    }
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).expect("a part's samples in memory stay below 2^32")
}
