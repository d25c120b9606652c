//! What a job in a file comes to.

use std::path::Path;
use std::time::Duration;

use regain_config::{LoadOptions, ScrapeDefaults, load_text};
use regain_exposition::EscapingScheme;
use regain_model::NameScheme;
use regain_scrape::{Job, JobConfig, ScrapeProtocol};

fn job(text: &str) -> Job {
    let config = load_text(Path::new("p.yml"), text, &LoadOptions::default()).unwrap();
    let jobs: Vec<_> = config.jobs().collect();
    assert_eq!(jobs.len(), 1, "{text}");
    jobs[0].job(false)
}

#[test]
fn a_job_that_sets_nothing_has_the_defaults_of_the_scrape() {
    let Job { config, statics, files, .. } = job("scrape_configs: [{job_name: a}]");
    assert_eq!(config, JobConfig::new("a"));
    assert!(statics.groups.is_empty() && files.is_empty());
}

#[test]
fn a_job_runs_with_what_it_sets() {
    let text = "
global: {metric_name_validation_scheme: legacy, keep_dropped_targets: 3}
scrape_configs:
- job_name: a
  scrape_interval: 5s
  scrape_timeout: 4s
  scrape_protocols: [PrometheusText0.0.4]
  fallback_scrape_protocol: OpenMetricsText1.0.0
  metrics_path: /m
  scheme: https
  params: {b: ['2', '3'], a: ['1']}
  honor_labels: true
  honor_timestamps: false
  track_timestamps_staleness: true
  enable_compression: false
  extra_scrape_metrics: true
  body_size_limit: 1KB
  sample_limit: 1
  label_limit: 2
  label_name_length_limit: 3
  label_value_length_limit: 4
  target_limit: 5
  bearer_token: t
  relabel_configs: [{action: drop, source_labels: [x]}]
  metric_relabel_configs: [{target_label: y, replacement: z}]
  static_configs: [{targets: ['h:1'], labels: {l: v}}]
  file_sd_configs: [{files: [f.json], refresh_interval: 1s}]
";
    let Job { config, statics, files, .. } = job(text);
    assert_eq!(config.scrape_interval, Duration::from_secs(5));
    assert_eq!(config.scrape_timeout, Duration::from_secs(4));
    assert_eq!(config.scrape_protocols, [ScrapeProtocol::PrometheusText004]);
    assert_eq!(config.fallback_protocol, Some(ScrapeProtocol::OpenMetricsText100));
    assert_eq!((&*config.metrics_path, &*config.scheme), ("/m", "https"));
    let params = [("a", vec!["1"]), ("b", vec!["2", "3"])];
    let params = params.map(|(name, values)| {
        (name.to_owned(), values.into_iter().map(str::to_owned).collect::<Vec<_>>())
    });
    assert_eq!(config.params, params);
    assert!(config.honor_labels && !config.honor_timestamps && config.track_timestamps_staleness);
    assert!(!config.enable_compression && config.extra_scrape_metrics);
    assert_eq!(config.body_size_limit, 1024);
    let limits = [
        config.sample_limit,
        config.label_limit,
        config.label_name_length_limit,
        config.label_value_length_limit,
        config.target_limit,
        config.keep_dropped_targets,
    ];
    assert_eq!(limits, [1, 2, 3, 4, 5, 3]);
    assert_eq!(config.name_scheme, NameScheme::Legacy);
    assert_eq!(config.escaping, EscapingScheme::Underscores);
    assert_eq!(config.client.authorization.unwrap().credentials.expose(), "t");
    assert_eq!(config.relabel_configs[0].source_labels, ["x"]);
    assert_eq!(config.metric_relabel_configs[0].target_label, "y");
    assert_eq!(statics.groups[0].addresses().collect::<Vec<_>>(), ["h:1"]);
    assert_eq!(files[0].files, ["f.json"]);
}

#[test]
fn histograms_are_read_as_the_job_or_global_says() {
    let global = "global: {scrape_native_histograms: true, always_scrape_classic_histograms: true, \
                  convert_classic_histograms_to_nhcb: true, scrape_failure_log_file: f}";
    let inherited = job(&format!("{global}\nscrape_configs: [{{job_name: a}}]")).config;
    let own = job(&format!(
        "{global}\nscrape_configs: [{{job_name: a, scrape_native_histograms: false, \
         always_scrape_classic_histograms: false, convert_classic_histograms_to_nhcb: false, \
         native_histogram_bucket_limit: 160, native_histogram_min_bucket_factor: 1.1}}]"
    ))
    .config;
    let switches = |config: &JobConfig| {
        [
            config.scrape_native_histograms,
            config.always_scrape_classic_histograms,
            config.convert_classic_histograms_to_nhcb,
        ]
    };
    assert_eq!((switches(&inherited), switches(&own)), ([true; 3], [false; 3]));
    let limits = (own.native_histogram_bucket_limit, own.native_histogram_min_bucket_factor);
    assert_eq!(limits, (160, 1.1));
}

#[test]
fn protobuf_is_asked_for_where_it_is_named_or_native_histograms_are_scraped() {
    let text = ScrapeProtocol::DEFAULT.to_vec();
    let proto_first = ScrapeProtocol::PROTO_FIRST.to_vec();
    let named = vec![ScrapeProtocol::PrometheusText004, ScrapeProtocol::PrometheusProto];
    let experimental = ScrapeDefaults { protocols: Some(proto_first.clone()), extra_metrics: true };
    let plain = ScrapeDefaults::default();
    let words = "scrape_protocols: [PrometheusText0.0.4, PrometheusProto]";
    for (global, own, defaults, expected) in [
        ("{}", "", &plain, &text),
        ("{}", "scrape_native_histograms: true", &plain, &proto_first),
        ("{scrape_native_histograms: true}", "", &plain, &proto_first),
        ("{scrape_native_histograms: true}", "scrape_native_histograms: false", &plain, &text),
        ("{}", words, &plain, &named),
        (&format!("{{{words}}}"), "scrape_native_histograms: true", &plain, &named),
        ("{}", "", &experimental, &proto_first),
        ("", "", &experimental, &proto_first),
        (&format!("{{{words}}}"), "", &experimental, &named),
    ] {
        let text = format!("global: {global}\nscrape_configs:\n- job_name: a\n  {own}\n");
        let options = LoadOptions { scraping: defaults.clone(), ..LoadOptions::default() };
        let config = load_text(Path::new("p.yml"), &text, &options).unwrap();
        let config = config.jobs().next().unwrap().job(false).config;
        assert_eq!(
            (&config.scrape_protocols, config.extra_scrape_metrics),
            (expected, defaults.extra_metrics),
            "{text}"
        );
    }
    let fallback = "scrape_configs: [{job_name: a, fallback_scrape_protocol: PrometheusProto}]";
    assert_eq!(job(fallback).config.fallback_protocol, Some(ScrapeProtocol::PrometheusProto));
}

#[test]
fn intervals_and_timeouts_come_from_global_within_reason() {
    for (global, own, expected) in [
        ("{}", "", (60, 10)),
        ("{scrape_interval: 5s}", "", (5, 5)),
        ("{scrape_interval: 30s, scrape_timeout: 20s}", "", (30, 20)),
        ("{scrape_interval: 30s, scrape_timeout: 20s}", "scrape_interval: 15s", (15, 15)),
        ("{scrape_timeout: 20s}", "scrape_timeout: 3s", (60, 3)),
        ("{scrape_interval: 0s}", "scrape_interval: 0s", (60, 10)),
    ] {
        let text = format!("global: {global}\nscrape_configs:\n- job_name: a\n  {own}\n");
        let config = job(&text).config;
        let found = (config.scrape_interval.as_secs(), config.scrape_timeout.as_secs());
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn schemes_for_names_are_inherited_without_contradictions() {
    use EscapingScheme::{AllowUtf8, Dots, Underscores, Values};
    use NameScheme::{Legacy, Utf8};
    for (global, own, expected) in [
        ("", "", (Utf8, AllowUtf8)),
        ("metric_name_validation_scheme: legacy", "", (Legacy, Underscores)),
        ("metric_name_escaping_scheme: dots", "", (Utf8, Dots)),
        (
            "metric_name_escaping_scheme: dots",
            "metric_name_validation_scheme: legacy",
            (Legacy, Underscores),
        ),
        (
            "metric_name_validation_scheme: legacy",
            "metric_name_validation_scheme: utf8",
            (Utf8, AllowUtf8),
        ),
        ("", "metric_name_escaping_scheme: values", (Utf8, Values)),
    ] {
        let text = format!("global:\n  {global}\nscrape_configs:\n- job_name: a\n  {own}\n");
        let config = job(&text).config;
        assert_eq!((config.name_scheme, config.escaping), expected, "{text}");
    }
}

/// A reload leaves a job alone whose settings are equal.
#[test]
fn jobs_are_equal_when_all_that_matters_is() {
    let base =
        "{job_name: a, basic_auth: {username: u, password: p}, static_configs: [{targets: [x]}]}";
    let before = job(&format!("scrape_configs: [{base}]"));
    for (text, settings_equal, discovery_equal) in [
        (format!("# A comment.\nscrape_configs:\n  - {base}\n"), true, true),
        (format!("global: {{scrape_interval: 60s}}\nscrape_configs: [{base}]"), true, true),
        (format!("global: {{scrape_interval: 61s}}\nscrape_configs: [{base}]"), false, true),
        (format!("global: {{external_labels: {{a: b}}}}\nscrape_configs: [{base}]"), true, true),
        (format!("scrape_configs: [{}]", base.replace("password: p", "password: q")), false, true),
        (format!("scrape_configs: [{}]", base.replace("[x]", "[x, y]")), true, false),
        (
            format!(
                "scrape_configs: [{}]",
                base.replace("job_name: a", "job_name: a, relabel_configs: [{target_label: l}]")
            ),
            false,
            true,
        ),
    ] {
        let after = job(&text);
        assert_eq!(before.config == after.config, settings_equal, "{text}");
        let discovery = before.statics == after.statics && before.files == after.files;
        assert_eq!(discovery, discovery_equal, "{text}");
    }
}
