//! The message `Histogram`, which both protocols share but for the start timestamp.

use regain_model::histogram::{Span, draft};
use regain_model::{Histogram, ResetHint};
use regain_protowire::{Error, Reader, unzigzag};

pub use regain_model::histogram::draft::Invalid;

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

/// A histogram as a message says it. Its memory is used again for the next one.
#[derive(Debug, Default)]
pub struct Draft {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// When the histogram started to count, in milliseconds since 1970; 0 where nobody knows.
    pub start_ms: i64,
    said: draft::Draft,
}

impl Draft {
    /// Decodes a `Histogram` in the place of what was decoded before.
    pub fn decode(&mut self, message: &[u8]) -> Result<(), Error> {
        (self.time_ms, self.start_ms) = (0, 0);
        self.said.clear();
        let said = &mut self.said;
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            match field.number {
                COUNT_INTEGER => said.count = draft::Count::Integer(field.uint64()?),
                COUNT_FLOAT => said.count = draft::Count::Float(field.double()?),
                SUM => said.sum = field.double()?,
                SCHEMA => said.schema = field.sint32()?,
                ZERO_THRESHOLD => said.zero_threshold = field.double()?,
                ZERO_COUNT_INTEGER => said.zero_count = draft::Count::Integer(field.uint64()?),
                ZERO_COUNT_FLOAT => said.zero_count = draft::Count::Float(field.double()?),
                NEGATIVE_SPAN => said.negative.spans.push(decode_span(field.bytes()?)?),
                POSITIVE_SPAN => said.positive.spans.push(decode_span(field.bytes()?)?),
                NEGATIVE_DELTAS => {
                    field.for_each_varint(|delta| said.negative.deltas.push(unzigzag(delta)))?;
                }
                POSITIVE_DELTAS => {
                    field.for_each_varint(|delta| said.positive.deltas.push(unzigzag(delta)))?;
                }
                NEGATIVE_COUNTS => {
                    field.for_each_double(|count| said.negative.counts.push(count))?;
                }
                POSITIVE_COUNTS => {
                    field.for_each_double(|count| said.positive.counts.push(count))?;
                }
                RESET_HINT => said.hint = hint(field.int32()?),
                TIME => self.time_ms = field.int64()?,
                CUSTOM_BOUNDS => field.for_each_double(|bound| said.bounds.push(bound))?,
                START => self.start_ms = field.int64()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The histogram, if there can be one like it.
    pub fn finish(&self) -> Result<Histogram, Invalid> {
        self.said.finish()
    }
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
