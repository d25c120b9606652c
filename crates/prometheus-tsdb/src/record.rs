//! The records of the logs (upstream: `tsdb/record`, 3.14).
//!
//! Kinds that are not known are left aside.

use std::sync::Arc;

use regain_model::histogram::{CUSTOM_SCHEMA, Span as BucketSpan};
use regain_model::{Labels, MAX_LABEL_BYTES, Metadata, MetricKind, ResetHint, Span, Timestamp};

use crate::cursor::Cursor;
use crate::fault::Read;
use crate::sample::{Counts, Layout, Native};

const SERIES: u8 = 1;
const SAMPLES: u8 = 2;
const TOMBSTONES: u8 = 3;
const EXEMPLARS: u8 = 4;
const MARKERS: u8 = 5;
const METADATA: u8 = 6;
const HISTOGRAMS: u8 = 7;
const FLOAT_HISTOGRAMS: u8 = 8;
const CUSTOM_HISTOGRAMS: u8 = 9;
const CUSTOM_FLOAT_HISTOGRAMS: u8 = 10;
const SAMPLES_V2: u8 = 11;
const HISTOGRAMS_V2: u8 = 12;
const FLOAT_HISTOGRAMS_V2: u8 = 13;

/// What a log says.
#[derive(Debug)]
pub(crate) enum Record {
    /// Series and their references.
    Series(Vec<(u64, Labels)>),
    /// Floats.
    Samples(Vec<Logged<f64>>),
    /// Histograms.
    Histograms(Vec<Logged<Native>>),
    /// Deleted intervals of series.
    Tombstones(Vec<(u64, Span)>),
    /// Series whose late samples are in a chunk of the head's files, and the place of that.
    Markers(Vec<(u64, u64)>),
    /// Exemplars: values and labels.
    Exemplars(Vec<Logged<(f64, Labels)>>),
    /// What is said about series.
    Metadata(Vec<(u64, Metadata)>),
    /// Something else.
    Other,
}

/// A sample of a series.
#[derive(Clone, Debug)]
pub(crate) struct Logged<V> {
    pub(crate) series: u64,
    pub(crate) time: i64,
    /// 0 where it is not known.
    pub(crate) start: i64,
    pub(crate) value: V,
}

/// Reads a record.
pub(crate) fn decode(bytes: &[u8]) -> Read<Record> {
    let mut cursor = Cursor::new(bytes);
    Ok(match cursor.u8()? {
        SERIES => Record::Series(all(&mut cursor, |cursor| Ok((cursor.u64()?, labels(cursor)?)))?),
        SAMPLES => Record::Samples(logged(&mut cursor, float)?),
        SAMPLES_V2 => Record::Samples(logged_v2(&mut cursor, float)?),
        HISTOGRAMS | CUSTOM_HISTOGRAMS => {
            Record::Histograms(logged(&mut cursor, integer_histogram)?)
        }
        FLOAT_HISTOGRAMS | CUSTOM_FLOAT_HISTOGRAMS => {
            Record::Histograms(logged(&mut cursor, float_histogram)?)
        }
        HISTOGRAMS_V2 => Record::Histograms(logged_v2(&mut cursor, integer_histogram)?),
        FLOAT_HISTOGRAMS_V2 => Record::Histograms(logged_v2(&mut cursor, float_histogram)?),
        TOMBSTONES => Record::Tombstones(all(&mut cursor, |cursor| {
            let series = cursor.u64()?;
            let (min, max) = (Timestamp(cursor.varint()?), Timestamp(cursor.varint()?));
            Ok((series, Span::new(min, max)))
        })?),
        MARKERS => Record::Markers(all(&mut cursor, |cursor| Ok((cursor.u64()?, cursor.u64()?)))?),
        EXEMPLARS => Record::Exemplars(exemplars(&mut cursor)?),
        METADATA => Record::Metadata(all(&mut cursor, metadata)?),
        _ => Record::Other,
    })
}

fn all<T>(cursor: &mut Cursor<'_>, one: impl Fn(&mut Cursor<'_>) -> Read<T>) -> Read<Vec<T>> {
    let mut items = Vec::new();
    while !cursor.is_done() {
        items.push(one(cursor)?);
    }
    Ok(items)
}

/// A float.
fn float(cursor: &mut Cursor<'_>) -> Read<f64> {
    cursor.f64()
}

/// Exemplars, as logs and snapshots have them.
pub(crate) fn exemplars(cursor: &mut Cursor<'_>) -> Read<Vec<Logged<(f64, Labels)>>> {
    logged(cursor, |cursor| Ok((cursor.f64()?, labels(cursor)?)))
}

/// A series with its kind and what else is said of it, in named fields.
fn metadata(cursor: &mut Cursor<'_>) -> Read<(u64, Metadata)> {
    let (series, kind) = (cursor.uvarint()?, usize::from(cursor.u8()?));
    let kind = MetricKind::NUMBERED.get(kind).copied().unwrap_or_default();
    let mut metadata = Metadata { kind, ..Metadata::default() };
    for _ in 0..cursor.length()? {
        match cursor.text()? {
            "UNIT" => cursor.text()?.clone_into(&mut metadata.unit),
            "HELP" => cursor.text()?.clone_into(&mut metadata.help),
            _ => {
                cursor.text()?;
            }
        }
    }
    Ok((series, metadata))
}

/// A label set.
pub(crate) fn labels(cursor: &mut Cursor<'_>) -> Read<Labels> {
    let count = cursor.length()?;
    let mut pairs = Vec::with_capacity(cursor.plausible(count, 2)?);
    for _ in 0..count {
        let (name, value) = (cursor.text()?, cursor.text()?);
        if name.len().max(value.len()) > MAX_LABEL_BYTES {
            return Err(cursor.fault("a label is too long"));
        }
        pairs.push((name, value));
    }
    Ok(Labels::from_pairs(pairs))
}

fn logged<V>(
    cursor: &mut Cursor<'_>,
    value: impl Fn(&mut Cursor<'_>) -> Read<V>,
) -> Read<Vec<Logged<V>>> {
    if cursor.is_done() {
        return Ok(Vec::new());
    }
    let (series, time) = (cursor.u64()?, cursor.i64()?);
    all(cursor, |cursor| {
        let series = series.wrapping_add_signed(cursor.varint()?);
        let time = time.wrapping_add(cursor.varint()?);
        Ok(Logged { series, time, start: 0, value: value(cursor)? })
    })
}

fn logged_v2<V>(
    cursor: &mut Cursor<'_>,
    value: impl Fn(&mut Cursor<'_>) -> Read<V>,
) -> Read<Vec<Logged<V>>> {
    let mut samples: Vec<Logged<V>> = Vec::new();
    let (mut first_time, mut first_start) = (0, 0);
    while !cursor.is_done() {
        let (series, time, start) = match samples.last() {
            None => {
                let series = cursor.varint()?.cast_unsigned();
                (first_time, first_start) = (cursor.varint()?, cursor.varint()?);
                (series, first_time, first_start)
            }
            Some(before) => {
                let series = before.series.wrapping_add_signed(cursor.varint()?);
                let time = first_time.wrapping_add(cursor.varint()?);
                let start = match cursor.u8()? {
                    0 => 0,
                    1 => before.start,
                    _ => first_start.wrapping_add(cursor.varint()?),
                };
                (series, time, start)
            }
        };
        samples.push(Logged { series, time, start, value: value(cursor)? });
    }
    Ok(samples)
}

fn hint(cursor: &mut Cursor<'_>) -> Read<ResetHint> {
    Ok(match cursor.u8()? {
        0 => ResetHint::Unknown,
        1 => ResetHint::Reset,
        2 => ResetHint::NotReset,
        3 => ResetHint::Gauge,
        _ => return Err(cursor.fault("a counter-reset hint is not known")),
    })
}

fn head(cursor: &mut Cursor<'_>) -> Read<(ResetHint, i32, f64)> {
    let hint = hint(cursor)?;
    let schema = i32::try_from(cursor.varint()?);
    let schema = schema.map_err(|_| cursor.fault("a histogram's schema is not known"))?;
    Ok((hint, schema, cursor.f64()?))
}

fn spans(cursor: &mut Cursor<'_>) -> Read<(Vec<BucketSpan>, u64)> {
    let count = cursor.length()?;
    let count = cursor.plausible(count, 2)?;
    let (mut spans, mut buckets) = (Vec::with_capacity(count), 0_u64);
    for _ in 0..count {
        let offset = i32::try_from(cursor.varint()?);
        let offset = offset.map_err(|_| cursor.fault("a span of buckets is out of range"))?;
        let length = cursor.uvarint32()?;
        buckets = buckets.saturating_add(u64::from(length));
        spans.push(BucketSpan { offset, length });
    }
    Ok((spans, buckets))
}

/// Counts of buckets, of which there must be `expected`.
fn buckets<N>(
    cursor: &mut Cursor<'_>,
    expected: u64,
    size: usize,
    mut one: impl FnMut(&mut Cursor<'_>) -> Read<N>,
) -> Read<Vec<N>> {
    let count = cursor.length()?;
    if count as u64 != expected {
        return Err(cursor.fault("a histogram has not as many buckets as its spans say"));
    }
    (0..cursor.plausible(count, size)?).map(|_| one(cursor)).collect()
}

fn bounds(cursor: &mut Cursor<'_>, schema: i32) -> Read<Option<Arc<[f64]>>> {
    if schema != CUSTOM_SCHEMA {
        return Ok(None);
    }
    let count = cursor.length()?;
    let bounds: Read<Vec<f64>> = (0..cursor.plausible(count, 8)?).map(|_| cursor.f64()).collect();
    Ok(Some(bounds?.into()))
}

/// A histogram with integer counts, whose buckets are written as differences.
pub(crate) fn integer_histogram(cursor: &mut Cursor<'_>) -> Read<Native> {
    let (hint, schema, zero_threshold) = head(cursor)?;
    let (zero_count, count, sum) = (cursor.uvarint()?, cursor.uvarint()?, cursor.f64()?);
    let (positive, positives) = spans(cursor)?;
    let (negative, negatives) = spans(cursor)?;
    let counts = |cursor: &mut Cursor<'_>, expected| {
        let mut count = 0_i64;
        buckets(cursor, expected, 1, |cursor| {
            count = count.wrapping_add(cursor.varint()?);
            Ok(count.cast_unsigned())
        })
    };
    let (above, below) = (counts(cursor, positives)?, counts(cursor, negatives)?);
    let bounds = bounds(cursor, schema)?;
    let layout = Arc::new(Layout { schema, zero_threshold, positive, negative, bounds });
    let counts = Counts { hint, layout, count, zero_count, sum, positive: above, negative: below };
    Ok(Native::Integer(counts))
}

/// A histogram with float counts.
pub(crate) fn float_histogram(cursor: &mut Cursor<'_>) -> Read<Native> {
    let (hint, schema, zero_threshold) = head(cursor)?;
    let (zero_count, count, sum) = (cursor.f64()?, cursor.f64()?, cursor.f64()?);
    let (positive, positives) = spans(cursor)?;
    let (negative, negatives) = spans(cursor)?;
    let above = buckets(cursor, positives, 8, float)?;
    let below = buckets(cursor, negatives, 8, float)?;
    let bounds = bounds(cursor, schema)?;
    let layout = Arc::new(Layout { schema, zero_threshold, positive, negative, bounds });
    let counts = Counts { hint, layout, count, zero_count, sum, positive: above, negative: below };
    Ok(Native::Float(counts))
}

#[cfg(test)]
mod tests {
    use regain_model::{Metadata, MetricKind};

    use super::{EXEMPLARS, METADATA, Record, decode};
    use crate::cursor::{put_text, put_uvarint, put_varint};

    #[test]
    fn exemplars_and_metadata_are_read() {
        let mut bytes = vec![EXEMPLARS];
        bytes.extend_from_slice(&7_u64.to_be_bytes());
        bytes.extend_from_slice(&1_700_000_000_000_i64.to_be_bytes());
        for number in 0..3 {
            put_varint(&mut bytes, number);
            put_varint(&mut bytes, -number);
            bytes.extend_from_slice(&0.5_f64.to_be_bytes());
            put_uvarint(&mut bytes, 1);
            put_text(&mut bytes, "trace_id");
            put_text(&mut bytes, "abc");
        }
        let Ok(Record::Exemplars(read)) = decode(&bytes) else { panic!("exemplars") };
        let shown: Vec<_> = read.iter().map(|one| (one.series, one.time)).collect();
        let start = 1_700_000_000_000;
        assert_eq!(shown, [(7, start), (8, start - 1), (9, start - 2)]);
        let (value, labels) = &read[2].value;
        assert_eq!((*value, labels.get("trace_id")), (0.5, Some("abc")));
        assert!(decode(&bytes[..bytes.len() - 1]).is_err());

        let mut bytes = vec![METADATA];
        for series in [7, 300] {
            put_uvarint(&mut bytes, series);
            bytes.push(1);
            put_uvarint(&mut bytes, 2);
            for text in ["UNIT", "s", "HELP", "What it is."] {
                put_text(&mut bytes, text);
            }
        }
        let Ok(Record::Metadata(read)) = decode(&bytes) else { panic!("metadata") };
        let (kind, help) = (MetricKind::Counter, "What it is.".to_owned());
        let expected = Metadata { kind, help, unit: "s".to_owned() };
        assert_eq!(read, [(7, expected.clone()), (300, expected)]);
    }
}
