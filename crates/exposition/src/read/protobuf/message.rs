//! The messages around the values: families, metrics, and those of plain numbers and summaries.

use regain_model::{MetricKind, NORMAL_NAN, is_stale};
use regain_protowire::{Error as WireError, Reader};

use super::error::ProtobufProblem;

/// `Metric.label`.
pub(super) const LABEL: u32 = 1;
/// `MetricFamily.metric`.
pub(super) const METRIC: u32 = 4;
/// `Summary.quantile`.
pub(super) const QUANTILE: u32 = 3;

/// Is a family without its metrics.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Family<'a> {
    pub(super) message: &'a [u8],
    /// Is the start of the message up to the end of name, help and type.
    pub(super) header: &'a [u8],
    pub(super) name: &'a str,
    pub(super) help: &'a str,
    pub(super) unit: &'a str,
    pub(super) kind: MetricKind,
}

impl<'a> Family<'a> {
    /// Decodes a `MetricFamily`; nothing for one without metrics.
    pub(super) fn decode(message: &'a [u8]) -> Result<Option<Self>, ProtobufProblem> {
        let mut family = Family { message, ..Family::default() };
        let (mut name, mut help, mut unit): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
        let (mut header_end, mut has_metrics, mut kind_number) = (0, false, 0);
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => name = field.bytes()?,
                2 => help = field.bytes()?,
                3 => kind_number = field.int32()?,
                METRIC => {
                    field.bytes()?;
                    has_metrics = true;
                }
                5 => unit = field.bytes()?,
                _ => {}
            }
            if field.number < METRIC {
                header_end = message.len() - reader.rest().len();
            }
        }
        if !has_metrics {
            return Ok(None);
        }
        family.kind = kind(kind_number)?;
        family.header = &message[..header_end];
        family.name = std::str::from_utf8(name).map_err(|_| ProtobufProblem::Name)?;
        if name.is_empty() {
            return Err(ProtobufProblem::Name);
        }
        family.help = std::str::from_utf8(help).map_err(|_| ProtobufProblem::Help)?;
        family.unit = std::str::from_utf8(unit).map_err(|_| ProtobufProblem::Unit)?;
        Ok(Some(family))
    }
}

/// Returns the kind that an enumerator of `MetricType` names.
const fn kind(number: i32) -> Result<MetricKind, ProtobufProblem> {
    Ok(match number {
        0 => MetricKind::Counter,
        1 => MetricKind::Gauge,
        2 => MetricKind::Summary,
        3 => MetricKind::Unknown,
        4 => MetricKind::Histogram,
        5 => MetricKind::GaugeHistogram,
        _ => return Err(ProtobufProblem::Kind(number)),
    })
}

/// Is where the labels of a metric lie.
#[derive(Debug, Clone, Copy)]
pub(super) enum LabelBytes<'a> {
    /// Is the fields with the labels, one after the other.
    Run(&'a [u8]),
    /// Is the whole `Metric`, which has other fields between the labels.
    Scattered(&'a [u8]),
}

/// Is a `Metric` whose value is not decoded yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metric<'a> {
    pub(super) labels: LabelBytes<'a>,
    /// Is the message of the family's kind; empty where the metric has none.
    pub(super) value: &'a [u8],
    pub(super) timestamp_ms: Option<i64>,
}

impl Default for Metric<'_> {
    fn default() -> Self {
        Self { labels: LabelBytes::Run(&[]), value: &[], timestamp_ms: None }
    }
}

impl<'a> Metric<'a> {
    pub(super) fn decode(message: &'a [u8], kind: MetricKind) -> Result<Self, WireError> {
        let value_field = match kind {
            MetricKind::Counter => 3,
            MetricKind::Gauge => 2,
            MetricKind::Summary => 4,
            MetricKind::Histogram | MetricKind::GaugeHistogram => 7,
            _ => 5,
        };
        let mut metric = Metric::default();
        let (mut labels, mut is_scattered) = (0..0, false);
        let mut reader = Reader::new(message);
        loop {
            let start = message.len() - reader.rest().len();
            let Some(field) = reader.next_field()? else { break };
            match field.number {
                LABEL => {
                    field.bytes()?;
                    if labels.is_empty() {
                        labels.start = start;
                    } else {
                        is_scattered |= labels.end != start;
                    }
                    labels.end = message.len() - reader.rest().len();
                }
                // Upstream takes a zero for a missing timestamp, because the two look the same.
                6 => metric.timestamp_ms = Some(field.int64()?).filter(|&time| time != 0),
                number if number == value_field => metric.value = field.bytes()?,
                _ => {}
            }
        }
        metric.labels = if is_scattered {
            LabelBytes::Scattered(message)
        } else {
            LabelBytes::Run(&message[labels])
        };
        Ok(metric)
    }
}

/// Is a `Counter`, a `Gauge` or an `Untyped`, which all have their value in the same field.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Number<'a> {
    pub(super) value: f64,
    pub(super) exemplar: Option<&'a [u8]>,
    pub(super) start_ms: i64,
}

impl<'a> Number<'a> {
    pub(super) fn decode(message: &'a [u8], kind: MetricKind) -> Result<Self, WireError> {
        let mut number = Self::default();
        let mut reader = Reader::new(message);
        let is_counter = kind == MetricKind::Counter;
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => number.value = told(field.double()?),
                2 if is_counter => number.exemplar = Some(field.bytes()?),
                3 if is_counter => number.start_ms = time_ms(field.bytes()?)?,
                _ => {}
            }
        }
        Ok(number)
    }
}

/// Is a `Summary` whose quantiles are not decoded yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) start_ms: i64,
}

impl Summary {
    pub(super) fn decode(message: &[u8]) -> Result<Self, WireError> {
        let mut summary = Self::default();
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => summary.count = field.uint64()?,
                2 => summary.sum = told(field.double()?),
                QUANTILE => {
                    field.bytes()?;
                }
                4 => summary.start_ms = time_ms(field.bytes()?)?,
                _ => {}
            }
        }
        Ok(summary)
    }
}

/// Decodes a `Quantile`: which it is, and its value.
pub(super) fn decode_quantile(message: &[u8]) -> Result<(f64, f64), WireError> {
    let (mut quantile, mut value) = (0.0, 0.0);
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => quantile = field.double()?,
            2 => value = told(field.double()?),
            _ => {}
        }
    }
    Ok((quantile, value))
}

/// Decodes a `google.protobuf.Timestamp` to milliseconds since 1970.
pub(super) fn time_ms(message: &[u8]) -> Result<i64, WireError> {
    let (mut seconds, mut nanos) = (0_i64, 0_i32);
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => seconds = field.int64()?,
            2 => nanos = field.int32()?,
            _ => {}
        }
    }
    Ok(seconds.wrapping_mul(1000).wrapping_add(i64::from(nanos / 1_000_000)))
}

/// Returns a number as samples have it: of all NaNs there is one, beside the staleness marker.
pub(super) fn told(value: f64) -> f64 {
    if value.is_nan() && !is_stale(value) { NORMAL_NAN } else { value }
}
