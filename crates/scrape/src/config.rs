//! The settings of one job, resolved: what crate `config` makes of an entry of `scrape_configs`.

use std::time::Duration;

use regain_exposition::EscapingScheme;
use regain_model::NameScheme;
use regain_model::relabel::RelabelConfig;

/// Names an exposition format that a scrape may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScrapeProtocol {
    PrometheusProto,
    PrometheusText004,
    PrometheusText100,
    OpenMetricsText001,
    OpenMetricsText100,
}

impl ScrapeProtocol {
    /// Lists what is asked for where nothing is configured, best first.
    pub const DEFAULT: [Self; 4] = [
        Self::OpenMetricsText100,
        Self::OpenMetricsText001,
        Self::PrometheusText100,
        Self::PrometheusText004,
    ];

    /// Lists what is asked for by default where what is wanted is in the protobuf format alone, best first.
    pub const PROTO_FIRST: [Self; 5] = [
        Self::PrometheusProto,
        Self::OpenMetricsText100,
        Self::OpenMetricsText001,
        Self::PrometheusText100,
        Self::PrometheusText004,
    ];

    /// Returns the word of the configuration file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrometheusProto => "PrometheusProto",
            Self::PrometheusText004 => "PrometheusText0.0.4",
            Self::PrometheusText100 => "PrometheusText1.0.0",
            Self::OpenMetricsText001 => "OpenMetricsText0.0.1",
            Self::OpenMetricsText100 => "OpenMetricsText1.0.0",
        }
    }

    /// Reads the word of the configuration file.
    pub fn parse(word: &str) -> Option<Self> {
        Self::PROTO_FIRST.into_iter().find(|protocol| protocol.as_str() == word)
    }
}

/// Holds the settings of one job. A limit of 0 is no limit.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "the file that a user writes has these switches")]
pub struct JobConfig {
    pub job_name: String,
    pub scrape_interval: Duration,
    pub scrape_timeout: Duration,
    /// Is what is asked for, best first.
    pub scrape_protocols: Vec<ScrapeProtocol>,
    /// Is assumed for a body whose type is missing or unknown.
    pub fallback_protocol: Option<ScrapeProtocol>,
    pub metrics_path: String,
    pub scheme: String,
    /// Are the parameters of the URL, each with its values.
    pub params: Vec<(String, Vec<String>)>,
    pub honor_labels: bool,
    pub honor_timestamps: bool,
    pub track_timestamps_staleness: bool,
    /// Keeps native histograms as such; otherwise they are the classic ones that they may be, too.
    pub scrape_native_histograms: bool,
    /// Keeps classic histograms beside the native ones that stand for the same.
    pub always_scrape_classic_histograms: bool,
    /// Keeps classic histograms as native ones with custom buckets.
    pub convert_classic_histograms_to_nhcb: bool,
    pub enable_compression: bool,
    /// Adds `scrape_timeout_seconds`, `scrape_sample_limit` and `scrape_body_size_bytes`.
    pub extra_scrape_metrics: bool,
    /// Adds `scrape_clock_skew_seconds`: by how much the target's clock is ahead of this one.
    pub clock_skew_metric: bool,
    pub body_size_limit: u64,
    pub sample_limit: usize,
    pub label_limit: usize,
    pub label_name_length_limit: usize,
    pub label_value_length_limit: usize,
    /// Is the most buckets of a native histogram; one with more has its resolution lowered.
    pub native_histogram_bucket_limit: usize,
    /// Is by how much the bounds of a native histogram's buckets grow at least; 0 lets them be as fine as they are.
    pub native_histogram_min_bucket_factor: f64,
    pub target_limit: usize,
    pub keep_dropped_targets: usize,
    pub relabel_configs: Vec<RelabelConfig>,
    pub metric_relabel_configs: Vec<RelabelConfig>,
    pub name_scheme: NameScheme,
    pub escaping: EscapingScheme,
    pub client: regain_http::ClientConfig,
}

impl JobConfig {
    /// Returns the settings of a job that sets nothing but its name.
    pub fn new(job_name: impl Into<String>) -> Self {
        Self {
            job_name: job_name.into(),
            scrape_interval: Duration::from_mins(1),
            scrape_timeout: Duration::from_secs(10),
            scrape_protocols: ScrapeProtocol::DEFAULT.to_vec(),
            fallback_protocol: None,
            metrics_path: "/metrics".to_owned(),
            scheme: "http".to_owned(),
            params: Vec::new(),
            honor_labels: false,
            honor_timestamps: true,
            track_timestamps_staleness: false,
            scrape_native_histograms: false,
            always_scrape_classic_histograms: false,
            convert_classic_histograms_to_nhcb: false,
            enable_compression: true,
            extra_scrape_metrics: false,
            clock_skew_metric: false,
            body_size_limit: 0,
            sample_limit: 0,
            label_limit: 0,
            label_name_length_limit: 0,
            label_value_length_limit: 0,
            native_histogram_bucket_limit: 0,
            native_histogram_min_bucket_factor: 0.0,
            target_limit: 0,
            keep_dropped_targets: 0,
            relabel_configs: Vec::new(),
            metric_relabel_configs: Vec::new(),
            name_scheme: NameScheme::Utf8,
            escaping: EscapingScheme::AllowUtf8,
            client: regain_http::ClientConfig::default(),
        }
    }

    /// Tells whether series that were scraped under `before` are the same series under these settings, so that their
    /// cache and their staleness survive a change from one to the other.
    pub(crate) fn keeps_series_of(&self, before: &Self) -> bool {
        let without_series = Self {
            scrape_interval: self.scrape_interval,
            scrape_timeout: self.scrape_timeout,
            sample_limit: self.sample_limit,
            client: self.client.clone(),
            ..before.clone()
        };
        *self == without_series
    }
}
