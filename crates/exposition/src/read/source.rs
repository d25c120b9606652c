//! What a scrape asks of a body, whatever its format.

use std::borrow::Cow;

use regain_model::histogram::{Schema, draft};
use regain_model::{Histogram, MetricKind};

use super::error::Problem;
use super::labels::LabelRun;

/// Says which of the things that a body may hold are read, and as what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the configuration of its own"
)]
pub struct ReadOptions {
    /// Reads native histograms as such, and not as the classic ones that they may be, too.
    pub native_histograms: bool,
    /// Reads classic histograms beside the native ones that stand for the same.
    pub classic_beside_native: bool,
    /// Makes native histograms with custom buckets of classic ones.
    pub custom_buckets: bool,
    /// Adds the labels `__type__` and `__unit__`.
    pub type_and_unit_labels: bool,
    /// Takes the `_created` samples of OpenMetrics for start timestamps, and not for samples.
    pub start_timestamps: bool,
}

/// Walks over a body, sample by sample.
///
/// After an error the body is of no further use. What is said of "the sample" is said of the one that was read last.
pub trait Source<'a> {
    /// Says what was wrong with a body.
    type Error;

    /// Reads the next sample if it is one of this series, and else changes nothing.
    fn predicted(&mut self, series: &[u8]) -> Option<Reading>;

    /// Reads on to the next sample or to what is said about a family; nothing at the end of the body.
    fn next_item(&mut self) -> Result<Option<Item<'a>>, Self::Error>;

    /// Returns the text of the sample's series, which is the same in every body of this format.
    fn series(&self) -> &[u8];

    /// Returns the text of a series as somebody can read it.
    fn shown(series: &[u8]) -> Cow<'_, str> {
        String::from_utf8_lossy(series)
    }

    /// Appends the labels of the sample, of which `series` is the text, with the metric name first.
    fn labels<'s>(&'s self, series: &'s [u8], out: &mut LabelRun<'s>) -> Result<(), Problem>;

    /// Returns the histogram that the sample has in place of a value.
    fn histogram(&mut self) -> Option<Result<HistogramReading, draft::Invalid>> {
        None
    }

    /// Returns when what the sample counts started, in milliseconds since 1970; 0 where the body does not tell.
    fn start_ms(&mut self) -> i64;

    /// Hands over the exemplars of the sample.
    fn each_exemplar(&mut self, each: impl FnMut(ExemplarReading<'_>));

    /// Reads samples as long as they are of just these series, in their order, each with a number at the time of the scrape and
    /// neither exemplar nor start, and returns how many there were. A source need not know how to.
    #[inline]
    fn plain_values<'s>(
        &mut self,
        _series: impl Iterator<Item = &'s [u8]>,
        _values: &mut Vec<f64>,
    ) -> usize {
        0
    }

    /// Returns the next line with its line end if it is a comment or metadata, for who knows which to expect.
    #[inline]
    fn metadata_line(&self) -> Option<&'a [u8]> {
        None
    }

    /// Passes over the line that [`Self::metadata_line`] returned, which is known to say `kind` if it is a `# TYPE`.
    #[inline]
    fn skip_metadata_line(&mut self, _line: &'a [u8], _kind: Option<MetricKind>) {}
}

/// Is what comes next in a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'a> {
    Metadata(MetadataItem<'a>),
    Sample(Reading),
}

/// Is a piece of what a body says about a family.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataItem<'a> {
    /// Is the same bytes as long as the piece says the same and the ones before it do.
    pub line: &'a [u8],
    /// Is the name of the family.
    pub name: &'a str,
    pub says: Says<'a>,
}

/// Is what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says<'a> {
    Help(Cow<'a, str>),
    Kind(MetricKind),
    Unit(&'a str),
}

/// Is one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Is absent for a histogram, which [`Source::histogram`] returns.
    pub value: Option<f64>,
    pub timestamp_ms: Option<i64>,
}

/// Is a native histogram as a body has it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramReading {
    /// Has the finest resolution that exists where the body has a finer one.
    pub histogram: Histogram,
    /// Is the resolution in the body.
    pub schema: Schema,
    /// Is the number of buckets, with those that upstream keeps though they are empty.
    pub buckets: usize,
}

/// Is an exemplar as a body has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExemplarReading<'e> {
    pub labels: LabelRun<'e>,
    pub value: f64,
    pub timestamp_ms: Option<i64>,
}

/// Names the label that tells the kind of a metric, with `type-and-unit-labels`.
pub(super) const TYPE_LABEL: &str = "__type__";
/// Names the label that tells its unit.
pub(super) const UNIT_LABEL: &str = "__unit__";

/// Adds kind and unit where they are known, in the place of labels of the same name.
pub(super) fn add_type_and_unit<'s>(kind: MetricKind, unit: &'s str, out: &mut LabelRun<'s>) {
    let kind = if kind == MetricKind::Unknown { "" } else { kind.as_str() };
    for (name, value) in [(TYPE_LABEL, kind), (UNIT_LABEL, unit)] {
        if !value.is_empty() {
            out.retain(|(scraped, _)| scraped != name);
            out.push((Cow::Borrowed(name), Cow::Borrowed(value)));
        }
    }
}
