//! Recording rules: the samples of an expression under another name.

use regain_model::{Labels, LabelsBuilder, METRIC_NAME};
use regain_promql::Sample;
use regain_storage::Value;

use crate::error::RuleError;
use crate::settings::Rule;

/// Returns the series that a recording rule writes, in the order of their labels.
pub(crate) fn record(
    rule: &Rule,
    samples: Vec<Sample>,
    limit: Option<usize>,
) -> Result<Vec<(Labels, Value)>, RuleError> {
    let mut labels = LabelsBuilder::new();
    let mut series: Vec<(Labels, Value)> = samples
        .into_iter()
        .map(|sample| {
            labels.reset(&sample.labels);
            labels.set(METRIC_NAME, &rule.name);
            for (name, value) in &rule.labels {
                labels.set(name, value);
            }
            let value = sample.histogram.map_or(Value::Float(sample.value), Value::Histogram);
            (labels.labels(), value)
        })
        .collect();
    series.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    if series.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(RuleError::DuplicateSeries);
    }
    match limit {
        Some(limit) if series.len() > limit => {
            Err(RuleError::SeriesLimit { limit, found: series.len() })
        }
        _ => Ok(series),
    }
}

#[cfg(test)]
mod tests {
    use regain_model::{Histogram, Timestamp};
    use regain_promql::{ParserOptions, parse};

    use super::*;
    use crate::settings::RuleKind;

    fn rule(labels: &[(&str, &str)]) -> Rule {
        let labels = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let expr = parse("up", &ParserOptions::default()).unwrap();
        Rule::new("job:up", expr, labels.collect(), RuleKind::Recording)
    }

    fn sample(labels: &[(&str, &str)], value: f64) -> Sample {
        Sample {
            labels: Labels::from_pairs(labels.iter().copied()),
            time: Timestamp(0),
            value,
            histogram: None,
        }
    }

    #[test]
    fn names_and_labels_are_replaced_and_empty_labels_deleted() {
        let rule = rule(&[("job", ""), ("team", "a"), ("instance", "all")]);
        let samples = vec![
            sample(&[("__name__", "up"), ("instance", "x"), ("job", "j"), ("zone", "b")], 1.0),
            sample(&[("__name__", "up"), ("instance", "y"), ("job", "j"), ("zone", "a")], 2.0),
        ];
        let series = record(&rule, samples, None).unwrap();
        let texts: Vec<_> = series.iter().map(|(labels, v)| format!("{labels} {v:?}")).collect();
        assert_eq!(
            texts,
            [
                r#"{__name__="job:up", instance="all", team="a", zone="a"} Float(2.0)"#,
                r#"{__name__="job:up", instance="all", team="a", zone="b"} Float(1.0)"#
            ]
        );
    }

    #[test]
    fn the_same_series_twice_is_an_error() {
        let samples = vec![sample(&[("a", "1")], 1.0), sample(&[("a", "2")], 1.0)];
        let error = record(&rule(&[("a", "x")]), samples, None).unwrap_err();
        let text = "vector contains metrics with the same labelset after applying rule labels";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn a_native_histogram_is_recorded_as_one() {
        let histogram = std::sync::Arc::new(Histogram { count: 3.0, ..Histogram::default() });
        let samples = vec![Sample { histogram: Some(histogram), ..sample(&[], 0.0) }];
        let series = record(&rule(&[]), samples, None).unwrap();
        let [(_, Value::Histogram(recorded))] = series.as_slice() else { panic!("{series:?}") };
        assert!(recorded.count.to_bits() == 3.0_f64.to_bits());
    }

    #[test]
    fn more_series_than_the_limit_are_an_error() {
        let samples = vec![sample(&[("a", "1")], 1.0), sample(&[("a", "2")], 1.0)];
        assert_eq!(record(&rule(&[]), samples.clone(), Some(2)).unwrap().len(), 2);
        let error = record(&rule(&[]), samples, Some(1)).unwrap_err();
        assert_eq!(error.to_string(), "exceeded limit of 1 with 2 series");
    }
}
