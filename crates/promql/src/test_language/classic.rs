//! Classic histograms that are loaded as native ones as well: the series of one histogram become
//! one series whose buckets have the same bounds (upstream: `util/convertnhcb`, 3.14).

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_go_format::parse_float;
use regain_model::histogram::CUSTOM_SCHEMA;
use regain_model::{
    BUCKET_LABEL, Buckets, Histogram, Labels, LabelsBuilder, METRIC_NAME, Timestamp,
};
use regain_storage::Value;

use super::mistake::Problem;
use super::script::{Load, LoadedSeries};

/// What is known of a classic histogram at one time.
#[derive(Debug, Default)]
struct Parts {
    /// Cumulative counts with their bounds.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// Which series of a classic histogram one is.
enum Role {
    Bucket(f64),
    Count,
    Sum,
}

/// The native histograms that the classic ones of a load become.
pub(super) fn natives(load: &Load) -> Result<BTreeMap<Labels, LoadedSeries>, Problem> {
    let mut parts: BTreeMap<Labels, (usize, BTreeMap<i64, Parts>)> = BTreeMap::new();
    for (labels, series) in &load.series {
        let Some((base, role)) = role(labels) else { continue };
        let (line, times) = parts.entry(base).or_default();
        *line = series.line;
        for (time, value) in &series.samples {
            let Value::Float(value) = value else { continue };
            let parts = times.entry(time.0).or_default();
            match role {
                Role::Bucket(bound) => parts.buckets.push((bound, *value)),
                Role::Count => parts.count = Some(*value),
                Role::Sum => parts.sum = *value,
            }
        }
    }
    let mut natives = BTreeMap::new();
    for (labels, (line, times)) in parts {
        let refused = || Problem::ClassicHistogram(labels.to_metric_string());
        let mut samples = Vec::new();
        for (time, parts) in times {
            let histogram = parts.histogram().ok_or_else(refused)?;
            samples.push((Timestamp(time), Value::Histogram(Arc::new(histogram))));
        }
        let series = LoadedSeries { line, samples, ..LoadedSeries::default() };
        natives.insert(labels, series);
    }
    Ok(natives)
}

/// The labels of the histogram that a series belongs to, and as what.
fn role(series: &Labels) -> Option<(Labels, Role)> {
    let name = series.metric_name();
    let (base, role) = if let Some(base) = name.strip_suffix("_bucket") {
        let bound = parse_float(series.get(BUCKET_LABEL)?.as_bytes())?;
        (base, Role::Bucket(Some(bound).filter(|bound| !bound.is_nan())?))
    } else if let Some(base) = name.strip_suffix("_count") {
        (base, Role::Count)
    } else {
        (name.strip_suffix("_sum")?, Role::Sum)
    };
    let mut builder = LabelsBuilder::from(series);
    builder.set(METRIC_NAME, base);
    builder.delete(BUCKET_LABEL);
    Some((builder.labels(), role))
}

impl Parts {
    /// The histogram, if the counts are those of one.
    #[expect(clippy::float_cmp, reason = "counts must be the same, not nearly so")]
    fn histogram(mut self) -> Option<Histogram> {
        self.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.buckets.dedup_by(|a, b| a.0 == b.0);
        let highest = self.buckets.last().copied();
        let count = self.count.or(highest.map(|(_, count)| count)).unwrap_or(0.0);
        if highest.is_none_or(|(bound, _)| bound != f64::INFINITY) {
            self.buckets.push((f64::INFINITY, count));
        }
        let mut before = 0.0;
        let mut counts = Vec::with_capacity(self.buckets.len());
        for &(_, cumulative) in &self.buckets {
            if cumulative < before {
                return None;
            }
            counts.push(cumulative - before);
            before = cumulative;
        }
        if count != before {
            return None;
        }
        let bounds: Vec<f64> = self.buckets.iter().map(|(bound, _)| *bound).collect();
        let bounds = bounds[..bounds.len() - 1].to_vec();
        let mut positive = Buckets::run(0, counts);
        positive.compact();
        Some(Histogram {
            schema: CUSTOM_SCHEMA,
            count,
            sum: self.sum,
            positive,
            bounds: (!bounds.is_empty()).then(|| bounds.into()),
            ..Histogram::default()
        })
    }
}
