//! What a job in a file comes to.

use std::path::Path;
use std::time::Duration;

use regain_config::{LoadOptions, load_text};
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
    let Job { config, statics, files } = job("scrape_configs: [{job_name: a}]");
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
    let Job { config, statics, files } = job(text);
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
