//! Metric families: what a registry gathers and an encoder writes.
//!
//! The encoders write families in the order they are given and do not check them; [`sort_families`] brings them into
//! the order of the official client library.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use regain_model::{Histogram, MetricKind};

/// A name, help text or label value: static for nearly all metrics, owned where it comes from the outside.
pub type Text = Cow<'static, str>;

/// Groups all metrics of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricFamily {
    pub name: Text,
    pub help: Text,
    pub kind: MetricKind,
    /// Is written as `# UNIT` in OpenMetrics only.
    pub unit: Option<Text>,
    pub metrics: Vec<Metric>,
}

impl MetricFamily {
    /// Creates a family without metrics.
    pub fn new(name: impl Into<Text>, help: impl Into<Text>, kind: MetricKind) -> Self {
        Self { name: name.into(), help: help.into(), kind, unit: None, metrics: Vec::new() }
    }

    /// Creates a counter family without metrics.
    pub fn counter(name: impl Into<Text>, help: impl Into<Text>) -> Self {
        Self::new(name, help, MetricKind::Counter)
    }

    /// Creates a gauge family without metrics.
    pub fn gauge(name: impl Into<Text>, help: impl Into<Text>) -> Self {
        Self::new(name, help, MetricKind::Gauge)
    }

    /// Creates a family of unknown kind without metrics, `untyped` in the text format.
    pub fn untyped(name: impl Into<Text>, help: impl Into<Text>) -> Self {
        Self::new(name, help, MetricKind::Unknown)
    }

    /// Adds a metric with one number.
    pub fn push(&mut self, labels: Vec<LabelPair>, value: f64) {
        self.metrics.push(Metric::number(labels, value));
    }

    /// Returns the family with a metric of one number added.
    #[must_use]
    pub fn with(mut self, labels: Vec<LabelPair>, value: f64) -> Self {
        self.push(labels, value);
        self
    }
}

/// Pairs a label name with its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelPair {
    pub name: Text,
    pub value: Text,
}

impl LabelPair {
    /// Creates a label.
    pub fn new(name: impl Into<Text>, value: impl Into<Text>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Holds one metric of a family: its labels, without those the kind implies (`le`, `quantile`), and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    pub labels: Vec<LabelPair>,
    pub value: MetricValue,
    pub timestamp_ms: Option<i64>,
}

impl Metric {
    /// Creates a metric of one number.
    pub fn number(labels: Vec<LabelPair>, value: f64) -> Self {
        Self { labels, value: MetricValue::Number(value), timestamp_ms: None }
    }

    /// Creates a classic histogram.
    pub fn histogram(labels: Vec<LabelPair>, value: HistogramValue) -> Self {
        Self { labels, value: MetricValue::Histogram(value), timestamp_ms: None }
    }

    /// Creates a summary.
    pub fn summary(labels: Vec<LabelPair>, value: SummaryValue) -> Self {
        Self { labels, value: MetricValue::Summary(value), timestamp_ms: None }
    }
}

/// Holds what one metric says.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// Is the value of a counter, gauge or untyped metric.
    Number(f64),
    Histogram(HistogramValue),
    /// Is a native histogram. The text formats have no place for one unless its bounds are listed, which makes it a
    /// classic one.
    Native(Arc<Histogram>),
    Summary(SummaryValue),
}

/// Holds a classic histogram: cumulative counts by upper bound, ascending; the `+Inf` bucket may be left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistogramValue {
    pub count: u64,
    pub sum: f64,
    pub buckets: Vec<(f64, u64)>,
}

/// Holds a summary: quantiles ascending, each with its estimate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SummaryValue {
    pub count: u64,
    pub sum: f64,
    pub quantiles: Vec<(f64, f64)>,
}

/// Sorts labels by name, metrics by label values, families by name, and drops families without metrics: the order in
/// which the official client library gathers.
pub fn sort_families(families: &mut Vec<MetricFamily>) {
    families.retain(|family| !family.metrics.is_empty());
    for family in families.iter_mut() {
        for metric in &mut family.metrics {
            if !metric.labels.is_sorted_by(|a, b| a.name <= b.name) {
                metric.labels.sort_by(|a, b| a.name.cmp(&b.name));
            }
        }
        if !family.metrics.is_sorted_by(|a, b| compare_metrics(a, b) != Ordering::Greater) {
            family.metrics.sort_by(compare_metrics);
        }
    }
    families.sort_by(|a, b| a.name.cmp(&b.name));
}

fn compare_metrics(a: &Metric, b: &Metric) -> Ordering {
    a.labels
        .len()
        .cmp(&b.labels.len())
        .then_with(|| {
            a.labels.iter().map(|pair| &pair.value).cmp(b.labels.iter().map(|pair| &pair.value))
        })
        .then(a.timestamp_ms.cmp(&b.timestamp_ms))
        // Upstream leaves such metrics in any order; a total order brings duplicates side by side.
        .then_with(|| {
            a.labels.iter().map(|pair| &pair.name).cmp(b.labels.iter().map(|pair| &pair.name))
        })
}
