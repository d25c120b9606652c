use proptest::prelude::*;
use regain_model::Buckets;
use regain_model::histogram::Span;

use super::*;
use crate::beside;
use crate::column::Column;
use crate::frame::Encoder;
use crate::lane::row::Sample;
use crate::wire::Cursor;
use regain_storage::Value;

/// Numbers of all classes: of counters, of measurements, and any bits.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (0..1000_u32).prop_map(f64::from),
        2 => any::<f64>(),
        1 => any::<u64>().prop_map(f64::from_bits),
        1 => Just(-0.0),
    ]
}

fn buckets() -> impl Strategy<Value = Buckets> {
    let spans = prop_oneof![
        2 => Just(vec![(-2, 3), (4, 2)]),
        1 => prop::collection::vec((0..5_i32, 0..4_u32), 0..4),
    ];
    (spans, prop::collection::vec(number(), 12)).prop_map(|(spans, numbers)| {
        let spans: Vec<Span> =
            spans.into_iter().map(|(offset, length)| Span { offset, length }).collect();
        let count = spans.iter().map(|span| span.length as usize).sum();
        Buckets::new(spans, numbers.into_iter().take(count).collect()).unwrap()
    })
}

fn histogram() -> impl Strategy<Value = Histogram> {
    let bounds = prop_oneof![
        3 => Just(None),
        1 => prop::collection::vec(number(), 0..4).prop_map(Some),
    ];
    let schema = prop_oneof![3 => Just(3), 1 => -4..9_i32];
    let totals = [number(), number(), number()];
    (
        0..4_u8,
        schema,
        prop_oneof![3 => Just(0.5), 1 => number()],
        totals,
        (buckets(), buckets()),
        bounds,
    )
        .prop_map(|(hint, schema, zero_threshold, [zero_count, count, sum], sides, bounds)| {
            Histogram {
                hint: hint_of(hint).unwrap(),
                schema,
                zero_threshold,
                zero_count,
                count,
                sum,
                positive: sides.0,
                negative: sides.1,
                bounds: bounds.map(Into::into),
            }
        })
}

fn sample() -> impl Strategy<Value = (i64, Value)> {
    let value = prop_oneof![
        1 => number().prop_map(|value| Value::Float(regain_storage::quieted(value))),
        3 => histogram().prop_map(|histogram| Value::Histogram(Arc::new(histogram))),
    ];
    (prop_oneof![4 => Just(0_i64), 2 => Just(77), 1 => any::<i64>()], value)
}

/// Every number of a histogram in bits.
fn text(histogram: &Histogram) -> String {
    let bits = |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
    let side = |side: &Buckets| format!("{:?} {:?}", side.spans(), bits(side.cells()));
    let Histogram { hint, schema, zero_threshold, zero_count, count, sum, .. } = histogram;
    let totals = bits(&[*zero_threshold, *zero_count, *count, *sum]);
    let bounds = histogram.bounds.as_deref().map(bits);
    let (positive, negative) = (side(&histogram.positive), side(&histogram.negative));
    format!("{hint:?} {schema} {totals:?} {positive} {negative} {bounds:?}")
}

fn shown(column: &Column) -> Vec<(i64, i64, String)> {
    let value = |value: f64| match histogram_at(value, &column.histograms) {
        Some(histogram) => text(histogram),
        None => value.to_bits().to_string(),
    };
    let start = |at: usize| column.starts.get(at).copied().unwrap_or(0);
    let samples = column.times.iter().zip(&column.values).enumerate();
    samples.map(|(at, (&time, &cell))| (time, start(at), value(cell))).collect()
}

/// Writes what is beside a column and reads it back, within a span of time.
fn there_and_back<const N: usize>(column: &Column, mut encoder: Encoder<N>, span: (i64, i64)) {
    let mut bytes = Vec::new();
    beside::put(&mut bytes, column, &mut encoder);
    // Other samples are there already.
    let mut out = Column::default();
    out.push_sample(&Sample { time: -1, start: 5, value: Value::Histogram(Arc::default()) });
    let (times, values) = (column.times.clone(), column.values.clone());
    out.times.extend(times);
    out.values.extend(values);
    let mut cursor = Cursor(&bytes);
    assert_eq!(beside::read(&mut cursor, 1, span, &mut out), Some(()));
    assert!(cursor.is_empty());
    let is_in = |sample: &(i64, i64, String)| span.0 <= sample.0 && sample.0 <= span.1;
    let expected: Vec<_> = shown(column).into_iter().filter(is_in).collect();
    assert_eq!(shown(&out)[1..], expected);
}

proptest! {
    #[test]
    fn histograms_come_back_against_any_other(all in prop::collection::vec(histogram(), 1..6)) {
        let mut before: Option<&Histogram> = None;
        for histogram in &all {
            let mut bytes = Vec::new();
            change::put(&mut bytes, before, histogram);
            let mut cursor = Cursor(&bytes);
            let read = change::read(&mut cursor, before).unwrap();
            prop_assert_eq!(text(&read), text(histogram));
            prop_assert!(cursor.is_empty());
            before = Some(histogram);
        }
    }

    #[test]
    fn columns_come_back(
        samples in prop::collection::vec(sample(), 1..40),
        from in 0..40_i64,
        length in 0..40_i64,
    ) {
        let mut column = Column::default();
        for (time, (start, value)) in (0..).zip(samples) {
            column.push_sample(&Sample { time, start, value });
        }
        for span in [(i64::MIN, i64::MAX), (from, from + length)] {
            there_and_back(&column, Encoder::head(), span);
            there_and_back(&column, Encoder::segment(), span);
            there_and_back(&column, Encoder::block(), span);
        }
    }

    #[test]
    fn hostile_bytes_are_refused_or_read(
        mut bytes: Vec<u8>,
        samples in prop::collection::vec(sample(), 1..20),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut column = Column::default();
        for (time, (start, value)) in (0..).zip(samples) {
            column.push_sample(&Sample { time, start, value });
        }
        let mut damaged = Vec::new();
        beside::put(&mut damaged, &column, &mut Encoder::head());
        for (at, byte) in flips {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        bytes.insert(0, 3);
        for bytes in [bytes, damaged] {
            let mut out = Column { histograms: Vec::new(), starts: Vec::new(), ..column.clone() };
            if beside::read(&mut Cursor(&bytes), 0, (i64::MIN, i64::MAX), &mut out).is_some() {
                let places = out.values.iter().filter_map(|&value| histogram_index(value));
                prop_assert!(places.max().is_none_or(|at| (at as usize) < out.histograms.len()));
            }
            if let Some(read) = change::read(&mut Cursor(&bytes), None) {
                prop_assert!(read.positive.len() <= 8 * bytes.len());
            }
        }
    }

    #[test]
    fn equal_histograms_have_equal_bits(a in histogram(), b in histogram()) {
        let mut compact = a.clone();
        compact.compact();
        compact.hint = ResetHint::Gauge;
        prop_assert_eq!(bits_of(&a), bits_of(&compact));
        prop_assert_eq!(bits_of(&a) == bits_of(&b), a.equals(&b));
        prop_assert!(regain_storage::is_histogram(f64::from_bits(bits_of(&a))));
    }
}

#[test]
fn a_start_that_stays_costs_a_series_almost_nothing() {
    let mut column = Column::default();
    for time in 0..128 {
        let value = Value::Float(1.0);
        column.push_sample(&Sample { time: 1000 * time, start: 1_700_000_000_000, value });
    }
    let mut bytes = Vec::new();
    beside::put(&mut bytes, &column, &mut Encoder::segment());
    assert!(bytes.len() <= 8, "{} bytes", bytes.len());
}
