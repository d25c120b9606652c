use proptest::prelude::*;
use regain_model::histogram::Buckets;
use regain_protowire::write::{
    put_double, put_message, put_packed_doubles, put_packed_sint64, put_varint,
};
use regain_protowire::zigzag;

use super::*;
use crate::write::encode::{Counts, HistogramSample};

/// A message, written field by field.
#[derive(Clone, Default)]
struct Message(Vec<u8>);

impl Message {
    fn integers(count: u64) -> Self {
        let mut message = Self::default();
        put_varint(&mut message.0, COUNT_INTEGER, count);
        message
    }

    fn floats(count: f64) -> Self {
        let mut message = Self::default();
        put_double(&mut message.0, COUNT_FLOAT, count);
        message
    }

    fn schema(mut self, schema: i64) -> Self {
        put_varint(&mut self.0, SCHEMA, zigzag(schema));
        self
    }

    fn double(mut self, field: u32, value: f64) -> Self {
        put_double(&mut self.0, field, value);
        self
    }

    fn varint(mut self, field: u32, value: u64) -> Self {
        put_varint(&mut self.0, field, value);
        self
    }

    fn spans(mut self, field: u32, spans: &[(i64, u64)]) -> Self {
        for &(offset, length) in spans {
            put_message(&mut self.0, field, |dst| {
                put_varint(dst, SPAN_OFFSET, zigzag(offset));
                put_varint(dst, SPAN_LENGTH, length);
            });
        }
        self
    }

    fn deltas(mut self, field: u32, deltas: &[i64]) -> Self {
        put_packed_sint64(&mut self.0, field, deltas.iter().copied());
        self
    }

    fn doubles(mut self, field: u32, values: &[f64]) -> Self {
        put_packed_doubles(&mut self.0, field, values);
        self
    }

    fn finish(&self) -> Result<Histogram, Invalid> {
        let mut draft = Draft::default();
        draft.decode(&self.0).unwrap();
        draft.finish()
    }
}

#[test]
fn integers_and_floats_come_to_the_same() {
    let integers = Message::integers(10)
        .double(SUM, 18.5)
        .schema(1)
        .double(ZERO_THRESHOLD, 0.001)
        .varint(ZERO_COUNT_INTEGER, 2)
        .spans(NEGATIVE_SPAN, &[(0, 1)])
        .deltas(NEGATIVE_DELTAS, &[1])
        .spans(POSITIVE_SPAN, &[(-1, 2), (3, 1)])
        .deltas(POSITIVE_DELTAS, &[1, 3, -2])
        // What belongs to floats is ignored in a histogram of integers, and the other way round.
        .doubles(POSITIVE_COUNTS, &[9.0])
        .varint(RESET_HINT, 3);
    let floats = Message::floats(10.0)
        .double(SUM, 18.5)
        .schema(1)
        .double(ZERO_THRESHOLD, 0.001)
        .double(ZERO_COUNT_FLOAT, 2.0)
        .spans(NEGATIVE_SPAN, &[(0, 1)])
        .doubles(NEGATIVE_COUNTS, &[1.0])
        .spans(POSITIVE_SPAN, &[(-1, 2), (3, 1)])
        .doubles(POSITIVE_COUNTS, &[1.0, 4.0, 2.0])
        .deltas(POSITIVE_DELTAS, &[7])
        .varint(RESET_HINT, 3);
    let histogram = integers.finish().unwrap();
    assert_eq!(histogram, floats.finish().unwrap());
    let buckets: Vec<(i32, f64)> = histogram.positive.iter().collect();
    assert_eq!(buckets, [(-1, 1.0), (0, 4.0), (4, 2.0)]);
    assert_eq!((histogram.hint, histogram.zero_count), (ResetHint::Gauge, 2.0));
    assert_eq!(histogram.bounds, None);
}

#[test]
fn custom_buckets_have_their_bounds() {
    let message = Message::integers(6)
        .schema(-53)
        .spans(POSITIVE_SPAN, &[(0, 1), (1, 1)])
        .deltas(POSITIVE_DELTAS, &[2, 2])
        .doubles(CUSTOM_BOUNDS, &[0.5, 1.0]);
    let histogram = message.finish().unwrap();
    assert_eq!(histogram.custom_bounds(), [0.5, 1.0]);
    let buckets: Vec<(i32, f64)> = histogram.positive.iter().collect();
    assert_eq!(buckets, [(0, 2.0), (2, 4.0)]);
}

#[test]
fn finer_schemas_than_there_are_are_lowered() {
    let message =
        Message::integers(6).spans(POSITIVE_SPAN, &[(1, 4)]).deltas(POSITIVE_DELTAS, &[1, 0, 1, 0]);
    let histogram = message.clone().schema(9).finish().unwrap();
    assert_eq!(histogram.schema, 8);
    let buckets: Vec<(i32, f64)> = histogram.positive.iter().collect();
    assert_eq!(buckets, [(1, 2.0), (2, 4.0)]);
    let histogram = message.clone().schema(52).finish().unwrap();
    assert_eq!((histogram.schema, histogram.positive.len()), (8, 1));
    for schema in [-9, -5, 53, i64::from(i32::MAX), i64::from(i32::MIN)] {
        let text = message.clone().schema(schema).finish().unwrap_err().to_string();
        assert!(text.starts_with("histogram has an invalid schema"), "{text}");
        assert!(text.ends_with(&format!("got schema {schema}")), "{text}");
    }
}

/// Invalid messages, and what Prometheus 3.14 says of them.
fn invalid() -> Vec<(Message, &'static str)> {
    let one = |message: Message| message.spans(POSITIVE_SPAN, &[(0, 1)]);
    let nan = f64::NAN;
    vec![
        (
            Message::integers(3).spans(POSITIVE_SPAN, &[(0, 2)]).deltas(POSITIVE_DELTAS, &[3]),
            "positive side: spans need 2 buckets, have 1 buckets: histogram spans specify different number of buckets than provided",
        ),
        (
            Message::floats(3.0)
                .spans(NEGATIVE_SPAN, &[(0, 1)])
                .doubles(NEGATIVE_COUNTS, &[1.0, 2.0]),
            "negative side: spans need 1 buckets, have 2 buckets: histogram spans specify different number of buckets than provided",
        ),
        (
            Message::integers(2)
                .spans(POSITIVE_SPAN, &[(-5, 1), (-2, 1)])
                .deltas(POSITIVE_DELTAS, &[1, 0]),
            "positive side: span number 2 with offset -2: histogram has a span whose offset is negative",
        ),
        (
            one(Message::integers(0)).deltas(POSITIVE_DELTAS, &[-3]),
            "positive side: bucket number 1 has observation count of -3: histogram has a bucket whose observation count is negative",
        ),
        (
            Message::floats(0.0)
                .spans(NEGATIVE_SPAN, &[(0, 2)])
                .doubles(NEGATIVE_COUNTS, &[0.0, -1.5]),
            "negative side: bucket number 2 has observation count of -1.5: histogram has a bucket whose observation count is negative",
        ),
        (
            Message::floats(1.0).double(ZERO_COUNT_FLOAT, -1.0),
            "zero bucket has observation count of -1: histogram has a bucket whose observation count is negative",
        ),
        (
            Message::floats(-2.0),
            "observation count is  -2: histogram's observation count is negative",
        ),
        (
            one(Message::integers(5)).deltas(POSITIVE_DELTAS, &[4]),
            "4 observations found in buckets, but the Count field is 5: histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)",
        ),
        (
            one(Message::integers(3)).deltas(POSITIVE_DELTAS, &[4]).double(SUM, nan),
            "4 observations found in buckets, but the Count field is 3: histogram's observation count should be at least the number of observations found in the buckets",
        ),
    ]
}

/// The same of custom buckets.
fn invalid_custom() -> Vec<(Message, &'static str)> {
    let custom = || Message::integers(1).schema(-53);
    vec![
        (
            Message::integers(0).doubles(CUSTOM_BOUNDS, &[1.0]),
            "histogram with exponential schema must not have custom bounds",
        ),
        (
            custom().doubles(CUSTOM_BOUNDS, &[1.0, f64::NAN]),
            "custom buckets: histogram custom bounds must not be NaN",
        ),
        (
            custom().doubles(CUSTOM_BOUNDS, &[1.0, 0.5]),
            "custom buckets: previous bound is 1.000000 and current is 0.500000: histogram custom bounds must be in strictly increasing order",
        ),
        (
            custom().doubles(CUSTOM_BOUNDS, &[1.0, f64::INFINITY]),
            "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite",
        ),
        (
            custom().spans(POSITIVE_SPAN, &[(-1, 1)]).deltas(POSITIVE_DELTAS, &[1]),
            "custom buckets: span number 1 with offset -1: histogram has a span whose offset is negative",
        ),
        (
            custom()
                .spans(POSITIVE_SPAN, &[(0, 1), (2, 1)])
                .deltas(POSITIVE_DELTAS, &[1, 0])
                .doubles(CUSTOM_BOUNDS, &[1.0]),
            "custom buckets: only 1 custom bounds defined which is insufficient to cover total span length of 4: histogram custom bounds are too few",
        ),
        (custom().varint(ZERO_COUNT_INTEGER, 1), "custom buckets: must have zero count of 0"),
        (custom().double(ZERO_THRESHOLD, 0.1), "custom buckets: must have zero threshold of 0"),
        (custom().spans(NEGATIVE_SPAN, &[(0, 1)]), "custom buckets: must not have negative spans"),
        (custom().deltas(NEGATIVE_DELTAS, &[1]), "custom buckets: must not have negative buckets"),
    ]
}

#[test]
fn what_is_no_histogram_is_refused_in_upstreams_words() {
    for (message, why) in invalid().into_iter().chain(invalid_custom()) {
        assert_eq!(message.finish().unwrap_err().to_string(), why);
    }
}

#[test]
fn counts_at_the_edge_of_numbers_do_no_harm() {
    let one = |message: Message| message.spans(POSITIVE_SPAN, &[(0, 1)]);
    // A sum that is no number excuses observations that are in no bucket.
    one(Message::integers(9)).deltas(POSITIVE_DELTAS, &[4]).double(SUM, f64::NAN).finish().unwrap();
    // Spans as long as they get need as many buckets.
    let huge = Message::integers(1)
        .spans(POSITIVE_SPAN, &[(0, u64::from(u32::MAX)), (0, u64::from(u32::MAX))])
        .deltas(POSITIVE_DELTAS, &[1]);
    let text = huge.finish().unwrap_err().to_string();
    assert!(text.starts_with("positive side: spans need 8589934590 buckets, have 1"), "{text}");
    let beyond = Message::integers(1)
        .spans(POSITIVE_SPAN, &[(i64::from(i32::MAX), 1)])
        .deltas(POSITIVE_DELTAS, &[1]);
    let text = beyond.finish().unwrap_err().to_string();
    assert_eq!(text, "positive side: histogram has a bucket index that overflows 32 bits");
    let wrapped = Message::integers(0)
        .spans(POSITIVE_SPAN, &[(0, 3)])
        .deltas(POSITIVE_DELTAS, &[i64::MAX, 1, 0]);
    assert!(wrapped.finish().is_err());
}

#[test]
fn numbers_may_come_one_by_one_and_fields_more_than_once() {
    let mut message = Message::floats(99.0).schema(5).0;
    for delta in [2, -1] {
        put_varint(&mut message, POSITIVE_DELTAS, zigzag(delta));
    }
    let message = Message(message).spans(POSITIVE_SPAN, &[(0, 2)]).schema(0);
    // The last of two counts is the one that counts.
    let histogram = message.varint(COUNT_INTEGER, 3).finish().unwrap();
    assert_eq!((histogram.schema, histogram.count), (0, 3.0));
    assert_eq!(histogram.positive.cells(), [2.0, 1.0]);
}

#[test]
fn a_draft_forgets_the_histogram_before() {
    let mut draft = Draft::default();
    let full = Message::integers(1)
        .schema(-53)
        .spans(POSITIVE_SPAN, &[(0, 1)])
        .deltas(POSITIVE_DELTAS, &[1])
        .doubles(CUSTOM_BOUNDS, &[0.5])
        .varint(TIME, 7)
        .varint(START, 5);
    draft.decode(&full.0).unwrap();
    assert_eq!((draft.time_ms, draft.start_ms), (7, 5));
    draft.decode(&[]).unwrap();
    assert_eq!((draft.time_ms, draft.start_ms), (0, 0));
    assert_eq!(draft.finish().unwrap(), Histogram::default());
}

fn arbitrary_histogram() -> impl Strategy<Value = (Histogram, Counts)> {
    let side = || prop::collection::vec((1..4_i32, 0..50_u8), 0..6);
    (side(), side(), -4..9_i32, any::<bool>(), 0..4_i32).prop_map(
        |(positive, negative, schema, integers, hint_number)| {
            let buckets = |side: Vec<(i32, u8)>| {
                let spans =
                    side.iter().map(|&(offset, _)| Span { offset, length: 1 }).collect::<Vec<_>>();
                let cells = side.iter().map(|&(_, count)| f64::from(count)).collect();
                Buckets::new(spans, cells).unwrap()
            };
            let (positive, negative) = (buckets(positive), buckets(negative));
            let count = positive.cells().iter().chain(negative.cells()).sum::<f64>() + 3.0;
            let histogram = Histogram {
                hint: hint(hint_number),
                schema,
                zero_threshold: 0.125,
                zero_count: 3.0,
                count,
                sum: -1.5,
                positive,
                negative,
                bounds: None,
            };
            (histogram, if integers { Counts::Integers } else { Counts::Floats })
        },
    )
}

proptest! {
    #[test]
    fn histograms_round_trip((histogram, counts) in arbitrary_histogram(), time_ms: i64, start_ms: i64) {
        let mut message = Vec::new();
        HistogramSample { time_ms, start_ms, histogram: &histogram, counts }.append(&mut message);
        let mut draft = Draft::default();
        draft.decode(&message).unwrap();
        prop_assert_eq!((draft.time_ms, draft.start_ms), (time_ms, start_ms));
        let read = draft.finish().unwrap();
        prop_assert_eq!(read.positive.spans(), histogram.positive.spans());
        prop_assert_eq!(&read, &histogram);
    }

    #[test]
    fn any_bytes_are_a_valid_histogram_or_refused(bytes: Vec<u8>) {
        let mut draft = Draft::default();
        if draft.decode(&bytes).is_ok() && let Ok(histogram) = draft.finish() {
            prop_assert!(histogram.validate().is_ok());
        }
    }
}
