//! The series that a scrape writes about itself.

use regain_model::{Labels, LabelsBuilder, METRIC_NAME};
use regain_storage::{Appender, SeriesRef};

use crate::config::JobConfig;

/// Is what a scrape found, as its report series say it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Report {
    pub(crate) up: bool,
    pub(crate) duration_seconds: f64,
    pub(crate) scraped: usize,
    pub(crate) kept: usize,
    pub(crate) series_added: usize,
    /// Is negative when the body was over its limit.
    pub(crate) body_bytes: f64,
    pub(crate) timeout_seconds: f64,
    pub(crate) clock_skew_seconds: Option<f64>,
}

const ALWAYS: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];
const EXTRA: [&str; 3] =
    ["scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"];
const CLOCK_SKEW: &str = "scrape_clock_skew_seconds";

/// Holds the references of a target's report series.
#[derive(Debug)]
pub(crate) struct ReportSeries {
    refs: Vec<SeriesRef>,
    extra: bool,
    clock_skew: Option<SeriesRef>,
    clock_skew_live: bool,
}

impl ReportSeries {
    pub(crate) fn new(
        appender: &mut dyn Appender,
        target: &Labels,
        config: &JobConfig,
    ) -> Result<Self, regain_storage::Error> {
        let extra: &[&str] = if config.extra_scrape_metrics { &EXTRA } else { &[] };
        let mut series = |name: &str| {
            let mut labels = LabelsBuilder::from(target);
            labels.set(METRIC_NAME, name);
            appender.own_series(&labels.labels())
        };
        let refs = ALWAYS.iter().chain(extra).map(|name| series(name)).collect::<Result<_, _>>()?;
        let clock_skew = config.clock_skew_metric.then(|| series(CLOCK_SKEW)).transpose()?;
        let extra = config.extra_scrape_metrics;
        Ok(Self { refs, extra, clock_skew, clock_skew_live: false })
    }

    /// Returns the number of series.
    pub(crate) fn len(&self) -> usize {
        self.refs.len() + usize::from(self.clock_skew_live)
    }

    /// Appends the report to a row.
    pub(crate) fn append(
        &mut self,
        report: &Report,
        sample_limit: usize,
        refs: &mut Vec<SeriesRef>,
        values: &mut Vec<f64>,
    ) {
        refs.extend_from_slice(&self.refs);
        values.extend_from_slice(&[
            f64::from(u8::from(report.up)),
            report.duration_seconds,
            report.scraped as f64,
            report.kept as f64,
            report.series_added as f64,
        ]);
        if self.extra {
            values.extend([report.timeout_seconds, sample_limit as f64, report.body_bytes]);
        }
        let Some(series) = self.clock_skew else { return };
        // A target that stops to tell its time ends the series.
        let stale = self.clock_skew_live.then_some(regain_model::STALE_NAN);
        if let Some(value) = report.clock_skew_seconds.or(stale) {
            refs.push(series);
            values.push(value);
        }
        self.clock_skew_live = report.clock_skew_seconds.is_some();
    }

    /// Appends the end of all report series to a row.
    pub(crate) fn append_stale(&mut self, refs: &mut Vec<SeriesRef>, values: &mut Vec<f64>) {
        refs.extend_from_slice(&self.refs);
        refs.extend(self.clock_skew.filter(|_| self.clock_skew_live));
        self.clock_skew_live = false;
        values.resize(refs.len(), regain_model::STALE_NAN);
    }
}
