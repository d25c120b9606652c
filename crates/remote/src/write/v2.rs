//! The messages of `io.prometheus.write.v2.Request`, borrowed from the body.
//!
//! Texts lie in one table per request, and labels are pairs of places in it. Fields that are not known are skipped, as every
//! protobuf reader does; that leaves nothing of the other protocol's message, whose fields have numbers that are not used here.

use regain_protowire::{Error, Reader, Value, bytes_tag};

use super::v1::value_first;

/// `Request.symbols`.
pub const REQUEST_SYMBOL: u32 = 4;
/// `Request.timeseries`.
pub const REQUEST_SERIES: u32 = 5;
/// `TimeSeries.labels_refs`.
pub const SERIES_LABEL_REFS: u32 = 1;
/// `TimeSeries.samples`.
pub const SERIES_SAMPLE: u32 = 2;
/// `TimeSeries.histograms`.
pub const SERIES_HISTOGRAM: u32 = 3;
/// `TimeSeries.exemplars`.
pub const SERIES_EXEMPLAR: u32 = 4;
/// `TimeSeries.metadata`.
pub const SERIES_METADATA: u32 = 5;
/// `Sample.value`.
pub const SAMPLE_VALUE: u32 = 1;
/// `Sample.timestamp`.
pub const SAMPLE_TIME: u32 = 2;
/// `Sample.start_timestamp`.
pub const SAMPLE_START: u32 = 3;
/// `Exemplar.labels_refs`.
pub const EXEMPLAR_LABEL_REFS: u32 = 1;
/// `Exemplar.value`.
pub const EXEMPLAR_VALUE: u32 = 2;
/// `Exemplar.timestamp`.
pub const EXEMPLAR_TIME: u32 = 3;
/// `Metadata.type`.
pub const METADATA_TYPE: u32 = 1;
/// `Metadata.help_ref`.
pub const METADATA_HELP: u32 = 3;
/// `Metadata.unit_ref`.
pub const METADATA_UNIT: u32 = 4;

const LABEL_REFS_TAG: u8 = bytes_tag(1);
const SAMPLE_TAG: u8 = bytes_tag(2);
const METADATA_TAG: u8 = bytes_tag(5);

/// One sample of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// The value; staleness markers come as they are.
    pub value: f64,
    /// When what the sample counts started, in milliseconds since 1970; 0 where nobody knows.
    pub start_ms: i64,
}

impl Sample {
    /// Decodes a `Sample`.
    #[inline]
    pub fn decode(message: &[u8]) -> Result<Self, Error> {
        // These two fields are those of 1.0.
        if let Some((value, mut reader)) = value_first(message) {
            let time_ms = reader.varint()?.cast_signed();
            if reader.is_empty() {
                return Ok(Self { time_ms, value, start_ms: 0 });
            }
        }
        let (mut reader, mut sample) = (Reader::new(message), Self::default());
        while let Some(field) = reader.next_field()? {
            match field.number {
                SAMPLE_VALUE => sample.value = field.double()?,
                SAMPLE_TIME => sample.time_ms = field.int64()?,
                SAMPLE_START => sample.start_ms = field.int64()?,
                _ => {}
            }
        }
        Ok(sample)
    }
}

/// What a series says of its metric, as places in the request's table of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// What the metric is, as a number of `Metadata.MetricType`.
    pub kind: i32,
    /// The place of its explanation.
    pub help: u32,
    /// The place of its unit.
    pub unit: u32,
}

impl Metadata {
    /// Decodes a `Metadata` over what came before: of a field that is there twice, the last counts.
    fn merge(&mut self, message: &[u8]) -> Result<(), Error> {
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            match field.number {
                METADATA_TYPE => self.kind = field.int32()?,
                METADATA_HELP => self.help = field.uint32()?,
                METADATA_UNIT => self.unit = field.uint32()?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a series holds beside its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Series<'a> {
    /// The places of its labels' texts, packed. `None` where they are spread over several fields, which no known sender
    /// does; [`append_label_refs`] finds them all.
    pub refs: Option<&'a [u8]>,
    /// Native histograms, which are not decoded.
    pub histograms: u64,
    /// Exemplars, which are not decoded; [`decode_exemplar`] does that.
    pub exemplars: u64,
    /// What it says of its metric; `None` where it says nothing.
    pub metadata: Option<Metadata>,
}

impl<'a> Series<'a> {
    /// Decodes a `TimeSeries` and puts its samples in the place of those in `samples`.
    #[inline]
    pub fn decode(message: &'a [u8], samples: &mut Vec<Sample>) -> Result<Self, Error> {
        let (mut reader, mut series) = (Reader::new(message), Self::default());
        samples.clear();
        let first = reader.next_if_tag(LABEL_REFS_TAG)?;
        let mut label_fields = u32::from(first.is_some());
        series.refs = Some(first.unwrap_or_default());
        while let Some(sample) = reader.next_if_tag(SAMPLE_TAG)? {
            samples.push(Sample::decode(sample)?);
        }
        if let Some(metadata) = reader.next_if_tag(METADATA_TAG)? {
            series.metadata.get_or_insert_default().merge(metadata)?;
        }
        while let Some(field) = reader.next_field()? {
            match (field.number, field.value) {
                (SERIES_LABEL_REFS, Value::Bytes(packed)) if label_fields == 0 => {
                    (label_fields, series.refs) = (1, Some(packed));
                }
                (SERIES_LABEL_REFS, _) => {
                    field.for_each_varint(|_| ())?;
                    (label_fields, series.refs) = (2, None);
                }
                (SERIES_SAMPLE, _) => samples.push(Sample::decode(field.bytes()?)?),
                (SERIES_HISTOGRAM, _) => {
                    field.bytes()?;
                    series.histograms += 1;
                }
                (SERIES_EXEMPLAR, _) => {
                    field.bytes()?;
                    series.exemplars += 1;
                }
                (SERIES_METADATA, _) => {
                    series.metadata.get_or_insert_default().merge(field.bytes()?)?;
                }
                _ => {}
            }
        }
        Ok(series)
    }
}

/// Appends the places in all fields `number` of `message`, which is a `TimeSeries` or an `Exemplar`.
pub fn append_label_refs(message: &[u8], number: u32, refs: &mut Vec<u32>) -> Result<(), Error> {
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next_field()? {
        if field.number == number {
            // A place has 32 bits; what lies above them is lost in every decoder.
            field.for_each_varint(|place| refs.push((place & 0xffff_ffff) as u32))?;
        }
    }
    Ok(())
}

/// The value and the time of an `Exemplar` in milliseconds since 1970, 0 where nobody knows; [`append_label_refs`] finds
/// the places of its labels.
pub fn decode_exemplar(message: &[u8]) -> Result<(f64, i64), Error> {
    let (mut reader, mut value, mut time_ms) = (Reader::new(message), 0.0, 0);
    while let Some(field) = reader.next_field()? {
        match field.number {
            EXEMPLAR_VALUE => value = field.double()?,
            EXEMPLAR_TIME => time_ms = field.int64()?,
            _ => {}
        }
    }
    Ok((value, time_ms))
}

#[cfg(test)]
mod tests;
