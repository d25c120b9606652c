//! Samples as tests compare and print them.

use std::fmt;

use regain_go_format::{FloatFormat, append_float};
use regain_model::Labels;
use regain_promql::Sample;
use regain_promql::test_language::{SeriesProblem, SeriesValue, parse_series};

use super::file::ExpectedSample;

/// What tests see of a sample.
#[derive(Clone, Debug)]
pub(super) struct ShownSample {
    labels: Labels,
    value: f64,
    /// In the notation of series.
    histogram: Option<String>,
}

/// Why an expected sample is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadSample {
    #[error(transparent)]
    Notation(#[from] SeriesProblem),
    #[error("expected 1 value, got {0}")]
    Values(usize),
    #[error("expected histogram, got {0}")]
    NoHistogram(String),
    #[error("unexpected values after the labels")]
    LabelsWithValues,
}

impl ShownSample {
    /// A sample of an answer.
    pub(super) fn of(sample: Sample) -> Self {
        let histogram = sample.histogram.map(|histogram| histogram.test_notation());
        Self { labels: sample.labels, value: sample.value, histogram }
    }

    /// Reads a sample that is expected. No labels at all are an empty set.
    pub(super) fn expected(sample: &ExpectedSample) -> Result<Self, BadSample> {
        let labels = sample.labels.trim();
        let labels = parse_series(if labels.is_empty() { "{}" } else { labels })?;
        if !labels.values.is_empty() {
            return Err(BadSample::LabelsWithValues);
        }
        let histogram = match sample.histogram.trim() {
            "" => None,
            written => Some(histogram(written)?),
        };
        Ok(Self { labels: labels.labels, value: sample.value, histogram })
    }

    /// Whether both are the same. Fuzzily, numbers are the same that have no third between them.
    #[expect(clippy::float_cmp, reason = "tests ask for the very number")]
    fn is(&self, other: &Self, fuzzily: bool) -> bool {
        let (a, b) = (self.value, other.value);
        let same = a == b || fuzzily && (a.next_down() == b || a.next_up() == b);
        same && self.labels == other.labels && self.histogram == other.histogram
    }
}

fn histogram(written: &str) -> Result<String, BadSample> {
    let values = parse_series(&format!("{{}} {written}"))?.values;
    match values.as_slice() {
        [SeriesValue::Histogram(written)] => Ok(written.histogram.test_notation()),
        [SeriesValue::Float(value)] => Err(BadSample::NoHistogram(format!("{value:.6}"))),
        [SeriesValue::Omitted] => Err(BadSample::NoHistogram("_".to_owned())),
        values => Err(BadSample::Values(values.len())),
    }
}

/// Brings both lists into the order of the labels, and says whether they are the same.
pub(super) fn agree(expected: &mut [ShownSample], got: &mut [ShownSample], fuzzily: bool) -> bool {
    for samples in [&mut *expected, &mut *got] {
        samples.sort_by(|a, b| a.labels.cmp(&b.labels));
    }
    expected.len() == got.len() && expected.iter().zip(&*got).all(|(a, b)| a.is(b, fuzzily))
}

/// Writes samples in one line.
pub(super) fn listed(samples: &[ShownSample]) -> String {
    if samples.is_empty() {
        return "nil".to_owned();
    }
    samples.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for ShownSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = || {
            let mut digits = Vec::new();
            append_float(&mut digits, self.value, FloatFormat::E);
            let digits = String::from_utf8_lossy(&digits).into_owned();
            if self.value.is_finite() { digits.to_ascii_uppercase() } else { digits }
        };
        write!(f, "{} {}", self.labels, self.histogram.clone().unwrap_or_else(number))
    }
}
