use std::sync::Arc;

use regain_model::histogram::Span;
use regain_model::{ResetHint, STALE_NAN};

use super::*;
use crate::chunk::decode;
use crate::sample::{Counts, Layout, Samples};

const RANGE_MS: i64 = 2 * 60 * 60 * 1000;

fn read(chunks: &[Chunk]) -> Samples {
    let mut samples = Samples::default();
    for chunk in chunks {
        let before = samples.len();
        decode(chunk.encoding, &chunk.data, &mut samples).unwrap();
        assert_eq!(samples.len() - before, usize::from(chunk.samples));
        assert_eq!((samples.times[before], *samples.times.last().unwrap()), (chunk.min, chunk.max));
    }
    samples
}

fn histogram(positive: &[Span], counts: &[u64]) -> Counts<u64> {
    let layout = Layout { positive: positive.to_vec(), ..Layout::default() };
    Counts {
        hint: ResetHint::Unknown,
        layout: Arc::new(layout),
        count: counts.iter().sum(),
        zero_count: 0,
        sum: 1.0,
        positive: counts.to_vec(),
        negative: Vec::new(),
    }
}

fn integer(counts: Counts<u64>) -> Value {
    Value::Histogram(Native::Integer(counts))
}

#[test]
fn floats_at_fifteen_seconds_come_in_four_equal_chunks_of_two_hours() {
    let mut cutter = Cutter::new(RANGE_MS);
    for row in 0..480 + 10 {
        cutter.push(row * 15_000, 0, Value::Float(row as f64));
    }
    let chunks = cutter.finish();
    let sizes: Vec<u16> = chunks.iter().map(|chunk| chunk.samples).collect();
    assert_eq!(sizes, [120, 120, 120, 120, 10]);
    assert_eq!(chunks[4].min, RANGE_MS);
    assert_eq!(read(&chunks).cells[489].to_bits(), 489_f64.to_bits());
}

#[test]
fn a_chunk_of_incompressible_floats_is_cut_by_its_size() {
    let mut cutter = Cutter::new(RANGE_MS);
    for row in 0_u32..500 {
        let value = f64::from(row).sin() * 1e9;
        cutter.push(i64::from(row) * 1000, 0, Value::Float(value));
    }
    let chunks = cutter.finish();
    assert!(chunks.iter().all(|chunk| chunk.data.len() <= 1024));
    assert_eq!(read(&chunks).len(), 500);
}

#[test]
fn a_new_bucket_widens_the_chunk_and_a_missing_one_starts_another() {
    let (narrow, wide) = ([Span { offset: 0, length: 1 }], [Span { offset: -1, length: 3 }]);
    let mut cutter = Cutter::new(RANGE_MS);
    cutter.push(1, 0, integer(histogram(&narrow, &[5])));
    cutter.push(2, 0, integer(histogram(&wide, &[1, 5, 2])));
    cutter.push(3, 0, integer(histogram(&narrow, &[9])));
    let chunks = cutter.finish();
    assert_eq!(chunks.iter().map(|chunk| chunk.samples).collect::<Vec<_>>(), [2, 1]);
    // The header of the second chunk says that the counter started again.
    assert_eq!(chunks[1].data[2] >> 6, 0b10);
    let samples = read(&chunks);
    let buckets = |at: usize| match samples.histogram(at) {
        Some(Native::Integer(counts)) => counts.positive.clone(),
        _ => Vec::new(),
    };
    assert_eq!([buckets(0), buckets(1), buckets(2)], [vec![0, 5, 0], vec![1, 5, 2], vec![9]]);
}

#[test]
fn kinds_are_kept_apart_and_the_end_of_a_series_ends_the_counter() {
    let span = [Span { offset: 0, length: 1 }];
    let mut cutter = Cutter::new(RANGE_MS);
    cutter.push(1, 0, integer(histogram(&span, &[1])));
    cutter.push(2, 0, integer(Counts::stale()));
    cutter.push(3, 0, integer(histogram(&span, &[2])));
    cutter.push(4, 0, Value::Float(STALE_NAN));
    let gauge = Counts { hint: ResetHint::Gauge, ..histogram(&span, &[2]) };
    cutter.push(5, 0, integer(gauge.clone()));
    cutter.push(6, 0, integer(Counts { count: 0, positive: vec![0], ..gauge }));
    let chunks = cutter.finish();
    assert_eq!(chunks.iter().map(|chunk| chunk.samples).collect::<Vec<_>>(), [2, 1, 1, 2]);
    let hints: Vec<_> = read(&chunks).histograms.iter().map(Native::hint).collect();
    let (unknown, gauge) = (ResetHint::Unknown, ResetHint::Gauge);
    assert_eq!(hints, [unknown, unknown, unknown, gauge, gauge]);
}
