//! The message `Histogram`, which holds a classic histogram, a native one, or both.

use regain_model::histogram::{Span, draft};
use regain_model::{MetricKind, ResetHint};
use regain_protowire::{Error as WireError, Reader, unzigzag};

use super::error::ProtobufProblem;
use super::message::{time_ms, told};

/// `Histogram.bucket`.
pub(super) const BUCKET: u32 = 3;
/// `Histogram.exemplars`.
pub(super) const EXEMPLARS: u32 = 16;

/// Is a `Histogram` whose native part is decoded.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    count: u64,
    count_float: f64,
    zero_count: u64,
    pub(super) sum: f64,
    pub(super) start_ms: i64,
    pub(super) has_buckets: bool,
    pub(super) has_exemplars: bool,
    pub(super) native: draft::Draft,
}

impl Histogram {
    /// Decodes a histogram in the place of another.
    pub(super) fn decode(&mut self, message: &[u8], kind: MetricKind) -> Result<(), WireError> {
        let mut native = std::mem::take(&mut self.native);
        native.clear();
        *self = Self { native, ..Self::default() };
        let mut zero_count_float = 0.0;
        let mut reader = Reader::new(message);
        let native = &mut self.native;
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => self.count = field.uint64()?,
                2 => self.sum = told(field.double()?),
                BUCKET => {
                    field.bytes()?;
                    self.has_buckets = true;
                }
                4 => self.count_float = field.double()?,
                5 => native.schema = field.sint32()?,
                6 => native.zero_threshold = field.double()?,
                7 => self.zero_count = field.uint64()?,
                8 => zero_count_float = field.double()?,
                9 => native.negative.spans.push(decode_span(field.bytes()?)?),
                10 => {
                    field.for_each_varint(|delta| native.negative.deltas.push(unzigzag(delta)))?;
                }
                11 => field.for_each_double(|count| native.negative.counts.push(count))?,
                12 => native.positive.spans.push(decode_span(field.bytes()?)?),
                13 => {
                    field.for_each_varint(|delta| native.positive.deltas.push(unzigzag(delta)))?;
                }
                14 => field.for_each_double(|count| native.positive.counts.push(count))?,
                15 => self.start_ms = time_ms(field.bytes()?)?,
                EXEMPLARS => {
                    field.bytes()?;
                    self.has_exemplars = true;
                }
                _ => {}
            }
        }
        native.sum = self.sum;
        (native.count, native.zero_count) = if self.count_float > 0.0 || zero_count_float > 0.0 {
            (draft::Count::Float(self.count_float), draft::Count::Float(zero_count_float))
        } else {
            (draft::Count::Integer(self.count), draft::Count::Integer(self.zero_count))
        };
        if kind == MetricKind::GaugeHistogram {
            native.hint = ResetHint::Gauge;
        }
        Ok(())
    }

    /// Returns the number of observations.
    pub(super) fn count(&self) -> f64 {
        if self.count_float == 0.0 { self.count as f64 } else { self.count_float }
    }

    /// Tells whether there is a native part. One without observations has a span without buckets, or else it looks as if
    /// there were none.
    pub(super) fn is_native(&self) -> bool {
        let native = &self.native;
        let has_spans = !native.positive.spans.is_empty() || !native.negative.spans.is_empty();
        has_spans || native.zero_threshold > 0.0 || self.zero_count > 0
    }

    /// Checks that there are as many buckets as the spans say.
    pub(super) fn check_spans(&self) -> Result<(), ProtobufProblem> {
        let is_float = matches!(self.native.count, draft::Count::Float(_));
        for (name, side) in
            [("positive", &self.native.positive), ("negative", &self.native.negative)]
        {
            let spans = side.spans.iter().map(|span| u64::from(span.length)).sum();
            let buckets = if is_float { side.counts.len() } else { side.deltas.len() };
            if spans != buckets as u64 {
                return Err(ProtobufProblem::Spans { side: name, spans, buckets });
            }
        }
        Ok(())
    }
}

fn decode_span(message: &[u8]) -> Result<Span, WireError> {
    let (mut reader, mut span) = (Reader::new(message), Span::default());
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => span.offset = field.sint32()?,
            2 => span.length = field.uint32()?,
            _ => {}
        }
    }
    Ok(span)
}

/// Is a `Bucket` of a classic histogram.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket<'a> {
    pub(super) bound: f64,
    /// Counts all observations up to the bound.
    pub(super) count: f64,
    pub(super) exemplar: Option<&'a [u8]>,
}

impl<'a> Bucket<'a> {
    pub(super) fn decode(message: &'a [u8]) -> Result<Self, WireError> {
        let mut bucket = Self::default();
        let (mut count, mut count_float) = (0, 0.0);
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => count = field.uint64()?,
                2 => bucket.bound = field.double()?,
                3 => bucket.exemplar = Some(field.bytes()?),
                4 => count_float = field.double()?,
                _ => {}
            }
        }
        bucket.count = if count_float == 0.0 { count as f64 } else { told(count_float) };
        Ok(bucket)
    }
}
