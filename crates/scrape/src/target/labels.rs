//! From a discovered target to the labels under which it is scraped.

use std::time::Duration;

use regain_discovery::ADDRESS_LABEL;
use regain_exposition::read::ReadOptions;
use regain_go_format::duration;
use regain_model::relabel::process;
use regain_model::{INSTANCE_NAME, JOB_NAME, Labels, LabelsBuilder, MAX_LABEL_BYTES};

use crate::config::JobConfig;
use crate::error::TargetError;

/// Starts the labels that do not become part of series.
pub(super) const RESERVED_PREFIX: &str = "__";
pub(super) const SCHEME: &str = "__scheme__";
pub(super) const METRICS_PATH: &str = "__metrics_path__";
pub(super) const SCRAPE_INTERVAL: &str = "__scrape_interval__";
pub(super) const SCRAPE_TIMEOUT: &str = "__scrape_timeout__";
/// Starts the labels that set a parameter of the URL.
pub(super) const PARAM_PREFIX: &str = "__param_";

const META_PREFIX: &str = "__meta_";
const CONVERT_CLASSIC: &str = "__convert_classic_histograms_to_nhcb__";
const ALWAYS_CLASSIC: &str = "__always_scrape_classic_histograms__";
const SCRAPE_NATIVE: &str = "__scrape_native_histograms__";
/// Names the labels that say how histograms are read, with what upstream's messages call them.
const SWITCHES: [(&str, &str); 3] = [
    (CONVERT_CLASSIC, "convert classic histograms to nhcb"),
    (ALWAYS_CLASSIC, "always scrape classic histograms"),
    (SCRAPE_NATIVE, "scrape native histograms"),
];

/// Is a target that can be scraped.
#[derive(Debug)]
pub(crate) struct Populated {
    pub(crate) labels: Labels,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
}

/// Returns a target's labels before relabelling: its own, then its group's, then the job's.
pub(crate) fn discovered_labels(
    config: &JobConfig,
    target: &Labels,
    group: &Labels,
) -> LabelsBuilder {
    let mut labels = LabelsBuilder::from(target);
    let mut default = |name: &str, value: &str| {
        if labels.get(name).is_none() {
            labels.set(name, value);
        }
    };
    for (name, value) in group {
        default(name, value);
    }
    default(JOB_NAME, &config.job_name);
    default(SCRAPE_INTERVAL, &duration_text(config.scrape_interval));
    default(SCRAPE_TIMEOUT, &duration_text(config.scrape_timeout));
    default(METRICS_PATH, &config.metrics_path);
    default(SCHEME, &config.scheme);
    for (name, _) in SWITCHES {
        default(name, if switched_by(config, name) { "true" } else { "false" });
    }
    for (name, values) in &config.params {
        if let Some(first) = values.first() {
            default(&format!("{PARAM_PREFIX}{name}"), first);
        }
    }
    labels
}

/// Relabels a discovered target and checks it; returns nothing for one that is dropped.
pub(crate) fn populate(
    config: &JobConfig,
    mut labels: LabelsBuilder,
) -> Result<Option<Populated>, TargetError> {
    if !process(&config.relabel_configs, &mut labels) {
        return Ok(None);
    }
    let address = labels.get(ADDRESS_LABEL).ok_or(TargetError::NoAddress)?.to_owned();
    if address.contains('/') {
        return Err(TargetError::Address { address });
    }
    let (interval, timeout) = times(&labels)?;
    for (name, what) in SWITCHES {
        if let Some(value) = labels.get(name).filter(|value| parse_bool(value).is_none()) {
            return Err(TargetError::Bool { what, value: value.to_owned() });
        }
    }
    labels.retain(|name, _| !name.starts_with(META_PREFIX));
    if labels.get(INSTANCE_NAME).is_none() {
        labels.set(INSTANCE_NAME, &address);
    }
    if labels.iter().any(|(name, value)| name.len().max(value.len()) > MAX_LABEL_BYTES) {
        return Err(TargetError::LabelTooLong);
    }
    Ok(Some(Populated { labels: labels.labels(), interval, timeout }))
}

/// Returns how a target's histograms are read: as its labels say, or as the job does where a label is missing.
pub(super) fn histogram_options(labels: &Labels, config: &JobConfig) -> ReadOptions {
    let is_on = |name: &str| {
        labels.get(name).and_then(parse_bool).unwrap_or_else(|| switched_by(config, name))
    };
    ReadOptions {
        native_histograms: is_on(SCRAPE_NATIVE),
        classic_beside_native: is_on(ALWAYS_CLASSIC),
        custom_buckets: is_on(CONVERT_CLASSIC),
        ..ReadOptions::default()
    }
}

/// Returns what the job says where a target has no label of this name.
fn switched_by(config: &JobConfig, name: &str) -> bool {
    match name {
        CONVERT_CLASSIC => config.convert_classic_histograms_to_nhcb,
        ALWAYS_CLASSIC => config.always_scrape_classic_histograms,
        _ => config.scrape_native_histograms,
    }
}

/// Reads what Go's `strconv.ParseBool` reads.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn times(labels: &LabelsBuilder) -> Result<(Duration, Duration), TargetError> {
    let interval = labels.get(SCRAPE_INTERVAL).unwrap_or_default();
    let timeout = labels.get(SCRAPE_TIMEOUT).unwrap_or_default();
    let interval_ms = duration::parse(interval).map_err(TargetError::Interval)?;
    if interval_ms == 0 {
        return Err(TargetError::IntervalZero);
    }
    let timeout_ms = duration::parse(timeout).map_err(TargetError::Timeout)?;
    if timeout_ms == 0 {
        return Err(TargetError::TimeoutZero);
    }
    if timeout_ms > interval_ms {
        let (timeout, interval) = (timeout.to_owned(), interval.to_owned());
        return Err(TargetError::TimeoutAboveInterval { timeout, interval });
    }
    let length = |ms: i64| Duration::from_millis(ms.unsigned_abs());
    Ok((length(interval_ms), length(timeout_ms)))
}

fn duration_text(length: Duration) -> String {
    duration::format(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
