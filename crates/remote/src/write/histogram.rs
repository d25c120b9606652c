//! The message `Histogram`, which both protocols share but for the start timestamp.
//!
//! A [`Draft`] is decoded into memory that is used again, checked as upstream checks, and only then becomes a histogram of
//! its own.

mod check;

use std::sync::Arc;

use regain_model::histogram::{
    Buckets, CUSTOM_SCHEMA, EXPONENTIAL_SCHEMA_MAX, HistogramProblem, Schema, Span,
};
use regain_model::{Histogram, ResetHint};
use regain_protowire::{Error, Reader, unzigzag};

pub use check::Invalid;

/// `Histogram.count_int`.
pub const COUNT_INTEGER: u32 = 1;
/// `Histogram.count_float`.
pub const COUNT_FLOAT: u32 = 2;
/// `Histogram.sum`.
pub const SUM: u32 = 3;
/// `Histogram.schema`.
pub const SCHEMA: u32 = 4;
/// `Histogram.zero_threshold`.
pub const ZERO_THRESHOLD: u32 = 5;
/// `Histogram.zero_count_int`.
pub const ZERO_COUNT_INTEGER: u32 = 6;
/// `Histogram.zero_count_float`.
pub const ZERO_COUNT_FLOAT: u32 = 7;
/// `Histogram.negative_spans`.
pub const NEGATIVE_SPAN: u32 = 8;
/// `Histogram.negative_deltas`.
pub const NEGATIVE_DELTAS: u32 = 9;
/// `Histogram.negative_counts`.
pub const NEGATIVE_COUNTS: u32 = 10;
/// `Histogram.positive_spans`.
pub const POSITIVE_SPAN: u32 = 11;
/// `Histogram.positive_deltas`.
pub const POSITIVE_DELTAS: u32 = 12;
/// `Histogram.positive_counts`.
pub const POSITIVE_COUNTS: u32 = 13;
/// `Histogram.reset_hint`.
pub const RESET_HINT: u32 = 14;
/// `Histogram.timestamp`.
pub const TIME: u32 = 15;
/// `Histogram.custom_values`.
pub const CUSTOM_BOUNDS: u32 = 16;
/// `Histogram.start_timestamp`, which only 2.0 has.
pub const START: u32 = 17;
/// `BucketSpan.offset`.
pub const SPAN_OFFSET: u32 = 1;
/// `BucketSpan.length`.
pub const SPAN_LENGTH: u32 = 2;

/// The memory that a draft keeps for the next histogram, in numbers of each kind.
const NUMBERS_KEPT_MAX: usize = 1 << 14;

/// A histogram as a message says it.
#[derive(Debug, Default)]
pub struct Draft {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// When the histogram started to count, in milliseconds since 1970; 0 where nobody knows.
    pub start_ms: i64,
    count: Count,
    zero_count: Count,
    sum: f64,
    schema: Schema,
    zero_threshold: f64,
    hint: ResetHint,
    positive: Side,
    negative: Side,
    bounds: Vec<f64>,
}

/// A number of observations. Which kind `Histogram.count` is of decides for the whole message.
#[derive(Clone, Copy, Debug)]
enum Count {
    Integer(u64),
    Float(f64),
}

impl Default for Count {
    fn default() -> Self {
        Self::Integer(0)
    }
}

impl Count {
    const fn integer(self) -> u64 {
        match self {
            Self::Integer(count) => count,
            Self::Float(_) => 0,
        }
    }

    const fn float(self) -> f64 {
        match self {
            Self::Integer(_) => 0.0,
            Self::Float(count) => count,
        }
    }
}

/// The buckets on one side of zero. Of deltas and counts, those of the other kind are ignored.
#[derive(Debug, Default)]
struct Side {
    spans: Vec<Span>,
    deltas: Vec<i64>,
    counts: Vec<f64>,
}

impl Draft {
    /// Decodes a `Histogram` in the place of what was decoded before.
    pub fn decode(&mut self, message: &[u8]) -> Result<(), Error> {
        self.clear();
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            match field.number {
                COUNT_INTEGER => self.count = Count::Integer(field.uint64()?),
                COUNT_FLOAT => self.count = Count::Float(field.double()?),
                SUM => self.sum = field.double()?,
                SCHEMA => self.schema = field.sint32()?,
                ZERO_THRESHOLD => self.zero_threshold = field.double()?,
                ZERO_COUNT_INTEGER => self.zero_count = Count::Integer(field.uint64()?),
                ZERO_COUNT_FLOAT => self.zero_count = Count::Float(field.double()?),
                NEGATIVE_SPAN => self.negative.spans.push(decode_span(field.bytes()?)?),
                POSITIVE_SPAN => self.positive.spans.push(decode_span(field.bytes()?)?),
                NEGATIVE_DELTAS => {
                    field.for_each_varint(|delta| self.negative.deltas.push(unzigzag(delta)))?;
                }
                POSITIVE_DELTAS => {
                    field.for_each_varint(|delta| self.positive.deltas.push(unzigzag(delta)))?;
                }
                NEGATIVE_COUNTS => {
                    field.for_each_double(|count| self.negative.counts.push(count))?;
                }
                POSITIVE_COUNTS => {
                    field.for_each_double(|count| self.positive.counts.push(count))?;
                }
                RESET_HINT => self.hint = hint(field.int32()?),
                TIME => self.time_ms = field.int64()?,
                CUSTOM_BOUNDS => field.for_each_double(|bound| self.bounds.push(bound))?,
                START => self.start_ms = field.int64()?,
                _ => {}
            }
        }
        Ok(())
    }

    fn clear(&mut self) {
        let Self { positive, negative, bounds, .. } = std::mem::take(self);
        (self.positive, self.negative) = (positive.cleared(), negative.cleared());
        self.bounds = cleared(bounds);
    }

    /// The histogram, if there can be one like it. A resolution that is known and finer than the finest that exists here is
    /// lowered to that.
    pub fn finish(&self) -> Result<Histogram, Invalid> {
        self.check()?;
        let (zero_count, count) = match self.count {
            Count::Integer(count) => (self.zero_count.integer() as f64, count as f64),
            Count::Float(count) => (self.zero_count.float(), count),
        };
        let mut histogram = Histogram {
            hint: self.hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count,
            count,
            sum: self.sum,
            positive: self.buckets(&self.positive).map_err(Invalid::Positive)?,
            negative: self.buckets(&self.negative).map_err(Invalid::Negative)?,
            bounds: self.is_custom().then(|| Arc::from(self.bounds.as_slice())),
        };
        histogram.reduce_to(EXPONENTIAL_SCHEMA_MAX);
        Ok(histogram)
    }

    fn buckets(&self, side: &Side) -> Result<Buckets, HistogramProblem> {
        let spans = side.spans.clone();
        if self.is_integer() {
            Buckets::from_deltas(spans, &side.deltas)
        } else {
            Buckets::new(spans, side.counts.clone())
        }
    }

    const fn is_custom(&self) -> bool {
        self.schema == CUSTOM_SCHEMA
    }

    const fn is_integer(&self) -> bool {
        matches!(self.count, Count::Integer(_))
    }
}

impl Side {
    fn cleared(self) -> Self {
        let Self { spans, deltas, counts } = self;
        Self { spans: cleared(spans), deltas: cleared(deltas), counts: cleared(counts) }
    }
}

fn cleared<T>(mut numbers: Vec<T>) -> Vec<T> {
    numbers.clear();
    numbers.shrink_to(NUMBERS_KEPT_MAX);
    numbers
}

fn decode_span(message: &[u8]) -> Result<Span, Error> {
    let (mut reader, mut span) = (Reader::new(message), Span::default());
    while let Some(field) = reader.next_field()? {
        match field.number {
            SPAN_OFFSET => span.offset = field.sint32()?,
            SPAN_LENGTH => span.length = field.uint32()?,
            _ => {}
        }
    }
    Ok(span)
}

const fn hint(number: i32) -> ResetHint {
    match number {
        1 => ResetHint::Reset,
        2 => ResetHint::NotReset,
        3 => ResetHint::Gauge,
        _ => ResetHint::Unknown,
    }
}

#[cfg(test)]
mod tests;
