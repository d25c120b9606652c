//! The section `global`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use regain_discovery::join_dir;
use regain_exposition::EscapingScheme;
use regain_model::{Labels, MAX_LABEL_BYTES, NameScheme, is_valid_label_name};
use regain_scrape::ScrapeProtocol;
use regain_yaml::{Decode as _, Section, pairs};

use crate::load::ScrapeDefaults;
use crate::marshal::{Fields, texts};
use crate::naming::{escaping_scheme, scheme_word, validation_scheme};
use crate::protocol::scrape_protocols;
use crate::scrape::Limits;
use crate::value::{duration_or, optional_duration};

mod expand;

pub(crate) use expand::expand;

const DEFAULT_INTERVAL: Duration = Duration::from_mins(1);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What holds for all jobs and rules that do not say otherwise.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file of its own")]
pub struct GlobalConfig {
    /// How often targets are scraped.
    pub scrape_interval: Duration,
    /// How long a scrape may take.
    pub scrape_timeout: Duration,
    /// The protocols that targets are asked for, where they are configured.
    pub scrape_protocols: Option<Vec<ScrapeProtocol>>,
    /// How often rules are evaluated.
    pub evaluation_interval: Duration,
    /// How far in the past rules are evaluated.
    pub rule_query_offset: Duration,
    /// The file that queries are logged to; empty for none.
    pub query_log_file: String,
    /// The file that failed scrapes are logged to; empty for none.
    pub scrape_failure_log_file: String,
    /// Labels for everything that leaves this server, with variables expanded, some perhaps to nothing.
    external_labels: BTreeMap<String, String>,
    /// The limits of jobs that set none.
    pub limits: Limits,
    /// Which names are valid.
    pub metric_name_validation_scheme: NameScheme,
    /// How names are asked for; nothing where the validation scheme decides.
    pub metric_name_escaping_scheme: Option<EscapingScheme>,
    /// Whether native histograms are scraped.
    pub scrape_native_histograms: bool,
    /// Whether classic histograms are stored as native ones with custom buckets.
    pub convert_classic_histograms_to_nhcb: bool,
    /// Whether classic histograms are scraped beside native ones.
    pub always_scrape_classic_histograms: bool,
    /// Whether each scrape stores more about itself.
    pub extra_scrape_metrics: bool,
}

impl Default for GlobalConfig {
    fn default() -> Self {
        Self {
            scrape_interval: DEFAULT_INTERVAL,
            scrape_timeout: DEFAULT_TIMEOUT,
            scrape_protocols: None,
            evaluation_interval: DEFAULT_INTERVAL,
            rule_query_offset: Duration::ZERO,
            query_log_file: String::new(),
            scrape_failure_log_file: String::new(),
            external_labels: BTreeMap::new(),
            limits: Limits::default(),
            metric_name_validation_scheme: NameScheme::Utf8,
            metric_name_escaping_scheme: Some(EscapingScheme::AllowUtf8),
            scrape_native_histograms: false,
            convert_classic_histograms_to_nhcb: false,
            always_scrape_classic_histograms: false,
            extra_scrape_metrics: false,
        }
    }
}

impl GlobalConfig {
    /// The labels for everything that leaves this server.
    pub fn external_labels(&self) -> Labels {
        Labels::from_pairs(&self.external_labels)
    }

    /// The section of a file that has none.
    pub(crate) fn absent(defaults: &ScrapeDefaults) -> Self {
        Self {
            scrape_protocols: defaults.protocols.clone(),
            extra_scrape_metrics: defaults.extra_metrics,
            ..Self::default()
        }
    }

    /// Reads the section; `variable` looks up what external labels refer to.
    pub(crate) fn decode(
        section: &mut Section<'_>,
        variable: &mut dyn FnMut(&str) -> String,
        defaults: &ScrapeDefaults,
    ) -> Self {
        let interval = optional_duration(section, "scrape_interval").unwrap_or_default();
        let scrape_interval = if interval.is_zero() { DEFAULT_INTERVAL } else { interval };
        let timeout = optional_duration(section, "scrape_timeout").unwrap_or_default();
        if timeout > scrape_interval {
            let message = "global scrape timeout greater than scrape interval";
            section.rule("scrape_timeout", message);
        }
        let scrape_timeout =
            if timeout.is_zero() { DEFAULT_TIMEOUT.min(scrape_interval) } else { timeout };
        let evaluation = optional_duration(section, "evaluation_interval").unwrap_or_default();
        let scheme = validation_scheme(section).unwrap_or_default();
        Self {
            scrape_interval,
            scrape_timeout,
            scrape_protocols: scrape_protocols(section, "for global config")
                .or_else(|| defaults.protocols.clone()),
            evaluation_interval: if evaluation.is_zero() { DEFAULT_INTERVAL } else { evaluation },
            rule_query_offset: duration_or(section, "rule_query_offset", Duration::ZERO),
            query_log_file: section.or_zero("query_log_file"),
            scrape_failure_log_file: section.or_zero("scrape_failure_log_file"),
            external_labels: external_labels(section, scheme, variable),
            limits: Limits::decode(section),
            metric_name_validation_scheme: scheme,
            metric_name_escaping_scheme: escaping_scheme(section, "global"),
            scrape_native_histograms: section.or_zero("scrape_native_histograms"),
            convert_classic_histograms_to_nhcb: section
                .or_zero("convert_classic_histograms_to_nhcb"),
            always_scrape_classic_histograms: section.or_zero("always_scrape_classic_histograms"),
            extra_scrape_metrics: section.or("extra_scrape_metrics", defaults.extra_metrics),
        }
    }

    pub(crate) fn write(&self, fields: &mut Fields) {
        fields.some_duration("scrape_interval", self.scrape_interval);
        fields.some_duration("scrape_timeout", self.scrape_timeout);
        let protocols = self.scrape_protocols.iter().flatten();
        fields.some("scrape_protocols", texts(protocols.map(|protocol| protocol.as_str())));
        fields.some_duration("evaluation_interval", self.evaluation_interval);
        fields.some_duration("rule_query_offset", self.rule_query_offset);
        fields.some("query_log_file", &*self.query_log_file);
        fields.some("scrape_failure_log_file", &*self.scrape_failure_log_file);
        fields.some_texts("external_labels", &self.external_labels);
        self.limits.write(fields);
        fields.some("keep_dropped_targets", self.limits.keep_dropped_targets);
        fields.always(
            "metric_name_validation_scheme",
            scheme_word(self.metric_name_validation_scheme),
        );
        let escaping = self.metric_name_escaping_scheme;
        fields.some("metric_name_escaping_scheme", escaping.map_or("", EscapingScheme::as_str));
        fields.always("scrape_native_histograms", self.scrape_native_histograms);
        fields.some("convert_classic_histograms_to_nhcb", self.convert_classic_histograms_to_nhcb);
        fields.some("always_scrape_classic_histograms", self.always_scrape_classic_histograms);
        fields.always("extra_scrape_metrics", self.extra_scrape_metrics);
    }

    pub(crate) fn set_directory(&mut self, dir: &Path) {
        self.query_log_file = join_dir(dir, &self.query_log_file);
        self.scrape_failure_log_file = join_dir(dir, &self.scrape_failure_log_file);
    }
}

fn external_labels(
    section: &mut Section<'_>,
    scheme: NameScheme,
    variable: &mut dyn FnMut(&str) -> String,
) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mistakes = section.mistakes();
    let Some(node) = section.field("external_labels") else { return labels };
    for (name, at, value) in pairs(node, mistakes).unwrap_or_default() {
        if !is_valid_label_name(name, scheme) || name.len() > MAX_LABEL_BYTES {
            mistakes.rule(at, format!("{name:?} is not a valid label name"));
            continue;
        }
        let Some(value) = String::decode(value, mistakes) else { continue };
        let value = expand(&value, variable);
        if value.len() > MAX_LABEL_BYTES {
            mistakes.rule(at, format!("the value of label {name:?} is too long"));
            continue;
        }
        labels.insert(name.to_owned(), value);
    }
    labels
}
