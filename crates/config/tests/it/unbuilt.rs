//! Features that are configured and do not exist: named, never ignored.

use regain_config::LoadOptions;

use crate::folder::Folder;

fn unbuilt(files: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new(files);
    let config = folder.load_with(&LoadOptions::default()).unwrap();
    config.unbuilt().iter().map(|one| folder.local(one)).collect()
}

#[test]
fn what_upstream_ships_as_an_example_runs() {
    let example = "
global:
  scrape_interval: 15s
  evaluation_interval: 15s
alerting:
  alertmanagers:
    - static_configs:
        - targets:
          # - alertmanager:9093
rule_files:
  # - first_rules.yml
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ['localhost:9090']
        labels:
          app: prometheus
";
    assert_eq!(unbuilt(&[("prometheus.yml", example)]), Vec::<String>::new());
}

/// In each text a `^` stands before the place where the next feature is named.
#[test]
fn every_feature_is_named_at_its_place() {
    for (text, features) in [
        ("alerting: {alertmanagers: [{static_configs: [{targets: [a]}]}]}", &[][..]),
        ("alerting: {alertmanagers: [{dns_sd_configs: [^{names: [a]}]}]}", &["dns_sd_configs"]),
        (
            "alerting: {alertmanagers: [^{sigv4: {region: eu-central-1}}]}",
            &["alerting.alertmanagers with sigv4"],
        ),
        ("alerting: {alert_relabel_configs: [{action: keep}]}", &[]),
        ("rule_files: [rules.yml]", &[]),
        ("remote_write: [^{url: 'http://a'}, ^{url: b}]", &["remote_write", "remote_write"]),
        ("remote_read: [^{url: 'http://a'}]", &["remote_read"]),
        ("tracing: ^{endpoint: a}", &["tracing"]),
        ("otlp: ^{promote_scope_metadata: true}", &["otlp"]),
        ("otlp: {}", &[]),
        ("otlp:", &[]),
        ("storage: {exemplars: {max_exemplars: 10}}", &[]),
        ("storage: {tsdb: {out_of_order_time_window: 30m}}", &[]),
        ("storage: {tsdb: {out_of_order_time_window: 0s}}", &[]),
        ("storage: {tsdb: {retention: {time: 1d, size: 1GB}}}", &[]),
        ("storage: {tsdb: {chunk_encoding: {floats: xor}}}", &[]),
        ("storage: {tsdb: {retention: {percentage: 5}}}", &[]),
        ("storage: {tsdb: {stale_series_compaction_threshold: 0.5}}", &[]),
        ("global: {scrape_failure_log_file: q, scrape_native_histograms: true}", &[]),
        ("global: {scrape_protocols: [PrometheusProto]}", &[]),
    ] {
        check(text, features);
    }
}

#[test]
fn every_feature_of_a_job_is_named_at_its_place() {
    for (job, features) in [
        ("convert_classic_histograms_to_nhcb: true", &[][..]),
        ("fallback_scrape_protocol: PrometheusProto", &[]),
        ("kubernetes_sd_configs: [^{role: pod}]", &["kubernetes_sd_configs"]),
        ("http_sd_configs: [^{url: 'http://a'}]", &["http_sd_configs"]),
        ("file_sd_configs: [{files: [a.json]}]", &[]),
        ("tls_config: {max_version: ^TLS11}", &["max_version: TLS11"]),
        ("tls_config: {cert_ref: ^a, key_file: b}", &["cert_ref"]),
        ("basic_auth: {username: u, password_ref: ^p}", &["password_ref"]),
        (
            "oauth2: {client_id: a, token_url: b, grant_type: \
             ^'urn:ietf:params:oauth:grant-type:jwt-bearer'}",
            &["oauth2 with the grant type jwt-bearer"],
        ),
        ("oauth2: {client_id: a, token_url: 'http://t'}", &[]),
    ] {
        check(&format!("scrape_configs:\n- {job}\n  job_name: a\n"), features);
    }
}

fn check(marked: &str, features: &[&str]) {
    let mut places = Vec::new();
    let text: Vec<String> = (1..)
        .zip(marked.lines())
        .map(|(line, marked)| {
            let pieces: Vec<&str> = marked.split('^').collect();
            let mut column = 1;
            for piece in pieces.iter().take(pieces.len() - 1) {
                column += piece.len();
                places.push((line, column));
            }
            pieces.concat()
        })
        .collect();
    let expected: Vec<String> = places
        .iter()
        .zip(features)
        .map(|((line, column), feature)| {
            format!("prometheus.yml:{line}:{column}: {feature} is not built yet")
        })
        .collect();
    assert_eq!(expected.len(), features.len(), "{marked}");
    assert_eq!(unbuilt(&[("prometheus.yml", &text.join("\n"))]), expected, "{marked}");
}

#[test]
fn included_files_are_looked_at_too() {
    let files = [
        ("prometheus.yml", "scrape_config_files: [more.yml]\ntracing: {endpoint: a}\n"),
        ("more.yml", "scrape_configs:\n- job_name: a\n  consul_sd_configs: [{}]\n"),
    ];
    let expected = [
        "prometheus.yml:2:10: tracing is not built yet",
        "more.yml:3:23: consul_sd_configs is not built yet",
    ];
    assert_eq!(unbuilt(&files), expected);
}
