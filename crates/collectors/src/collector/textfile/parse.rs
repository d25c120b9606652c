//! A file's lines, gathered into families.
//!
//! The grammar is the text format's; on top of it come the rules that upstream's strict reader has:
//! one `HELP` and one `TYPE` per family, the type before the samples, names of the classic alphabet,
//! no timestamps, and a line end after the last line (a file without one was cut off).

use std::collections::BTreeMap;

use regain_exposition::read::{Dialect, Event, ParseError, Parser, Problem, Sample, series_labels};
use regain_exposition::{HistogramValue, LabelPair, Metric, MetricKind, MetricValue, SummaryValue};
use regain_model::{METRIC_NAME, is_legacy_label_name, is_legacy_metric_name};

/// Bounds the samples of one file.
const MAX_SAMPLES: usize = 1_000_000;

/// Is why a file's text is refused.
#[derive(Debug, thiserror::Error, PartialEq)]
pub(super) enum TextfileError {
    #[error(transparent)]
    Grammar(#[from] ParseError),
    #[error("invalid series: {0}")]
    Series(#[from] Problem),
    #[error("unexpected end of input stream")]
    CutOff,
    #[error("second HELP line for metric name {name:?}")]
    SecondHelp { name: String },
    #[error("second TYPE line for metric name {name:?}, or TYPE reported after samples")]
    LateType { name: String },
    #[error("unknown metric type of {name:?}")]
    UnknownType { name: String },
    #[error("invalid metric name {name:?}")]
    MetricName { name: String },
    #[error("invalid or repeated label name {name:?}")]
    LabelName { name: String },
    #[error("invalid {label} label of {name:?}")]
    Bound { name: String, label: &'static str },
    #[error("contains unsupported client-side timestamps, skipping entire file")]
    Timestamp,
    #[error("more than {MAX_SAMPLES} samples")]
    TooMany,
}

/// Is one family of one file.
#[derive(Debug, PartialEq)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) help: Option<String>,
    pub(super) kind: MetricKind,
    pub(super) metrics: Vec<Metric>,
}

#[derive(Default)]
struct Draft {
    help: Option<String>,
    helped: bool,
    kind: Option<MetricKind>,
    metrics: Vec<Metric>,
    /// Are the places of histograms and summaries in `metrics` by their labels.
    places: BTreeMap<Vec<LabelPair>, usize>,
}

pub(super) fn parse(text: &[u8]) -> Result<Vec<Family>, TextfileError> {
    if !matches!(text.last(), None | Some(b'\n')) {
        return Err(TextfileError::CutOff);
    }
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut parser = Parser::new(text, Dialect::Text);
    let mut samples = 0;
    while let Some(event) = parser.next_event()? {
        match event {
            Event::Help { name, text } => {
                let draft = drafts.entry(checked_name(name)?).or_default();
                if draft.helped {
                    return Err(TextfileError::SecondHelp { name: name.to_owned() });
                }
                // A HELP line without text says nothing, and may be said again.
                draft.helped = !text.is_empty();
                draft.help = Some(text.into_owned()).filter(|text| !text.is_empty());
            }
            Event::Kind { name, kind } => {
                let draft = drafts.entry(checked_name(name)?).or_default();
                if draft.kind.is_some() || !draft.metrics.is_empty() {
                    return Err(TextfileError::LateType { name: name.to_owned() });
                }
                draft.kind = Some(known_kind(name, kind)?);
            }
            Event::Unit { .. } => {}
            Event::Sample(sample) => {
                samples += 1;
                if samples > MAX_SAMPLES {
                    return Err(TextfileError::TooMany);
                }
                add_sample(&mut drafts, &sample)?;
            }
        }
    }
    Ok(drafts
        .into_iter()
        .filter(|(_, draft)| !draft.metrics.is_empty())
        .map(|(name, draft)| draft.finish(name))
        .collect())
}

fn checked_name(name: &str) -> Result<String, TextfileError> {
    if is_legacy_metric_name(name) {
        Ok(name.to_owned())
    } else {
        Err(TextfileError::MetricName { name: name.to_owned() })
    }
}

fn known_kind(name: &str, kind: MetricKind) -> Result<MetricKind, TextfileError> {
    match kind {
        MetricKind::Counter
        | MetricKind::Gauge
        | MetricKind::Histogram
        | MetricKind::Summary
        | MetricKind::Unknown => Ok(kind),
        _ => Err(TextfileError::UnknownType { name: name.to_owned() }),
    }
}

fn add_sample(
    drafts: &mut BTreeMap<String, Draft>,
    sample: &Sample<'_>,
) -> Result<(), TextfileError> {
    if sample.timestamp_ms.is_some() {
        return Err(TextfileError::Timestamp);
    }
    let (name, mut labels) = labels_of(sample)?;
    let (family, part) = place(drafts, &name);
    let draft = drafts.entry(family.to_owned()).or_default();
    let bound = match draft.kind {
        Some(MetricKind::Histogram) => take_bound(&name, "le", &mut labels)?,
        Some(MetricKind::Summary) => take_bound(&name, "quantile", &mut labels)?,
        _ => {
            draft.metrics.push(Metric::number(labels, sample.value));
            return Ok(());
        }
    };
    draft.compound(labels, part, bound, sample.value);
    Ok(())
}

/// Says which line of a histogram or a summary a sample is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Sum,
    Count,
    Bound,
}

/// Finds the family of a sample: its own name, or the name of a declared histogram or summary.
fn place<'a>(drafts: &BTreeMap<String, Draft>, name: &'a str) -> (&'a str, Part) {
    if drafts.contains_key(name) {
        return (name, Part::Bound);
    }
    for (suffix, part) in [("_sum", Part::Sum), ("_count", Part::Count), ("_bucket", Part::Bound)] {
        let Some(family) = name.strip_suffix(suffix) else { continue };
        match drafts.get(family).and_then(|draft| draft.kind) {
            Some(MetricKind::Histogram) => return (family, part),
            Some(MetricKind::Summary) if suffix != "_bucket" => return (family, part),
            _ => {}
        }
    }
    (name, Part::Bound)
}

fn labels_of(sample: &Sample<'_>) -> Result<(String, Vec<LabelPair>), TextfileError> {
    let mut run = Vec::new();
    // Bounds are numbers here and are written again, so they need no normal form.
    series_labels(sample.series, MetricKind::Unknown, Dialect::Text, &mut run)?;
    let mut name = String::new();
    let mut labels: Vec<LabelPair> = Vec::with_capacity(run.len());
    for (position, (label, value)) in run.into_iter().enumerate() {
        if position == 0 && label == METRIC_NAME {
            name = checked_name(&value)?;
            continue;
        }
        let repeated = labels.iter().any(|known| known.name == label);
        if repeated || label == METRIC_NAME || !is_legacy_label_name(&label) {
            return Err(TextfileError::LabelName { name: label.into_owned() });
        }
        labels.push(LabelPair::new(label.into_owned(), value.into_owned()));
    }
    labels.sort();
    Ok((name, labels))
}

fn take_bound(
    name: &str,
    label: &'static str,
    labels: &mut Vec<LabelPair>,
) -> Result<Option<f64>, TextfileError> {
    let Some(at) = labels.iter().position(|pair| pair.name == label) else { return Ok(None) };
    let pair = labels.remove(at);
    match pair.value.parse::<f64>() {
        Ok(bound) => Ok(Some(bound)),
        Err(_) => Err(TextfileError::Bound { name: name.to_owned(), label }),
    }
}

impl Draft {
    /// Adds one line to the histogram or summary with these labels.
    fn compound(&mut self, labels: Vec<LabelPair>, part: Part, bound: Option<f64>, value: f64) {
        let kind = self.kind;
        let at = *self.places.entry(labels).or_insert_with_key(|labels| {
            let empty = if kind == Some(MetricKind::Histogram) {
                MetricValue::Histogram(HistogramValue::default())
            } else {
                MetricValue::Summary(SummaryValue::default())
            };
            self.metrics.push(Metric { labels: labels.clone(), value: empty, timestamp_ms: None });
            self.metrics.len() - 1
        });
        match (&mut self.metrics[at].value, part, bound) {
            (MetricValue::Histogram(histogram), Part::Sum, _) => histogram.sum = value,
            (MetricValue::Histogram(histogram), Part::Count, _) => histogram.count = count(value),
            (MetricValue::Histogram(histogram), Part::Bound, Some(bound)) => {
                histogram.buckets.push((bound, count(value)));
            }
            (MetricValue::Summary(summary), Part::Sum, _) => summary.sum = value,
            (MetricValue::Summary(summary), Part::Count, _) => summary.count = count(value),
            (MetricValue::Summary(summary), Part::Bound, Some(bound)) => {
                summary.quantiles.push((bound, value));
            }
            // A line of the family's own name without a bound belongs to no part; upstream drops it too.
            (_, Part::Bound, None) | (MetricValue::Number(_) | MetricValue::Native(_), _, _) => {}
        }
    }

    fn finish(mut self, name: String) -> Family {
        self.fill_labels();
        for metric in &mut self.metrics {
            match &mut metric.value {
                MetricValue::Histogram(histogram) => {
                    histogram.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
                    histogram.buckets.dedup_by(|later, kept| later.0.total_cmp(&kept.0).is_eq());
                }
                MetricValue::Summary(summary) => {
                    summary.quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
                    summary.quantiles.dedup_by(|later, kept| later.0.total_cmp(&kept.0).is_eq());
                }
                MetricValue::Number(_) | MetricValue::Native(_) => {}
            }
        }
        Family { name, help: self.help, kind: self.kind.unwrap_or_default(), metrics: self.metrics }
    }

    /// Gives every series of the family the same label names, empty where it had none.
    fn fill_labels(&mut self) {
        let mut names: Vec<_> = self
            .metrics
            .iter()
            .flat_map(|metric| metric.labels.iter().map(|pair| pair.name.clone()))
            .collect();
        names.sort();
        names.dedup();
        for metric in self.metrics.iter_mut().filter(|metric| metric.labels.len() < names.len()) {
            for name in &names {
                if !metric.labels.iter().any(|pair| pair.name == *name) {
                    metric.labels.push(LabelPair::new(name.clone(), ""));
                }
            }
            metric.labels.sort();
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturation is what a count that is no count becomes"
)]
fn count(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests;
