//! The message `Histogram`.

use regain_model::histogram::{Buckets, Span};
use regain_model::{Histogram, ResetHint};
use regain_protowire::write::{
    put_double, put_message, put_packed_doubles, put_packed_sint64, put_varint,
};
use regain_protowire::zigzag;

use super::{append_nonzero_double, append_nonzero_int64};
use crate::write::histogram::{
    COUNT_FLOAT, COUNT_INTEGER, CUSTOM_BOUNDS, NEGATIVE_COUNTS, NEGATIVE_DELTAS, NEGATIVE_SPAN,
    POSITIVE_COUNTS, POSITIVE_DELTAS, POSITIVE_SPAN, RESET_HINT, SCHEMA, SPAN_LENGTH, SPAN_OFFSET,
    START, SUM, TIME, ZERO_COUNT_FLOAT, ZERO_COUNT_INTEGER, ZERO_THRESHOLD,
};

/// How a message writes counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Whole numbers, each as the difference to the one before it.
    Integers,
    /// Floats.
    Floats,
}

/// A histogram at a time.
#[derive(Clone, Copy, Debug)]
pub struct HistogramSample<'a> {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// When it started to count, in milliseconds since 1970; 0 where nobody knows, and always in 1.0.
    pub start_ms: i64,
    /// The histogram.
    pub histogram: &'a Histogram,
    /// How its counts are written.
    pub counts: Counts,
}

/// The fields of one side of zero.
struct SideFields {
    span: u32,
    deltas: u32,
    counts: u32,
}

const POSITIVE: SideFields =
    SideFields { span: POSITIVE_SPAN, deltas: POSITIVE_DELTAS, counts: POSITIVE_COUNTS };
const NEGATIVE: SideFields =
    SideFields { span: NEGATIVE_SPAN, deltas: NEGATIVE_DELTAS, counts: NEGATIVE_COUNTS };

impl HistogramSample<'_> {
    /// Appends the fields of the message.
    pub fn append(&self, dst: &mut Vec<u8>) {
        let Self { time_ms, start_ms, histogram, counts } = *self;
        // The kind of the count is told even where there are none.
        match counts {
            Counts::Integers => {
                put_varint(dst, COUNT_INTEGER, whole(histogram.count).cast_unsigned());
            }
            Counts::Floats => put_double(dst, COUNT_FLOAT, histogram.count),
        }
        append_nonzero_double(dst, SUM, histogram.sum);
        if histogram.schema != 0 {
            put_varint(dst, SCHEMA, zigzag(i64::from(histogram.schema)));
        }
        append_nonzero_double(dst, ZERO_THRESHOLD, histogram.zero_threshold);
        match counts {
            Counts::Integers => {
                put_varint(dst, ZERO_COUNT_INTEGER, whole(histogram.zero_count).cast_unsigned());
            }
            Counts::Floats => put_double(dst, ZERO_COUNT_FLOAT, histogram.zero_count),
        }
        append_side(dst, &NEGATIVE, &histogram.negative, counts);
        append_side(dst, &POSITIVE, &histogram.positive, counts);
        if histogram.hint != ResetHint::Unknown {
            put_varint(dst, RESET_HINT, number(histogram.hint));
        }
        append_nonzero_int64(dst, TIME, time_ms);
        if !histogram.custom_bounds().is_empty() {
            put_packed_doubles(dst, CUSTOM_BOUNDS, histogram.custom_bounds());
        }
        append_nonzero_int64(dst, START, start_ms);
    }
}

fn append_side(dst: &mut Vec<u8>, fields: &SideFields, buckets: &Buckets, counts: Counts) {
    for &Span { offset, length } in buckets.spans() {
        put_message(dst, fields.span, |dst| {
            if offset != 0 {
                put_varint(dst, SPAN_OFFSET, zigzag(i64::from(offset)));
            }
            if length != 0 {
                put_varint(dst, SPAN_LENGTH, u64::from(length));
            }
        });
    }
    if buckets.is_empty() {
        return;
    }
    match counts {
        Counts::Floats => put_packed_doubles(dst, fields.counts, buckets.cells()),
        Counts::Integers => {
            let mut before = 0;
            let deltas = buckets.cells().iter().map(|&count| {
                let count = whole(count);
                count - std::mem::replace(&mut before, count)
            });
            put_packed_sint64(dst, fields.deltas, deltas);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a conversion of floats saturates")]
const fn whole(count: f64) -> i64 {
    count as i64
}

const fn number(hint: ResetHint) -> u64 {
    match hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    }
}
