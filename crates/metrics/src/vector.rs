//! Metrics that come once per set of label values.
//!
//! A vector holds at most [`LABEL_SETS_MAX`] sets. Beyond that, new values are counted together under
//! [`OVERFLOW_VALUE`], so that a mistake or an attacker who chooses label values cannot fill the memory.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use regain_exposition::{LabelPair, Metric, MetricFamily, MetricKind, MetricValue, Text};

use crate::collect::Collect;
use crate::counter::Counter;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::summary::Summary;

/// Is the number of label sets that a vector keeps apart.
pub const LABEL_SETS_MAX: usize = 10_000;

/// Stands for the label values that came after the vector was full.
pub const OVERFLOW_VALUE: &str = "_overflow";

/// Is implemented by the metrics a vector can hold.
pub trait Child: Clone + Send + Sync {
    /// Returns the value as it is now.
    fn value(&self) -> MetricValue;
}

/// Holds one metric per set of label values; a clone holds the same ones.
#[derive(Debug)]
pub struct Vector<M>(Arc<Inner<M>>);

impl<M> Clone for Vector<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Counts per label set.
pub type CounterVec = Vector<Counter>;
/// Holds a gauge per label set.
pub type GaugeVec = Vector<Gauge>;
/// Holds a histogram per label set.
pub type HistogramVec = Vector<Histogram>;
/// Holds a summary per label set.
pub type SummaryVec = Vector<Summary>;

struct Inner<M> {
    family: Family,
    labels: Box<[&'static str]>,
    make: Box<dyn Fn() -> M + Send + Sync>,
    children: RwLock<BTreeMap<String, Labelled<M>>>,
}

/// Is a metric with its label values in the order of the names.
type Labelled<M> = (Box<[String]>, M);

impl<M: std::fmt::Debug> std::fmt::Debug for Inner<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("family", &self.family)
            .field("labels", &self.labels)
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}

/// Names a family that is filled at gather time.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    pub(crate) name: Text,
    pub(crate) help: Text,
    pub(crate) kind: MetricKind,
}

impl Family {
    pub(crate) fn with_metrics(&self, metrics: Vec<Metric>) -> MetricFamily {
        let mut family = MetricFamily::new(self.name.clone(), self.help.clone(), self.kind);
        family.metrics = metrics;
        family
    }
}

impl<M: Child> Vector<M> {
    pub(crate) fn new(
        family: Family,
        labels: &[&'static str],
        make: impl Fn() -> M + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            family,
            labels: labels.into(),
            make: Box::new(make),
            children: RwLock::default(),
        }))
    }

    /// Returns the metric of these label values, given in the order of the label names; it is exposed from now on.
    ///
    /// Keep the handle where the same values come often.
    pub fn with(&self, values: &[&str]) -> M {
        assert_eq!(values.len(), self.0.labels.len(), "one value for each label of the vector");
        let key = key_of(values);
        {
            let children = self.0.children.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, child)) = children.get(&key) {
                return child.clone();
            }
        }
        let mut children = self.0.children.write().unwrap_or_else(PoisonError::into_inner);
        let (key, values) = if children.len() < LABEL_SETS_MAX || children.contains_key(&key) {
            (key, values.iter().map(|&value| value.to_owned()).collect::<Box<[String]>>())
        } else {
            let overflow = vec![OVERFLOW_VALUE; values.len()];
            (key_of(&overflow), overflow.into_iter().map(str::to_owned).collect())
        };
        children.entry(key).or_insert_with(|| (values, (self.0.make)())).1.clone()
    }

    /// Ends the exposition of these label values; handles kept elsewhere count unseen.
    pub fn remove(&self, values: &[&str]) {
        let key = key_of(values);
        self.0.children.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// Keeps the label sets for which `keep` says so; it gets the values in the order of the label names.
    pub fn retain(&self, mut keep: impl FnMut(&[String]) -> bool) {
        let mut children = self.0.children.write().unwrap_or_else(PoisonError::into_inner);
        children.retain(|_, (values, _)| keep(values));
    }
}

impl<M: Child> Collect for Vector<M> {
    fn collect(&self, families: &mut Vec<MetricFamily>) {
        let children = self.0.children.read().unwrap_or_else(PoisonError::into_inner);
        let metric = |(values, child): &Labelled<M>| Metric {
            labels: self
                .0
                .labels
                .iter()
                .zip(values)
                .map(|(&name, value)| LabelPair::new(name, value.clone()))
                .collect(),
            value: child.value(),
            timestamp_ms: None,
        };
        let metrics = children.values().map(metric).collect();
        families.push(self.0.family.with_metrics(metrics));
    }
}

/// Joins values so that different lists never give the same key.
fn key_of(values: &[&str]) -> String {
    let mut key = String::with_capacity(values.iter().map(|value| value.len() + 4).sum());
    for value in values {
        write!(key, "{}:{value}", value.len()).expect("writing to a string cannot fail");
    }
    key
}

#[cfg(test)]
mod tests;
