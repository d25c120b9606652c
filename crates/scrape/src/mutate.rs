//! From the labels a target exposes to the labels that are kept.
//!
//! The order is upstream's: target labels, metric relabelling, validity, limits.

use regain_exposition::read::LabelRun;
use regain_model::relabel::process;
use regain_model::{
    Labels, LabelsBuilder, MAX_LABEL_BYTES, METRIC_NAME, is_valid_label_name, is_valid_metric_name,
};

use crate::config::JobConfig;
use crate::error::SeriesError;

/// Is set before a scraped label that clashes with a target label.
const EXPORTED_PREFIX: &str = "exported_";

/// Returns the labels under which a series is kept, or nothing for one that is dropped.
pub(crate) fn kept_labels(
    scraped: &LabelRun<'_>,
    target: &Labels,
    config: &JobConfig,
) -> Result<Option<Labels>, SeriesError> {
    check_scraped(scraped)?;
    let mut labels = LabelsBuilder::new();
    for (name, value) in scraped {
        labels.set(name, value);
    }
    if config.honor_labels {
        add_missing(&mut labels, scraped, target);
    } else {
        add_over(&mut labels, target);
    }
    if !process(&config.metric_relabel_configs, &mut labels) || labels.is_empty() {
        return Ok(None);
    }
    check_kept(&labels, config)?;
    Ok(Some(labels.labels()))
}

fn check_scraped(scraped: &LabelRun<'_>) -> Result<(), SeriesError> {
    let mut names: Vec<&str> = scraped.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(SeriesError::DuplicateLabel { name: pair[0].to_owned() }),
        None => Ok(()),
    }
}

/// Adds the target labels that the series does not name itself; naming one with an empty value counts.
fn add_missing(labels: &mut LabelsBuilder, scraped: &LabelRun<'_>, target: &Labels) {
    for (name, value) in target {
        if !scraped.iter().any(|(scraped, _)| scraped == name) {
            labels.set(name, value);
        }
    }
}

/// Sets the target labels and moves what the series called the same out of their way, shorter names first.
fn add_over(labels: &mut LabelsBuilder, target: &Labels) {
    let mut moved: Vec<(String, String)> = Vec::new();
    for (name, value) in target {
        if let Some(scraped) = labels.get(name) {
            moved.push((name.to_owned(), scraped.to_owned()));
        }
        labels.set(name, value);
    }
    moved.sort_by_key(|(name, _)| name.len());
    for (mut name, value) in moved {
        while labels.get(&name).is_some() {
            name.insert_str(0, EXPORTED_PREFIX);
        }
        labels.set(&name, &value);
    }
}

fn check_kept(labels: &LabelsBuilder, config: &JobConfig) -> Result<(), SeriesError> {
    let metric = labels.get(METRIC_NAME).ok_or(SeriesError::NameMissing)?;
    let scheme = config.name_scheme;
    let valid_names = labels.iter().all(|(name, _)| is_valid_label_name(name, scheme));
    if !valid_names || !is_valid_metric_name(metric, scheme) {
        let pairs: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        return Err(SeriesError::InvalidNames { labels: format!("{{{}}}", pairs.join(", ")) });
    }
    let above = |length: usize, limit: usize| limit > 0 && length > limit;
    let (count, limit) = (labels.iter().count(), config.label_limit);
    if above(count, limit) {
        return Err(SeriesError::LabelLimit { metric: metric.to_owned(), count, limit });
    }
    for (name, value) in labels.iter() {
        let limit = config.label_name_length_limit;
        if above(name.len(), limit) {
            let (metric, length) = (metric.to_owned(), name.len());
            return Err(SeriesError::NameLengthLimit {
                metric,
                name: name.to_owned(),
                length,
                limit,
            });
        }
        let limit = config.label_value_length_limit;
        if above(value.len(), limit) {
            let (metric, length) = (metric.to_owned(), value.len());
            let (name, value) = (name.to_owned(), value.to_owned());
            return Err(SeriesError::ValueLengthLimit { metric, name, value, length, limit });
        }
        if name.len().max(value.len()) > MAX_LABEL_BYTES {
            let (metric, limit) = (metric.to_owned(), MAX_LABEL_BYTES);
            return Err(SeriesError::LabelTooLong { metric, limit });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn run(pairs: &[(&'static str, &'static str)]) -> LabelRun<'static> {
        pairs.iter().map(|&(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value))).collect()
    }

    fn check(honor_labels: bool, scraped: &[(&'static str, &'static str)], expected: &str) {
        let target = Labels::from_pairs([("job", "j"), ("instance", "i"), ("exported_job", "e")]);
        let config = JobConfig { honor_labels, ..JobConfig::new("j") };
        let labels = kept_labels(&run(scraped), &target, &config).unwrap().unwrap();
        assert_eq!(labels.to_string(), expected);
    }

    #[test]
    fn clashing_labels_make_way_for_target_labels() {
        check(
            false,
            &[("__name__", "m"), ("job", "mine"), ("instance", "")],
            r#"{__name__="m", exported_exported_job="mine", exported_job="e", instance="i", job="j"}"#,
        );
        check(
            false,
            &[("__name__", "m"), ("exported_job", "x"), ("job", "y")],
            concat!(
                r#"{__name__="m", exported_exported_exported_job="x", exported_exported_job="y", "#,
                r#"exported_job="e", instance="i", job="j"}"#
            ),
        );
    }

    #[test]
    fn honored_labels_win_even_when_empty() {
        check(
            true,
            &[("__name__", "m"), ("job", "mine"), ("instance", "")],
            r#"{__name__="m", exported_job="e", job="mine"}"#,
        );
    }

    #[test]
    fn what_breaks_a_rule_is_refused_with_its_text() {
        let refuse = |scraped: &[(&'static str, &'static str)], config: &JobConfig, text: &str| {
            let error = kept_labels(&run(scraped), &Labels::empty(), config).unwrap_err();
            assert_eq!(error.to_string(), text);
        };
        let config = JobConfig::new("j");
        refuse(&[("a", "b")], &config, "missing metric name (__name__ label)");
        refuse(
            &[("__name__", "m"), ("a", "1"), ("a", "2")],
            &config,
            "label name \"a\" is not unique: invalid sample",
        );
        let series = [("__name__", "m"), ("abc", "defg")];
        let limited = JobConfig { label_limit: 1, ..config.clone() };
        refuse(
            &series,
            &limited,
            "label_limit exceeded (metric: m, number of labels: 2, limit: 1)",
        );
        let limited =
            JobConfig { label_name_length_limit: 8, label_value_length_limit: 3, ..config };
        refuse(
            &series,
            &limited,
            "label_value_length_limit exceeded (metric: m, label name: abc, value: \"defg\", length: 4, limit: 3)",
        );
        let limited = JobConfig { label_name_length_limit: 7, ..limited };
        refuse(
            &series,
            &limited,
            "label_name_length_limit exceeded (metric: m, label name: __name__, length: 8, limit: 7)",
        );
    }
}
