//! Some histograms of one series in columns (`docs/formats/segment.md`): each number over time is a column
//! of frames, and what seldom changes, the layout, is written once.

use std::ops::Range;
use std::sync::Arc;

use regain_model::Histogram;

use super::layout::{self, Layout, Totals};
use super::{hint_of, number_of};
use crate::frame::{Encoder, FRAME_MAX, Frame, GroupBytes};
use crate::wire::{Cursor, put_varint};

/// Appends the columns of at most `N` histograms.
pub(crate) fn put<const N: usize>(
    out: &mut Vec<u8>,
    histograms: &[Arc<Histogram>],
    encoder: &mut Encoder<N>,
) {
    debug_assert!((1..=N).contains(&histograms.len()), "columns are never empty");
    put_varint(out, histograms.len() as u64);
    let (layouts, which) = layouts_of(histograms);
    put_varint(out, layouts.len() as u64);
    for first in &layouts {
        layout::put(out, first);
    }
    if layouts.len() > 1 {
        encoder.put_times(out, &which);
    }
    let hints: Vec<i64> = histograms.iter().map(|h| i64::from(number_of(h.hint))).collect();
    encoder.put_times(out, &hints);
    let mut column = Vec::with_capacity(histograms.len());
    for number in [|h: &Histogram| h.count, |h: &Histogram| h.zero_count, |h: &Histogram| h.sum] {
        column.clear();
        column.extend(histograms.iter().map(|histogram| number(histogram)));
        encoder.put_floats(out, &column);
    }
    for (layout, first) in (0..).zip(&layouts) {
        let members = || histograms.iter().zip(&which).filter(move |(_, at)| **at == layout);
        for bucket in 0..first.positive.len() {
            column.clear();
            column.extend(members().map(|(histogram, _)| histogram.positive.cells()[bucket]));
            encoder.put_floats(out, &column);
        }
        for bucket in 0..first.negative.len() {
            column.clear();
            column.extend(members().map(|(histogram, _)| histogram.negative.cells()[bucket]));
            encoder.put_floats(out, &column);
        }
    }
}

/// The first histogram of each layout, and for each histogram which layout it has.
fn layouts_of(histograms: &[Arc<Histogram>]) -> (Vec<&Histogram>, Vec<i64>) {
    let mut layouts: Vec<&Histogram> = Vec::new();
    let mut which: Vec<i64> = Vec::with_capacity(histograms.len());
    let mut last = 0;
    for histogram in histograms {
        // Most have the layout of the one before.
        if layouts.get(last).is_none_or(|known| !layout::is_same(known, histogram)) {
            let known = layouts.iter().position(|known| layout::is_same(known, histogram));
            last = known.unwrap_or_else(|| {
                layouts.push(histogram);
                layouts.len() - 1
            });
        }
        which.push(i64::try_from(last).expect("there are few layouts"));
    }
    (layouts, which)
}

/// Reads how many histograms columns hold.
pub(crate) fn read_count(cursor: &mut Cursor<'_>) -> Option<usize> {
    let count = usize::try_from(cursor.varint()?).ok()?;
    (1..=FRAME_MAX).contains(&count).then_some(count)
}

/// Appends those of the histograms whose indexes are `wanted`; `None` when the columns make no sense.
pub(crate) fn read(
    cursor: &mut Cursor<'_>,
    wanted: Range<usize>,
    out: &mut Vec<Arc<Histogram>>,
) -> Option<()> {
    let count = read_count(cursor)?;
    let wanted = wanted.start..wanted.end.min(count);
    let layouts = cursor.count()?;
    let layouts: Vec<Layout> = (0..layouts).map(|_| layout::read(cursor)).collect::<Option<_>>()?;
    let which = if layouts.len() > 1 { read_integers(cursor, count)? } else { vec![0; count] };
    let hints = read_integers(cursor, count)?;
    let mut totals = [const { Vec::new() }; 3];
    for column in &mut totals {
        read_floats(cursor, count, column)?;
    }
    let mut counts: Vec<Vec<f64>> = vec![Vec::new(); wanted.len()];
    let mut column = Vec::new();
    for (at, layout) in (0..).zip(&layouts) {
        let members = which.iter().filter(|&&which| which == at).count();
        // Every column takes a byte at least.
        if layout.buckets() > cursor.0.len() || (members == 0 && layout.buckets() > 0) {
            return None;
        }
        for _ in 0..layout.buckets() {
            read_floats(cursor, members, &mut column)?;
            let members = which.iter().enumerate().filter(|(_, which)| **which == at);
            for ((index, _), &number) in members.zip(&column) {
                if wanted.contains(&index) {
                    counts[index - wanted.start].push(number);
                }
            }
        }
    }
    for (index, counts) in wanted.zip(counts) {
        let layout = layouts.get(usize::try_from(which[index]).ok()?)?;
        let [count, zero_count, sum] = [0, 1, 2].map(|total: usize| totals[total][index]);
        let histogram = layout.with(Totals { count, zero_count, sum }, counts)?;
        let hint = hint_of(u8::try_from(hints[index]).ok()?)?;
        out.push(Arc::new(Histogram { hint, ..histogram }));
    }
    Some(())
}

fn read_integers(cursor: &mut Cursor<'_>, count: usize) -> Option<Vec<i64>> {
    let frame = Frame::read(cursor, GroupBytes::default())?;
    let mut integers = vec![0; count];
    (frame.count() == count).then(|| frame.times(&mut integers))??;
    Some(integers)
}

fn read_floats(cursor: &mut Cursor<'_>, count: usize, out: &mut Vec<f64>) -> Option<()> {
    let frame = Frame::read(cursor, GroupBytes::default())?;
    if frame.count() != count {
        return None;
    }
    out.clear();
    out.resize(count, 0.0);
    frame.floats(out);
    Some(())
}
