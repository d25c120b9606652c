//! `regain_storage_*`: what the limits on series do.

use std::collections::BTreeMap;

use regain_metrics::{LabelPair, Metric, MetricFamily, MetricKind};
use regain_tsdb::LimitsState;

/// The most jobs that are told by name, those with most refused series.
const JOBS_MAX: usize = 32;

const COUNTER: MetricKind = MetricKind::Counter;
const GAUGE: MetricKind = MetricKind::Gauge;

/// Adds the families of a store's limits.
pub(super) fn collect(state: &LimitsState, families: &mut Vec<MetricFamily>) {
    let mut number = |name: &'static str, help: &'static str, kind, value: f64| {
        let mut family = MetricFamily::new(name, help, kind);
        family.push(Vec::new(), value);
        families.push(family);
    };
    number(
        "regain_storage_memory_used_bytes",
        "The memory that the process has to itself.",
        GAUGE,
        state.memory_used_bytes as f64,
    );
    number(
        "regain_storage_memory_limit_bytes",
        "The memory above which new series are refused, 0 for no limit.",
        GAUGE,
        state.limits.memory_bytes as f64,
    );
    number(
        "regain_storage_memory_refused_jobs",
        "Jobs whose new series are refused because memory is short.",
        GAUGE,
        state.refused_jobs.len() as f64,
    );
    number(
        "regain_storage_memory_refuses_all",
        "Whether all new series are refused because memory is short.",
        GAUGE,
        f64::from(u8::from(state.refuses_all)),
    );
    number(
        "regain_storage_refused_samples_total",
        "Samples that were left out because a limit refuses their series.",
        COUNTER,
        state.samples_refused as f64,
    );
    families.push(by_reason(state));
    families.push(by_job(state));
}

fn by_reason(state: &LimitsState) -> MetricFamily {
    let help = "New series that were refused, by the limit that refused them.";
    let mut family = MetricFamily::new("regain_storage_series_refused_total", help, COUNTER);
    for &(reason, series) in &state.refused_total {
        let labels = vec![LabelPair::new("reason", reason.name())];
        family.metrics.push(Metric::number(labels, series as f64));
    }
    family
}

fn by_job(state: &LimitsState) -> MetricFamily {
    let mut jobs: BTreeMap<&str, u64> = BTreeMap::new();
    for refused in state.refused.iter().filter(|refused| refused.series > 0) {
        *jobs.entry(&refused.job).or_default() += refused.series;
    }
    let mut jobs: Vec<(&str, u64)> = jobs.into_iter().collect();
    jobs.sort_by_key(|&(_, series)| std::cmp::Reverse(series));
    let help = "Series that are refused now, of the jobs with most of them.";
    let mut family = MetricFamily::new("regain_storage_series_refused", help, GAUGE);
    for (job, series) in jobs.into_iter().take(JOBS_MAX) {
        let labels = vec![LabelPair::new("scrape_job", job.to_owned())];
        family.metrics.push(Metric::number(labels, series as f64));
    }
    family
}
