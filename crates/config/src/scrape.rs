//! One `scrape_configs` item: a job, with what it inherits from `global` filled in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use regain_discovery::join_dir;
use regain_exposition::EscapingScheme;
use regain_http::ClientConfig;
use regain_model::NameScheme;
use regain_scrape::ScrapeProtocol;
use regain_yaml::{Mistakes, Node, Section, Span};

use crate::client::{decode_client, set_client_directory};
use crate::global::GlobalConfig;
use crate::naming::{default_escaping, escaping_scheme, validation_scheme};
use crate::protocol::{parse_protocol, scrape_protocols};
use crate::relabel::{RelabelRule, relabel_configs};
use crate::sd::Discovery;
use crate::value::optional_duration;

mod job;
mod limits;
mod write;

pub use limits::Limits;

/// What to scrape and how.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file of its own")]
pub struct ScrapeConfig {
    /// The name, unique among all jobs.
    pub job_name: String,
    /// Whether labels of the exposition win over those of the target.
    pub honor_labels: bool,
    /// Whether timestamps of the exposition are kept.
    pub honor_timestamps: bool,
    /// Whether series with timestamps of their own become stale too.
    pub track_timestamps_staleness: bool,
    /// The parameters of the request.
    pub params: BTreeMap<String, Vec<String>>,
    /// How often the targets are scraped.
    pub scrape_interval: Duration,
    /// How long a scrape may take.
    pub scrape_timeout: Duration,
    /// The protocols that the targets are asked for, the most wanted one first.
    pub scrape_protocols: Vec<ScrapeProtocol>,
    /// The protocol of an answer that names none; without it such a scrape fails.
    pub fallback_scrape_protocol: Option<ScrapeProtocol>,
    /// Whether native histograms are scraped.
    pub scrape_native_histograms: bool,
    /// Whether classic histograms are scraped beside native ones.
    pub always_scrape_classic_histograms: bool,
    /// Whether classic histograms are stored as native ones with custom buckets.
    pub convert_classic_histograms_to_nhcb: bool,
    /// The file that failed scrapes are logged to; empty for none.
    pub scrape_failure_log_file: String,
    /// The path of the request.
    pub metrics_path: String,
    /// The scheme of the request.
    pub scheme: String,
    /// Whether a compressed answer is asked for.
    pub enable_compression: bool,
    /// What a scrape may not exceed.
    pub limits: Limits,
    /// The most buckets of a native histogram; zero for no limit.
    pub native_histogram_bucket_limit: u64,
    /// The smallest growth from one bucket of a native histogram to the next; zero for no limit.
    pub native_histogram_min_bucket_factor: f64,
    /// Which names are valid.
    pub metric_name_validation_scheme: NameScheme,
    /// How names are asked for.
    pub metric_name_escaping_scheme: EscapingScheme,
    /// Whether each scrape stores more about itself.
    pub extra_scrape_metrics: bool,
    /// Where the targets come from.
    pub discovery: Discovery,
    /// The client that scrapes.
    pub client: ClientConfig,
    /// The rules for targets.
    pub relabel_configs: Vec<RelabelRule>,
    /// The rules for samples.
    pub metric_relabel_configs: Vec<RelabelRule>,
    /// The file that holds the job.
    pub file: Arc<Path>,
    /// The place of the job's name in that file.
    pub at: Span,
}

impl ScrapeConfig {
    /// Reads an item of a `scrape_configs` list.
    pub(crate) fn decode(
        node: &Node,
        mistakes: &Mistakes,
        global: &GlobalConfig,
        file: &Arc<Path>,
    ) -> Option<Self> {
        if node.is_null() {
            mistakes.rule(node.span, "empty or null scrape config section");
            return None;
        }
        Section::read(node, "config.ScrapeConfig", mistakes, |section| {
            let job_name: String = section.or_zero("job_name");
            if job_name.is_empty() {
                section.rule("job_name", "job_name is empty");
            }
            read_job(section, job_name, global, file)
        })
    }

    /// Makes relative paths relative to `dir`.
    pub(crate) fn set_directory(&mut self, dir: &Path) {
        self.discovery.set_directory(dir);
        set_client_directory(&mut self.client, dir);
        self.scrape_failure_log_file = join_dir(dir, &self.scrape_failure_log_file);
    }
}

fn read_job(
    section: &mut Section<'_>,
    job_name: String,
    global: &GlobalConfig,
    file: &Arc<Path>,
) -> ScrapeConfig {
    let place = format!("for scrape config with job name {job_name:?}");
    let (scrape_interval, scrape_timeout) = times(section, global, &place);
    let native = section.optional("scrape_native_histograms");
    let native = native.unwrap_or(global.scrape_native_histograms);
    let (scheme, escaping) = naming(section, global);
    let always_classic = section.optional("always_scrape_classic_histograms");
    let convert = section.optional("convert_classic_histograms_to_nhcb");
    let extra = section.optional("extra_scrape_metrics");
    let own_log: String = section.or_zero("scrape_failure_log_file");
    let target_rules = relabel_configs(
        section,
        "relabel_configs",
        "empty or null target relabeling rule in scrape config",
        scheme,
    );
    ScrapeConfig {
        honor_labels: section.or_zero("honor_labels"),
        honor_timestamps: section.or("honor_timestamps", true),
        track_timestamps_staleness: section.or_zero("track_timestamps_staleness"),
        params: section.or_zero("params"),
        scrape_interval,
        scrape_timeout,
        scrape_protocols: protocols(section, global, native, &place),
        fallback_scrape_protocol: fallback_protocol(section, &job_name),
        scrape_native_histograms: native,
        always_scrape_classic_histograms: always_classic
            .unwrap_or(global.always_scrape_classic_histograms),
        convert_classic_histograms_to_nhcb: convert
            .unwrap_or(global.convert_classic_histograms_to_nhcb),
        scrape_failure_log_file: if own_log.is_empty() {
            global.scrape_failure_log_file.clone()
        } else {
            own_log
        },
        metrics_path: section.or("metrics_path", "/metrics".to_owned()),
        scheme: section.or("scheme", "http".to_owned()),
        enable_compression: section.or("enable_compression", true),
        limits: Limits::decode(section).or(&global.limits),
        native_histogram_bucket_limit: section.or_zero("native_histogram_bucket_limit"),
        native_histogram_min_bucket_factor: section.or_zero("native_histogram_min_bucket_factor"),
        metric_name_validation_scheme: scheme,
        metric_name_escaping_scheme: escaping,
        extra_scrape_metrics: extra.unwrap_or(global.extra_scrape_metrics),
        discovery: Discovery::decode(section, target_rules.is_empty()),
        client: decode_client(section, &ClientConfig::default()),
        relabel_configs: target_rules,
        metric_relabel_configs: relabel_configs(
            section,
            "metric_relabel_configs",
            "empty or null metric relabeling rule in scrape config",
            scheme,
        ),
        job_name,
        file: Arc::clone(file),
        at: section.place_of("job_name"),
    }
}

fn times(section: &mut Section<'_>, global: &GlobalConfig, place: &str) -> (Duration, Duration) {
    let or_global =
        |own: Option<Duration>, global| own.filter(|own| !own.is_zero()).unwrap_or(global);
    let own_interval = optional_duration(section, "scrape_interval");
    let interval = or_global(own_interval, global.scrape_interval);
    let own_timeout = optional_duration(section, "scrape_timeout");
    if own_timeout.is_some_and(|timeout| timeout > interval) {
        let message = format!("scrape timeout greater than scrape interval {place}");
        section.rule("scrape_timeout", message);
    }
    (interval, or_global(own_timeout, global.scrape_timeout.min(interval)))
}

fn protocols(
    section: &mut Section<'_>,
    global: &GlobalConfig,
    native_histograms: bool,
    place: &str,
) -> Vec<ScrapeProtocol> {
    match (scrape_protocols(section, place), &global.scrape_protocols) {
        (Some(own), _) => own,
        (None, Some(global)) => global.clone(),
        (None, None) if native_histograms => ScrapeProtocol::PROTO_FIRST.to_vec(),
        (None, None) => ScrapeProtocol::DEFAULT.to_vec(),
    }
}

fn fallback_protocol(section: &mut Section<'_>, job_name: &str) -> Option<ScrapeProtocol> {
    let parse = |word: &str| match word {
        "" => Ok(None),
        _ => parse_protocol(word).map(Some).map_err(|error| {
            format!(
                "invalid fallback_scrape_protocol for scrape config with job name {job_name:?}: \
                 {error}"
            )
        }),
    };
    section.parsed("fallback_scrape_protocol", parse).flatten()
}

/// The schemes for names. The escaping of a job with a validation scheme of its own does not come
/// from `global`: a job that goes back to legacy names cannot ask for UTF-8.
fn naming(section: &mut Section<'_>, global: &GlobalConfig) -> (NameScheme, EscapingScheme) {
    let own = validation_scheme(section);
    let scheme = own.unwrap_or(global.metric_name_validation_scheme);
    let inherited = match own {
        Some(own) => default_escaping(own),
        None => global
            .metric_name_escaping_scheme
            .unwrap_or(default_escaping(global.metric_name_validation_scheme)),
    };
    let escaping = escaping_scheme(section, "scrape config").unwrap_or(inherited);
    if escaping == EscapingScheme::AllowUtf8 && scheme != NameScheme::Utf8 {
        let message = "utf8 metric names requested but validation scheme is not set to UTF8";
        section.rule("metric_name_escaping_scheme", message);
    }
    (scheme, escaping)
}
