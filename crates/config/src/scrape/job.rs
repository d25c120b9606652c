//! From a job in a file to the settings that run it.

use regain_model::relabel::RelabelConfig;
use regain_scrape::{Job, JobConfig};

use crate::relabel::RelabelRule;
use crate::scrape::ScrapeConfig;

impl ScrapeConfig {
    /// What runs this job; `clock_skew_metric` is Regain's own setting and comes from a flag. What is not
    /// built is left out: whoever runs the job has asked [`crate::Config::unbuilt`] first. The file for failures is opened
    /// by whoever runs it, too.
    pub fn job(&self, clock_skew_metric: bool) -> Job {
        Job {
            config: self.job_config(clock_skew_metric),
            statics: self.discovery.static_config.clone(),
            files: self.discovery.files.clone(),
            failure_log: None,
        }
    }

    fn job_config(&self, clock_skew_metric: bool) -> JobConfig {
        JobConfig {
            job_name: self.job_name.clone(),
            scrape_interval: self.scrape_interval,
            scrape_timeout: self.scrape_timeout,
            scrape_protocols: self.scrape_protocols.clone(),
            fallback_protocol: self.fallback_scrape_protocol,
            metrics_path: self.metrics_path.clone(),
            scheme: self.scheme.clone(),
            params: self.params.clone().into_iter().collect(),
            honor_labels: self.honor_labels,
            honor_timestamps: self.honor_timestamps,
            track_timestamps_staleness: self.track_timestamps_staleness,
            scrape_native_histograms: self.scrape_native_histograms,
            always_scrape_classic_histograms: self.always_scrape_classic_histograms,
            convert_classic_histograms_to_nhcb: self.convert_classic_histograms_to_nhcb,
            enable_compression: self.enable_compression,
            extra_scrape_metrics: self.extra_scrape_metrics,
            clock_skew_metric,
            // A negative limit is no limit, as it is upstream.
            body_size_limit: u64::try_from(self.limits.body_size_bytes).unwrap_or(0),
            sample_limit: limit(self.limits.sample_limit),
            label_limit: limit(self.limits.label_limit),
            label_name_length_limit: limit(self.limits.label_name_length_limit),
            label_value_length_limit: limit(self.limits.label_value_length_limit),
            native_histogram_bucket_limit: limit(self.native_histogram_bucket_limit),
            native_histogram_min_bucket_factor: self.native_histogram_min_bucket_factor,
            target_limit: limit(self.limits.target_limit),
            keep_dropped_targets: limit(self.limits.keep_dropped_targets),
            relabel_configs: rules(&self.relabel_configs),
            metric_relabel_configs: rules(&self.metric_relabel_configs),
            name_scheme: self.metric_name_validation_scheme,
            escaping: self.metric_name_escaping_scheme,
            client: self.client.clone(),
        }
    }
}

fn limit(configured: u64) -> usize {
    usize::try_from(configured).unwrap_or(usize::MAX)
}

fn rules(rules: &[RelabelRule]) -> Vec<RelabelConfig> {
    rules.iter().map(|rule| rule.config.clone()).collect()
}
