//! The registry: which metrics exist, and what they say now.

mod consistency;

use std::sync::{Arc, Mutex, PoisonError};

use regain_exposition::{LabelPair, Metric, MetricFamily, MetricKind, Text};

use crate::collect::Collect;
use crate::counter::Counter;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::summary::Summary;
use crate::vector::{Child, CounterVec, Family, GaugeVec, HistogramVec, SummaryVec, Vector};

pub use self::consistency::GatherError;

/// Knows all metrics of a process; a clone is the same registry.
#[derive(Clone, Default)]
pub struct Registry(Arc<Mutex<Vec<Arc<dyn Collect>>>>);

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("collectors", &self.collectors().len()).finish()
    }
}

/// Holds what a gather found: consistent families in order, and what had to be left out.
#[derive(Debug, Default)]
pub struct Gathered {
    pub families: Vec<MetricFamily>,
    pub errors: Vec<GatherError>,
}

impl Gathered {
    /// Merges, checks and sorts families, whatever collected them.
    pub fn from_families(families: Vec<MetricFamily>) -> Self {
        consistency::check(families)
    }
}

impl Registry {
    /// Creates a registry without metrics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a collector, asked at each gather.
    pub fn register(&self, collector: Arc<dyn Collect>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(collector);
    }

    /// Asks all collectors and returns their families: merged by name, checked, sorted.
    pub fn gather(&self) -> Gathered {
        let mut families = Vec::new();
        for collector in self.collectors() {
            collector.collect(&mut families);
        }
        Gathered::from_families(families)
    }

    /// Adds a counter.
    pub fn counter(&self, name: impl Into<Text>, help: impl Into<Text>) -> Counter {
        self.single(name, help, MetricKind::Counter, Counter::new())
    }

    /// Adds a gauge.
    pub fn gauge(&self, name: impl Into<Text>, help: impl Into<Text>) -> Gauge {
        self.single(name, help, MetricKind::Gauge, Gauge::new())
    }

    /// Adds a histogram with the given upper bounds.
    pub fn histogram(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        bounds: &[f64],
    ) -> Histogram {
        self.single(name, help, MetricKind::Histogram, Histogram::new(bounds))
    }

    /// Adds a summary with the given quantiles.
    pub fn summary(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        quantiles: &[f64],
    ) -> Summary {
        self.single(name, help, MetricKind::Summary, Summary::new(quantiles))
    }

    /// Adds a counter per set of label values.
    pub fn counter_vec(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        labels: &[&'static str],
    ) -> CounterVec {
        self.vector(name, help, MetricKind::Counter, labels, Counter::new)
    }

    /// Adds a gauge per set of label values.
    pub fn gauge_vec(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        labels: &[&'static str],
    ) -> GaugeVec {
        self.vector(name, help, MetricKind::Gauge, labels, Gauge::new)
    }

    /// Adds a histogram per set of label values.
    pub fn histogram_vec(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        labels: &[&'static str],
        bounds: &[f64],
    ) -> HistogramVec {
        let bounds = bounds.to_vec();
        self.vector(name, help, MetricKind::Histogram, labels, move || Histogram::new(&bounds))
    }

    /// Adds a summary per set of label values.
    pub fn summary_vec(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        labels: &[&'static str],
        quantiles: &[f64],
    ) -> SummaryVec {
        let quantiles = quantiles.to_vec();
        self.vector(name, help, MetricKind::Summary, labels, move || Summary::new(&quantiles))
    }

    /// Adds a gauge whose value is asked for at each gather.
    pub fn gauge_fn(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        value: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        self.number_fn(family(name, help, MetricKind::Gauge), Vec::new(), value);
    }

    /// Adds a counter whose value is asked for at each gather.
    pub fn counter_fn(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        value: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        self.number_fn(family(name, help, MetricKind::Counter), Vec::new(), value);
    }

    /// Adds a gauge that is always 1 and carries facts in its labels.
    pub fn info(&self, name: impl Into<Text>, help: impl Into<Text>, labels: Vec<LabelPair>) {
        self.number_fn(family(name, help, MetricKind::Gauge), labels, || 1.0);
    }

    fn collectors(&self) -> Vec<Arc<dyn Collect>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn single<M: Child + 'static>(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        kind: MetricKind,
        metric: M,
    ) -> M {
        let family = family(name, help, kind);
        let exposed = metric.clone();
        self.register(Arc::new(move |families: &mut Vec<MetricFamily>| {
            let value = exposed.value();
            let metric = Metric { labels: Vec::new(), value, timestamp_ms: None };
            families.push(family.with_metrics(vec![metric]));
        }));
        metric
    }

    fn vector<M: Child + 'static>(
        &self,
        name: impl Into<Text>,
        help: impl Into<Text>,
        kind: MetricKind,
        labels: &[&'static str],
        make: impl Fn() -> M + Send + Sync + 'static,
    ) -> Vector<M> {
        let vector = Vector::new(family(name, help, kind), labels, make);
        self.register(Arc::new(vector.clone()));
        vector
    }

    fn number_fn(
        &self,
        family: Family,
        labels: Vec<LabelPair>,
        value: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        self.register(Arc::new(move |families: &mut Vec<MetricFamily>| {
            let metric = Metric::number(labels.clone(), value());
            families.push(family.with_metrics(vec![metric]));
        }));
    }
}

fn family(name: impl Into<Text>, help: impl Into<Text>, kind: MetricKind) -> Family {
    Family { name: name.into(), help: help.into(), kind }
}

#[cfg(test)]
mod tests;
