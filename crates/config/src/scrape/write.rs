//! A job as it is shown.

use regain_scrape::ScrapeProtocol;

use crate::client::write_client;
use crate::marshal::{Fields, texts};
use crate::naming::scheme_word;
use crate::relabel::write_rules;
use crate::scrape::ScrapeConfig;

impl ScrapeConfig {
    /// Writes the job.
    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.always("job_name", &*self.job_name);
        fields.some("honor_labels", self.honor_labels);
        fields.always("honor_timestamps", self.honor_timestamps);
        fields.always("track_timestamps_staleness", self.track_timestamps_staleness);
        fields.some_map("params", &self.params, |values| texts(values));
        self.write_scraping(fields);
        fields.some("scrape_failure_log_file", &*self.scrape_failure_log_file);
        fields.some("metrics_path", &*self.metrics_path);
        fields.some("scheme", &*self.scheme);
        fields.always("enable_compression", self.enable_compression);
        self.limits.write(fields);
        fields.some("native_histogram_bucket_limit", self.native_histogram_bucket_limit);
        fields.some_float(
            "native_histogram_min_bucket_factor",
            self.native_histogram_min_bucket_factor,
        );
        fields.some("keep_dropped_targets", self.limits.keep_dropped_targets);
        let scheme = scheme_word(self.metric_name_validation_scheme);
        fields.always("metric_name_validation_scheme", scheme);
        fields.always("metric_name_escaping_scheme", self.metric_name_escaping_scheme.as_str());
        fields.always("extra_scrape_metrics", self.extra_scrape_metrics);
        write_client(&self.client, fields);
        write_rules("relabel_configs", &self.relabel_configs, fields);
        write_rules("metric_relabel_configs", &self.metric_relabel_configs, fields);
        self.discovery.write(fields);
    }

    fn write_scraping(&self, fields: &mut Fields) {
        fields.some_duration("scrape_interval", self.scrape_interval);
        fields.some_duration("scrape_timeout", self.scrape_timeout);
        let protocols = self.scrape_protocols.iter().map(|protocol| protocol.as_str());
        fields.some("scrape_protocols", texts(protocols));
        let fallback = self.fallback_scrape_protocol.map_or("", ScrapeProtocol::as_str);
        fields.some("fallback_scrape_protocol", fallback);
        fields.always("scrape_native_histograms", self.scrape_native_histograms);
        fields.always("always_scrape_classic_histograms", self.always_scrape_classic_histograms);
        fields
            .always("convert_classic_histograms_to_nhcb", self.convert_classic_histograms_to_nhcb);
    }
}
