//! The protobuf format: messages `io.prometheus.client.MetricFamily`, each with its length before it.
//!
//! A family is told about in the order of the text formats: help, unit, type, and then sample by sample, so that a classic
//! histogram comes as the same samples as in a text (upstream: `model/textparse/protobufparse.go`, 3.14). Nothing is
//! decoded before its turn, and nothing allocates but native histograms and the text of a series, which has its memory.

mod error;
mod exemplar;
mod histogram;
mod key;
mod message;

use std::borrow::Cow;

use regain_model::histogram::draft::Invalid;
use regain_model::{MetricKind, ResetHint};
use regain_protowire::Reader;

pub use error::{ProtobufError, ProtobufProblem};

use self::exemplar::each_of_histogram;
use self::histogram::{BUCKET, Bucket, Histogram};
use self::key::{Part, append_labels, family_name, write_key};
use self::message::{Family, METRIC, Metric, Number, QUANTILE, Summary, decode_quantile};
use super::classic::ClassicHistogram;
use super::error::Problem;
use super::labels::LabelRun;
use super::source::{
    ExemplarReading, HistogramReading, Item, MetadataItem, ReadOptions, Reading, Says, Source,
    add_type_and_unit,
};

/// Bounds the length before a family, in bytes: it has 35 bits.
const LENGTH_BYTES_MAX: usize = 5;

type Advanced<'a> = Result<Option<Item<'a>>, ProtobufError>;

/// Walks over a body of messages.
#[derive(Debug)]
pub struct ProtobufSource<'a> {
    options: ReadOptions,
    body_len: usize,
    rest: Reader<'a>,
    /// Is where the family starts in the body.
    family_at: usize,
    family: Family<'a>,
    /// Holds the metrics of the family that were not read yet.
    metrics: Reader<'a>,
    metric: Metric<'a>,
    summary: Summary,
    histogram: Histogram,
    /// Holds the quantiles or buckets that were not read yet.
    parts: Reader<'a>,
    classic: ClassicHistogram,
    next: Step,
    /// Tells that the next histogram of the family is read as a classic one, because the one before it was one. Upstream
    /// does so; what comes after that is taken for what it is again.
    stays_classic: bool,
    /// Is the text of the sample's series.
    key: Vec<u8>,
    sample: Sample<'a>,
    /// Is what was read to find out whether it is the expected sample.
    ahead: Option<Advanced<'a>>,
}

/// Is what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Family,
    Unit,
    Kind,
    /// The metric's value is decoded.
    Metric,
    Count,
    Sum,
    Quantiles,
    Buckets,
    /// A classic histogram is over.
    Converted,
    NextMetric,
}

/// Is what else is known of the sample that was read last.
#[derive(Debug, Default)]
struct Sample<'a> {
    start_ms: i64,
    /// Is the exemplar of a counter or a bucket.
    exemplar: Option<&'a [u8]>,
    /// Tells that the exemplars are those of the whole histogram in the message.
    has_all_exemplars: bool,
    histogram: Native,
}

/// Says which histogram the sample has.
#[derive(Debug, Default)]
enum Native {
    #[default]
    None,
    /// The one in the message.
    Own,
    /// One that was made of the classic one in the message.
    Converted(HistogramReading),
}

impl<'a> ProtobufSource<'a> {
    /// Starts at the beginning of `body`.
    pub fn new(body: &'a [u8], options: ReadOptions) -> Self {
        Self {
            options,
            body_len: body.len(),
            rest: Reader::new(body),
            family_at: 0,
            family: Family::default(),
            metrics: Reader::new(&[]),
            metric: Metric::default(),
            summary: Summary::default(),
            histogram: Histogram::default(),
            parts: Reader::new(&[]),
            classic: ClassicHistogram::default(),
            next: Step::Family,
            stays_classic: false,
            key: Vec::new(),
            sample: Sample::default(),
            ahead: None,
        }
    }

    fn advance(&mut self) -> Advanced<'a> {
        self.try_advance().map_err(|problem| {
            let (name, at) = (self.family.name.to_owned(), self.family_at);
            ProtobufError { name, at, problem }
        })
    }

    fn try_advance(&mut self) -> Result<Option<Item<'a>>, ProtobufProblem> {
        loop {
            let item = match self.next {
                Step::Family => {
                    if !self.read_family()? {
                        return Ok(None);
                    }
                    self.next = if self.family.unit.is_empty() { Step::Kind } else { Step::Unit };
                    Some(self.metadata(Says::Help(Cow::Borrowed(self.family.help))))
                }
                Step::Unit => {
                    self.next = Step::Kind;
                    Some(self.metadata(Says::Unit(self.family.unit)))
                }
                Step::Kind => {
                    self.next = Step::NextMetric;
                    Some(self.metadata(Says::Kind(self.family.kind)))
                }
                Step::NextMetric => {
                    self.next = if self.read_metric()? { Step::Metric } else { Step::Family };
                    None
                }
                Step::Metric => self.first_sample()?,
                Step::Count | Step::Sum => Some(self.total()),
                Step::Quantiles => self.quantile()?,
                Step::Buckets => self.bucket()?,
                Step::Converted => Some(self.converted()?),
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    /// Reads the next family that has metrics.
    fn read_family(&mut self) -> Result<bool, ProtobufProblem> {
        loop {
            let left = self.rest.rest().len();
            self.family_at = self.body_len - left;
            self.family = Family::default();
            if left == 0 {
                return Ok(false);
            }
            let length = self.rest.varint()?;
            let left_after = self.rest.rest().len();
            if left - left_after > LENGTH_BYTES_MAX {
                return Err(ProtobufProblem::LengthTooLong { max: LENGTH_BYTES_MAX });
            }
            let truncated = ProtobufProblem::Truncated { length, left: left_after };
            let length = usize::try_from(length).map_err(|_| truncated)?;
            let (message, rest) = self.rest.rest().split_at_checked(length).ok_or(truncated)?;
            self.rest = Reader::new(rest);
            if let Some(family) = Family::decode(message)? {
                self.family = family;
                self.metrics = Reader::new(family.message);
                self.stays_classic = false;
                return Ok(true);
            }
        }
    }

    fn read_metric(&mut self) -> Result<bool, ProtobufProblem> {
        let Some(message) = next_message(&mut self.metrics, METRIC)? else { return Ok(false) };
        self.metric = Metric::decode(message, self.family.kind)?;
        Ok(true)
    }

    fn metadata(&self, says: Says<'a>) -> Item<'a> {
        let line = match says {
            Says::Unit(unit) => unit.as_bytes(),
            Says::Help(_) | Says::Kind(_) => self.family.header,
        };
        Item::Metadata(MetadataItem { line, name: self.family.name, says })
    }

    /// Decodes the value of a metric, and returns its sample if it has one that stands for all of it.
    fn first_sample(&mut self) -> Result<Option<Item<'a>>, ProtobufProblem> {
        let value = self.metric.value;
        match self.family.kind {
            MetricKind::Summary => {
                self.summary = Summary::decode(value)?;
                self.parts = Reader::new(value);
                self.next = Step::Count;
                Ok(None)
            }
            kind @ (MetricKind::Histogram | MetricKind::GaugeHistogram) => {
                self.histogram.decode(value, kind)?;
                self.parts = Reader::new(value);
                if !self.is_native() {
                    let is_read =
                        !self.options.custom_buckets || self.options.classic_beside_native;
                    self.next = if is_read { Step::Count } else { Step::Converted };
                    self.stays_classic = !self.options.custom_buckets;
                    return Ok(None);
                }
                self.histogram.check_spans()?;
                if std::mem::take(&mut self.stays_classic) {
                    self.next = Step::Count;
                    return Ok(None);
                }
                let also = self.options.classic_beside_native && self.histogram.has_buckets;
                self.next = if also { Step::Count } else { Step::NextMetric };
                Ok(Some(self.whole_histogram(Native::Own)))
            }
            kind => {
                let number = Number::decode(value, kind)?;
                self.next = Step::NextMetric;
                let (start_ms, exemplar) = (number.start_ms, number.exemplar);
                let sample = Sample { start_ms, exemplar, ..Sample::default() };
                Ok(Some(self.sample(Part::Whole, Some(number.value), sample)))
            }
        }
    }

    fn is_native(&self) -> bool {
        self.options.native_histograms && self.histogram.is_native()
    }

    /// Returns the sample with the count or the sum.
    fn total(&mut self) -> Item<'a> {
        let is_summary = self.family.kind == MetricKind::Summary;
        let (count, sum) = if is_summary {
            (self.summary.count as f64, self.summary.sum)
        } else {
            (self.histogram.count(), self.histogram.sum)
        };
        let (part, value, next) = match self.next {
            Step::Count => (Part::Count, count, Step::Sum),
            _ if is_summary => (Part::Sum, sum, Step::Quantiles),
            _ => (Part::Sum, sum, Step::Buckets),
        };
        self.next = next;
        self.part(part, value, None)
    }

    fn quantile(&mut self) -> Result<Option<Item<'a>>, ProtobufProblem> {
        let Some(message) = next_message(&mut self.parts, QUANTILE)? else {
            self.next = Step::NextMetric;
            return Ok(None);
        };
        let (quantile, value) = decode_quantile(message)?;
        Ok(Some(self.part(Part::Quantile(quantile), value, None)))
    }

    /// Returns the sample of the next bucket. The one without a bound is the last, whether the message has it or not.
    fn bucket(&mut self) -> Result<Option<Item<'a>>, ProtobufProblem> {
        let bucket = if let Some(message) = next_message(&mut self.parts, BUCKET)? {
            Bucket::decode(message)?
        } else {
            let (bound, count) = (f64::INFINITY, self.histogram.count());
            Bucket { bound, count, exemplar: None }
        };
        if bucket.bound == f64::INFINITY {
            let converts = self.options.custom_buckets && !self.is_native();
            self.next = if converts { Step::Converted } else { Step::NextMetric };
        }
        Ok(Some(self.part(Part::Bucket(bucket.bound), bucket.count, bucket.exemplar)))
    }

    /// Returns the histogram with custom buckets that a classic one becomes.
    fn converted(&mut self) -> Result<Item<'a>, ProtobufProblem> {
        self.next = Step::NextMetric;
        self.classic.clear();
        self.classic.set_count(self.histogram.count());
        self.classic.set_sum(self.histogram.sum);
        let mut buckets = Reader::new(self.metric.value);
        while let Some(message) = next_message(&mut buckets, BUCKET)? {
            let bucket = Bucket::decode(message)?;
            self.classic.add_bucket(bucket.bound, bucket.count);
        }
        let is_gauge = self.family.kind == MetricKind::GaugeHistogram;
        let hint = if is_gauge { ResetHint::Gauge } else { ResetHint::Unknown };
        let converted = self.classic.convert(hint)?;
        Ok(self.whole_histogram(Native::Converted(converted)))
    }

    fn whole_histogram(&mut self, histogram: Native) -> Item<'a> {
        let start_ms = self.histogram.start_ms;
        let sample = Sample { start_ms, exemplar: None, has_all_exemplars: true, histogram };
        self.sample(Part::Whole, None, sample)
    }

    /// Makes a sample of a part of a summary or of a classic histogram.
    fn part(&mut self, part: Part, value: f64, exemplar: Option<&'a [u8]>) -> Item<'a> {
        let start_ms = match self.family.kind {
            MetricKind::Summary => self.summary.start_ms,
            _ => self.histogram.start_ms,
        };
        let sample = Sample { start_ms, exemplar, ..Sample::default() };
        self.sample(part, Some(value), sample)
    }

    fn sample(&mut self, part: Part, value: Option<f64>, sample: Sample<'a>) -> Item<'a> {
        write_key(&mut self.key, self.family.name, part, self.metric.labels);
        self.sample = sample;
        Item::Sample(Reading { value, timestamp_ms: self.metric.timestamp_ms })
    }
}

/// Returns the next message of a repeated field.
fn next_message<'a>(
    reader: &mut Reader<'a>,
    number: u32,
) -> Result<Option<&'a [u8]>, ProtobufProblem> {
    while let Some(field) = reader.next_field()? {
        if field.number == number {
            return Ok(Some(field.bytes()?));
        }
    }
    Ok(None)
}

impl<'a> Source<'a> for ProtobufSource<'a> {
    type Error = ProtobufError;

    fn predicted(&mut self, series: &[u8]) -> Option<Reading> {
        if self.ahead.is_none() {
            self.ahead = Some(self.advance());
        }
        let Some(Ok(Some(Item::Sample(reading)))) = &self.ahead else { return None };
        let reading = *reading;
        if self.key != series {
            return None;
        }
        self.ahead = None;
        Some(reading)
    }

    fn next_item(&mut self) -> Advanced<'a> {
        match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.advance(),
        }
    }

    fn series(&self) -> &[u8] {
        &self.key
    }

    fn shown(series: &[u8]) -> Cow<'_, str> {
        family_name(series)
    }

    fn labels<'s>(&'s self, series: &'s [u8], out: &mut LabelRun<'s>) -> Result<(), Problem> {
        append_labels(series, out)?;
        if self.options.type_and_unit_labels {
            add_type_and_unit(self.family.kind, self.family.unit, out);
        }
        Ok(())
    }

    fn histogram(&mut self) -> Option<Result<HistogramReading, Invalid>> {
        match std::mem::take(&mut self.sample.histogram) {
            Native::None => None,
            Native::Converted(reading) => {
                let checked = reading.histogram.validate().map_err(Invalid::Positive);
                Some(checked.map(|()| reading))
            }
            Native::Own => Some(self.histogram.native.finish().map(|mut histogram| {
                histogram.compact();
                let buckets = histogram.positive.len() + histogram.negative.len();
                HistogramReading { histogram, schema: self.histogram.native.schema, buckets }
            })),
        }
    }

    fn start_ms(&mut self) -> i64 {
        if self.options.start_timestamps { self.sample.start_ms } else { 0 }
    }

    fn each_exemplar(&mut self, mut each: impl FnMut(ExemplarReading<'_>)) {
        if self.sample.has_all_exemplars {
            each_of_histogram(self.metric.value, self.histogram.has_exemplars, &mut each);
        } else if let Some(exemplar) = self.sample.exemplar.and_then(ExemplarReading::decode) {
            each(exemplar);
        }
    }
}
