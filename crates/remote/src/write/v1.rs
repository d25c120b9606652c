//! The messages of `prometheus.WriteRequest`, borrowed from the body.
//!
//! Fields that are not known are skipped, as every protobuf reader does.

use regain_protowire::write::put_bytes;
use regain_protowire::{Error, Reader, bytes_tag};

/// `WriteRequest.timeseries`.
pub const REQUEST_SERIES: u32 = 1;
/// `WriteRequest.metadata`.
pub const REQUEST_METADATA: u32 = 3;
/// `TimeSeries.labels`.
pub const SERIES_LABEL: u32 = 1;
/// `TimeSeries.samples`.
pub const SERIES_SAMPLE: u32 = 2;
/// `TimeSeries.exemplars`.
pub const SERIES_EXEMPLAR: u32 = 3;
/// `TimeSeries.histograms`.
pub const SERIES_HISTOGRAM: u32 = 4;
/// `Label.name`.
pub const LABEL_NAME: u32 = 1;
/// `Label.value`.
pub const LABEL_VALUE: u32 = 2;
/// `Exemplar.labels`.
pub const EXEMPLAR_LABEL: u32 = 1;
/// `Exemplar.value`.
pub const EXEMPLAR_VALUE: u32 = 2;
/// `Exemplar.timestamp`.
pub const EXEMPLAR_TIME: u32 = 3;
/// `MetricMetadata.type`.
pub const METADATA_TYPE: u32 = 1;
/// `MetricMetadata.metric_family_name`.
pub const METADATA_METRIC: u32 = 2;
/// `MetricMetadata.help`.
pub const METADATA_HELP: u32 = 4;
/// `MetricMetadata.unit`.
pub const METADATA_UNIT: u32 = 5;
/// `Sample.value`.
pub const SAMPLE_VALUE: u32 = 1;
/// `Sample.timestamp`.
pub const SAMPLE_TIME: u32 = 2;

/// The bytes that start the value and the time within a sample.
const VALUE_TAG: u8 = 0x09;
const TIME_TAG: u8 = 0x10;

/// The byte that starts a label within a series: its number and the wire type of bytes.
pub(super) const LABEL_TAG: u8 = bytes_tag(1);
const SAMPLE_TAG: u8 = bytes_tag(2);

/// One sample of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// The value; staleness markers come as they are.
    pub value: f64,
}

impl Sample {
    /// Decodes a `Sample`.
    #[inline]
    pub fn decode(message: &[u8]) -> Result<Self, Error> {
        if let Some((value, mut reader)) = value_first(message) {
            let time_ms = reader.varint()?.cast_signed();
            if reader.is_empty() {
                return Ok(Self { time_ms, value });
            }
        }
        let (mut reader, mut sample) = (Reader::new(message), Self::default());
        while let Some(field) = reader.next_field()? {
            match field.number {
                SAMPLE_VALUE => sample.value = field.double()?,
                SAMPLE_TIME => sample.time_ms = field.int64()?,
                _ => {}
            }
        }
        Ok(sample)
    }
}

/// The value of a sample that holds both its fields in their order, as nearly all do, and what follows the tag of the time.
#[inline]
pub(super) fn value_first(message: &[u8]) -> Option<(f64, Reader<'_>)> {
    let (&[VALUE_TAG], rest) = message.split_first_chunk()? else { return None };
    let (value, rest) = rest.split_first_chunk()?;
    let (&[TIME_TAG], rest) = rest.split_first_chunk()? else { return None };
    Some((f64::from_le_bytes(*value), Reader::new(rest)))
}

/// One label of a series, whose texts are not known to be UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Label<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Label<'a> {
    /// Decodes a `Label`.
    pub fn decode(message: &'a [u8]) -> Result<Self, Error> {
        let (mut reader, mut label) = (Reader::new(message), Self::default());
        while let Some(field) = reader.next_field()? {
            match field.number {
                LABEL_NAME => label.name = field.bytes()?,
                LABEL_VALUE => label.value = field.bytes()?,
                _ => {}
            }
        }
        Ok(label)
    }
}

/// One exemplar of a series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exemplar<'a> {
    /// Its labels, which need not be sorted.
    pub labels: Vec<Label<'a>>,
    /// The value.
    pub value: f64,
    /// Milliseconds since 1970; 0 where nobody knows.
    pub time_ms: i64,
}

impl<'a> Exemplar<'a> {
    /// Decodes an `Exemplar`.
    pub fn decode(message: &'a [u8]) -> Result<Self, Error> {
        let (mut reader, mut exemplar) = (Reader::new(message), Self::default());
        while let Some(field) = reader.next_field()? {
            match field.number {
                EXEMPLAR_LABEL => exemplar.labels.push(Label::decode(field.bytes()?)?),
                EXEMPLAR_VALUE => exemplar.value = field.double()?,
                EXEMPLAR_TIME => exemplar.time_ms = field.int64()?,
                _ => {}
            }
        }
        Ok(exemplar)
    }
}

/// What a series holds behind its labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Exemplars, which are checked; [`Exemplar`] decodes one.
    pub exemplars: u64,
    /// Native histograms, which are not decoded.
    pub histograms: u64,
    /// Labels that come after something else.
    pub stray_labels: u64,
}

/// Splits a `TimeSeries` behind the labels that it starts with.
pub fn split_labels(series: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let mut reader = Reader::new(series);
    while reader.rest().first() == Some(&LABEL_TAG) {
        reader.next_field()?;
    }
    Ok(series.split_at(series.len() - reader.rest().len()))
}

/// Hands over the labels that [`split_labels`] split off one by one, each with its tag and its length.
pub(super) fn each_label<'a>(raw: &'a [u8], mut each: impl FnMut(&'a [u8])) -> Result<(), Error> {
    let mut reader = Reader::new(raw);
    while !reader.is_empty() {
        let before = reader.rest();
        reader.next_field()?;
        each(&before[..before.len() - reader.rest().len()]);
    }
    Ok(())
}

/// Decodes the samples of what follows the labels.
#[inline]
pub fn decode_rest(rest: &[u8], samples: &mut Vec<Sample>) -> Result<Rest, Error> {
    let (mut reader, mut found) = (Reader::new(rest), Rest::default());
    samples.clear();
    while let Some(sample) = reader.next_if_tag(SAMPLE_TAG)? {
        samples.push(Sample::decode(sample)?);
    }
    while let Some(field) = reader.next_field()? {
        match field.number {
            SERIES_SAMPLE => samples.push(Sample::decode(field.bytes()?)?),
            SERIES_EXEMPLAR => {
                Exemplar::decode(field.bytes()?)?;
                found.exemplars += 1;
            }
            SERIES_HISTOGRAM => {
                field.bytes()?;
                found.histograms += 1;
            }
            SERIES_LABEL => {
                field.bytes()?;
                found.stray_labels += 1;
            }
            _ => {}
        }
    }
    Ok(found)
}

/// What a request says about one metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// What the metric is, as a number of `MetricMetadata.MetricType`.
    pub kind: i32,
    /// The name of its family.
    pub name: &'a [u8],
    /// Its explanation.
    pub help: &'a [u8],
    /// Its unit.
    pub unit: &'a [u8],
}

impl<'a> Metadata<'a> {
    /// Decodes a `MetricMetadata`.
    pub fn decode(message: &'a [u8]) -> Result<Self, Error> {
        let (mut reader, mut metadata) = (Reader::new(message), Self::default());
        while let Some(field) = reader.next_field()? {
            match field.number {
                METADATA_TYPE => metadata.kind = field.int32()?,
                METADATA_METRIC => metadata.name = field.bytes()?,
                METADATA_HELP => metadata.help = field.bytes()?,
                METADATA_UNIT => metadata.unit = field.bytes()?,
                _ => {}
            }
        }
        Ok(metadata)
    }
}

/// Writes `series` with its labels in front, which no known sender fails to do itself.
pub(super) fn labels_first(series: &[u8]) -> Result<Vec<u8>, Error> {
    let (mut labels, mut rest) = (Vec::with_capacity(series.len()), Vec::new());
    let mut reader = Reader::new(series);
    while let Some(field) = reader.next_field()? {
        match field.number {
            SERIES_LABEL => put_bytes(&mut labels, SERIES_LABEL, field.bytes()?),
            number @ SERIES_SAMPLE..=SERIES_HISTOGRAM => {
                put_bytes(&mut rest, number, field.bytes()?);
            }
            _ => {}
        }
    }
    labels.append(&mut rest);
    Ok(labels)
}

/// Decodes the labels that [`split_labels`] split off.
pub fn decode_labels(raw: &[u8]) -> Result<Vec<Label<'_>>, Error> {
    let (mut reader, mut labels) = (Reader::new(raw), Vec::new());
    while let Some(field) = reader.next_field()? {
        labels.push(Label::decode(field.bytes()?)?);
    }
    Ok(labels)
}

#[cfg(test)]
mod tests;
