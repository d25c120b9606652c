//! What the families of different collectors must agree on before they are exposed together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use regain_exposition::{LabelPair, Metric, MetricFamily, MetricKind, Text, sort_families};
use regain_model::{NameScheme, is_valid_label_name, is_valid_metric_name};
use thiserror::Error;

use super::Gathered;

/// Reports a metric or family that was left out of a gather.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GatherError {
    #[error("{name:?} is not a valid metric name")]
    InvalidName { name: Text },
    #[error("metric {family} is collected both as {first} and as {second}")]
    KindMismatch { family: Text, first: MetricKind, second: MetricKind },
    #[error("metric {family} is collected with help {first:?} and with help {second:?}")]
    HelpMismatch { family: Text, first: Text, second: Text },
    #[error("metric {family} has a label with the invalid name {label:?}")]
    InvalidLabel { family: Text, label: Text },
    #[error("metric {family} has the label {label} twice")]
    DuplicateLabel { family: Text, label: Text },
    #[error(
        "metric {family} with labels {} was collected before with the same labels",
        show(labels)
    )]
    DuplicateSeries { family: Text, labels: Vec<LabelPair> },
}

fn show(labels: &[LabelPair]) -> String {
    let pairs: Vec<String> =
        labels.iter().map(|pair| format!("{}={:?}", pair.name, pair.value)).collect();
    format!("{{{}}}", pairs.join(","))
}

/// Merges families of one name, leaves out what contradicts, and sorts the rest.
pub(super) fn check(collected: Vec<MetricFamily>) -> Gathered {
    let mut gathered = Gathered::default();
    gathered.families = merge(collected, &mut gathered.errors);
    sort_families(&mut gathered.families);
    for family in &mut gathered.families {
        check_metrics(family, &mut gathered.errors);
    }
    gathered.families.retain(|family| !family.metrics.is_empty());
    gathered
}

fn merge(collected: Vec<MetricFamily>, errors: &mut Vec<GatherError>) -> Vec<MetricFamily> {
    let mut by_name: BTreeMap<Text, MetricFamily> = BTreeMap::new();
    for mut family in collected {
        if !is_valid_metric_name(&family.name, NameScheme::Utf8) {
            errors.push(GatherError::InvalidName { name: family.name });
            continue;
        }
        match by_name.entry(family.name.clone()) {
            Entry::Vacant(vacant) => {
                vacant.insert(family);
            }
            Entry::Occupied(mut occupied) => {
                let first = occupied.get_mut();
                if first.kind != family.kind {
                    let (first, second) = (first.kind, family.kind);
                    errors.push(GatherError::KindMismatch { family: family.name, first, second });
                } else if first.help != family.help {
                    errors.push(GatherError::HelpMismatch {
                        family: family.name,
                        first: first.help.clone(),
                        second: family.help,
                    });
                } else {
                    first.metrics.append(&mut family.metrics);
                }
            }
        }
    }
    by_name.into_values().collect()
}

/// Leaves out metrics with bad labels and all but the first of equal series; the family is sorted.
fn check_metrics(family: &mut MetricFamily, errors: &mut Vec<GatherError>) {
    let name = &family.name;
    let same = |a: &Metric, b: &Metric| a.timestamp_ms == b.timestamp_ms && a.labels == b.labels;
    family.metrics.dedup_by(|later, earlier| {
        let duplicate = same(later, earlier);
        if duplicate {
            let labels = later.labels.clone();
            errors.push(GatherError::DuplicateSeries { family: name.clone(), labels });
        }
        duplicate
    });
    family.metrics.retain(|metric| match label_error(name, &metric.labels, family.kind) {
        Some(error) => {
            errors.push(error);
            false
        }
        None => true,
    });
}

fn label_error(family: &Text, labels: &[LabelPair], kind: MetricKind) -> Option<GatherError> {
    let reserved = match kind {
        MetricKind::Histogram | MetricKind::GaugeHistogram => "le",
        MetricKind::Summary => "quantile",
        _ => "",
    };
    let mut previous: Option<&Text> = None;
    for LabelPair { name, .. } in labels {
        if !is_valid_label_name(name, NameScheme::Utf8) || name == reserved {
            let label = name.clone();
            return Some(GatherError::InvalidLabel { family: family.clone(), label });
        }
        if previous == Some(name) {
            let label = name.clone();
            return Some(GatherError::DuplicateLabel { family: family.clone(), label });
        }
        previous = Some(name);
    }
    None
}
