use std::sync::Arc;

use proptest::prelude::*;
use regain_model::histogram::{CUSTOM_SCHEMA, Span};
use regain_model::{ResetHint, STALE_NAN};

use super::*;
use crate::sample::{Counts, Layout, Native};

/// Floats of all classes.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => any::<u64>().prop_map(f64::from_bits),
        3 => (-1000_i32..1000).prop_map(f64::from),
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, f64::NAN, -f64::NAN, STALE_NAN, f64::INFINITY, f64::NEG_INFINITY,
            f64::MIN_POSITIVE, f64::from_bits(1), f64::MAX,
        ]),
    ]
}

/// Times with steps of all widths, and start timestamps that stay, change, and are not known.
fn any_row() -> impl Strategy<Value = (i64, i64, f64)> {
    let step = prop_oneof![
        5 => Just(15_000_i64),
        3 => 14_990_i64..15_010,
        1 => 0_i64..10_000_000,
        1 => any::<u32>().prop_map(|step| i64::from(step) << 12),
    ];
    let start =
        prop_oneof![4 => Just(0_i64), 4 => Just(777_i64), 1 => any::<i32>().prop_map(i64::from)];
    (step, start, any_value())
}

fn rows_of(steps: Vec<(i64, i64, f64)>, first: i64) -> Vec<(i64, i64, f64)> {
    let mut time = first;
    let row = |(step, start, value)| {
        time = i64::wrapping_add(time, step);
        (time, start, value)
    };
    steps.into_iter().map(row).collect()
}

fn bits(samples: &Samples) -> Vec<(i64, i64, u64)> {
    let rows = samples.times.iter().zip(&samples.starts).zip(&samples.cells);
    rows.map(|((&time, &start), value)| (time, start, value.to_bits())).collect()
}

/// What a column shows of a value: a NaN that looks like a histogram's place becomes another.
fn shown(value: f64) -> u64 {
    regain_storage::quieted(value).to_bits()
}

fn any_counts() -> impl Strategy<Value = (u64, Vec<u64>)> {
    let count = prop_oneof![4 => 0_u64..100, 1 => 0_u64..1 << 50, 1 => any::<u64>()];
    (count.clone(), prop::collection::vec(count, 7))
}

fn layout(schema: i32, zero_threshold: f64) -> Arc<Layout> {
    let bounds = [0.005, 0.1, 1.0, 33_554.43, 1e9, -3.0, 0.123_456].as_slice();
    Arc::new(Layout {
        schema,
        zero_threshold,
        positive: vec![Span { offset: -2, length: 3 }, Span { offset: 5, length: 1 }],
        negative: vec![Span { offset: 70_000, length: 0 }, Span { offset: 0, length: 3 }],
        bounds: (schema == CUSTOM_SCHEMA).then(|| Arc::from(bounds)),
    })
}

fn counts_of<N: Copy + Default>(
    layout: &Arc<Layout>,
    number: impl Fn(u64) -> N,
    (count, buckets): &(u64, Vec<u64>),
    sum: f64,
    hint: ResetHint,
) -> Counts<N> {
    if regain_model::is_stale(sum) {
        return Counts::stale();
    }
    Counts {
        hint,
        layout: Arc::clone(layout),
        count: number(*count),
        zero_count: number(buckets[6]),
        sum,
        positive: buckets[..4].iter().map(|&count| number(count)).collect(),
        negative: buckets[4..].iter().map(|&count| number(count)).collect(),
    }
}

/// A time, a start timestamp, and a value.
type Row = (i64, i64, f64);

/// As many rows as there are counts of histograms.
fn any_histograms() -> impl Strategy<Value = (Vec<Row>, Vec<(u64, Vec<u64>)>)> {
    (1_usize..200).prop_flat_map(|len| {
        (prop::collection::vec(any_row(), len), prop::collection::vec(any_counts(), len))
    })
}

/// After the end of a series, only the end may follow in the same chunk.
fn ended_once(rows: &mut [(i64, i64, f64)]) {
    let end = rows.iter().position(|row| regain_model::is_stale(row.2)).unwrap_or(rows.len());
    for row in &mut rows[end..] {
        row.2 = STALE_NAN;
    }
}

fn text(histogram: &Native) -> String {
    // NaNs are told apart by their bits.
    match histogram {
        Native::Integer(counts) => format!("{:x} {counts:?}", counts.sum.to_bits()),
        Native::Float(counts) => format!(
            "{:x} {:x?} {counts:?}",
            counts.sum.to_bits(),
            counts.positive.iter().map(|count| count.to_bits()).collect::<Vec<_>>()
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn floats_come_back_bit_by_bit(
        steps in prop::collection::vec(any_row(), 0..300), first in any::<i32>(),
    ) {
        let rows = rows_of(steps, i64::from(first));
        let (mut plain, mut with_starts) = (XorWriter::new(), Xor2Writer::new());
        for &(time, start, value) in &rows {
            plain.push(time, value);
            with_starts.push(time, start, value);
        }
        let (plain, with_starts) = (plain.into_bytes(), with_starts.into_bytes());
        let (mut read, mut read_with) = (Samples::default(), Samples::default());
        decode(Encoding::Xor, &plain, &mut read).unwrap();
        decode(Encoding::Xor2, &with_starts, &mut read_with).unwrap();
        let expected: Vec<_> = rows.iter().map(|&(t, _, v)| (t, 0, shown(v))).collect();
        prop_assert_eq!(bits(&read), expected);
        let expected: Vec<_> = rows.iter().map(|&(t, s, v)| (t, s, shown(v))).collect();
        prop_assert_eq!(bits(&read_with), expected);
    }

    #[test]
    fn histograms_come_back_bit_by_bit(
        (steps, counts) in any_histograms(),
        schema in prop::sample::select(vec![-4, 0, 3, 8, CUSTOM_SCHEMA]),
        threshold in prop::sample::select(vec![0.0, 1e-128, 0.25, 2_f64.powi(-243), 1024.0, 2048.0]),
        with_starts in any::<bool>(),
    ) {
        let mut rows = rows_of(steps, 1_700_000_000_000);
        ended_once(&mut rows);
        let layout = layout(schema, threshold);
        let first = if regain_model::is_stale(rows[0].2) { Arc::default() } else { Arc::clone(&layout) };
        let mut integers = HistogramWriter::new(ResetHeader::NotReset, &first, with_starts);
        let mut floats = FloatHistogramWriter::new(ResetHeader::Gauge, &first, with_starts);
        let (mut expected, mut expected_floats) = (Vec::new(), Vec::new());
        for (at, (&(time, start, sum), counts)) in rows.iter().zip(&counts).enumerate() {
            let hint = if at == 0 { ResetHint::Unknown } else { ResetHint::NotReset };
            let integer = counts_of(&layout, |count| count, counts, sum, hint);
            let float = counts_of(&layout, f64::from_bits, counts, sum, ResetHint::Gauge);
            integers.push(time, start, &integer);
            floats.push(time, start, &float);
            expected.push((time, if with_starts { start } else { 0 }, text(&Native::Integer(integer))));
            expected_floats.push(text(&Native::Float(float)));
        }
        let kinds = if with_starts {
            [Encoding::HistogramSt, Encoding::FloatHistogramSt]
        } else {
            [Encoding::Histogram, Encoding::FloatHistogram]
        };
        let (mut read, mut read_floats) = (Samples::default(), Samples::default());
        let bytes = integers.into_bytes();
        prop_assert_eq!(usize::from(sample_count(kinds[0], &bytes).unwrap()), rows.len());
        decode(kinds[0], &bytes, &mut read).unwrap();
        decode(kinds[1], &floats.into_bytes(), &mut read_floats).unwrap();
        let found: Vec<_> = (0..read.len())
            .map(|at| (read.times[at], read.starts[at], text(read.histogram(at).unwrap())))
            .collect();
        prop_assert_eq!(found, expected);
        let found: Vec<_> = read_floats.histograms.iter().map(text).collect();
        prop_assert_eq!(found, expected_floats);
    }

    #[test]
    fn bytes_of_any_kind_are_read_or_refused(
        kind in 1_u8..=6, mut data in prop::collection::vec(any::<u8>(), 0..400), count in 0_u8..200,
    ) {
        if data.len() > 1 {
            // A count that the bytes may have room for gets further.
            data[0] &= 0xc0;
            data[1] = count;
        }
        let mut samples = Samples::default();
        let encoding = Encoding::of(kind).unwrap();
        if decode(encoding, &data, &mut samples).is_ok() {
            prop_assert_eq!(samples.len(), usize::from(sample_count(encoding, &data).unwrap()));
        }
    }

    #[test]
    fn damaged_chunks_are_read_or_refused(
        steps in prop::collection::vec(any_row(), 1..100), at in any::<prop::sample::Index>(),
        flip in 1_u8..=255, cut in any::<prop::sample::Index>(),
    ) {
        let layout = layout(3, 0.25);
        let (mut xor, mut xor2) = (XorWriter::new(), Xor2Writer::new());
        let mut histograms = HistogramWriter::new(ResetHeader::Unknown, &layout, true);
        for (time, start, value) in rows_of(steps, 0) {
            xor.push(time, value);
            xor2.push(time, start, value);
            let counts = (value.to_bits() >> 8, vec![value.to_bits() >> 20; 7]);
            let counts = counts_of(&layout, |count| count, &counts, value, ResetHint::Unknown);
            if !regain_model::is_stale(value) {
                histograms.push(time, start, &counts);
            }
        }
        for (encoding, mut data) in [
            (Encoding::Xor, xor.into_bytes()),
            (Encoding::Xor2, xor2.into_bytes()),
            (Encoding::HistogramSt, histograms.into_bytes()),
        ] {
            let place = at.index(data.len());
            data[place] ^= flip;
            let mut samples = Samples::default();
            decode(encoding, &data, &mut samples).ok();
            data.truncate(cut.index(data.len()));
            decode(encoding, &data, &mut samples).ok();
        }
    }
}
