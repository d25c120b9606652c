//! What a collector writes its samples into.

use std::path::Path;
use std::time::Instant;

use hashbrown::HashMap;
use regain_exposition::{LabelPair, Metric, MetricFamily, MetricKind, Text};

/// Collects the samples of one collector, grouped into families in the order of their first sample.
#[derive(Debug)]
pub struct Sink {
    families: Vec<MetricFamily>,
    by_name: HashMap<Text, usize>,
    deadline: Instant,
}

impl Sink {
    /// Makes an empty sink for a collector that should be done at `deadline`.
    pub fn new(deadline: Instant) -> Self {
        Self { families: Vec::new(), by_name: HashMap::new(), deadline }
    }

    /// Tells when the scrape stops waiting for this collector.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Adds one sample of a gauge.
    pub fn gauge(
        &mut self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        labels: &[(&'static str, &str)],
        value: f64,
    ) {
        self.number(name.into(), help.into(), MetricKind::Gauge, labels, value);
    }

    /// Adds one sample of a counter.
    pub fn counter(
        &mut self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        labels: &[(&'static str, &str)],
        value: f64,
    ) {
        self.number(name.into(), help.into(), MetricKind::Counter, labels, value);
    }

    /// Adds one sample whose type the source does not tell.
    pub fn untyped(
        &mut self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        labels: &[(&'static str, &str)],
        value: f64,
    ) {
        self.number(name.into(), help.into(), MetricKind::Unknown, labels, value);
    }

    /// Adds a metric of any kind to the family of that name.
    pub(crate) fn metric(&mut self, name: Text, help: Text, kind: MetricKind, metric: Metric) {
        let at = *self.by_name.entry(name).or_insert_with_key(|name| {
            self.families.push(MetricFamily::new(name.clone(), help, kind));
            self.families.len() - 1
        });
        self.families[at].metrics.push(metric);
    }

    /// Notes a line that does not look as the kernel writes it; only its own series are lost.
    pub(crate) fn odd_line(path: &Path, line: &str) {
        tracing::debug!(path = %path.display(), line, "skipping an odd line");
    }

    /// Gives the families collected so far.
    pub fn into_families(self) -> Vec<MetricFamily> {
        self.families
    }

    fn number(
        &mut self,
        name: Text,
        help: Text,
        kind: MetricKind,
        labels: &[(&'static str, &str)],
        value: f64,
    ) {
        let labels =
            labels.iter().map(|(name, value)| LabelPair::new(*name, (*value).to_owned())).collect();
        self.metric(name, help, kind, Metric::number(labels, value));
    }
}
