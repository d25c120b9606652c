//! Mistakes: where they are, what they are, what was probably meant.

use std::path::Path;

use regain_config::{LoadOptions, load_text};

fn refusal(text: &str) -> String {
    match load_text(Path::new("p.yml"), text, &LoadOptions::default()) {
        Ok(_) => "loads".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(refusal(text).lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn unknown_keys_are_hinted_at() {
    check(
        "global:\n  scrape_intervall: 1m\n",
        &[
            "p.yml:2:3: field scrape_intervall not found in type config.plain (did you mean \"scrape_interval\"?)",
        ],
    );
    check(
        "scrape_configs:\n- job_name: a\n  staticconfigs: []\n",
        &[
            "p.yml:3:3: field staticconfigs not found in type config.ScrapeConfig (did you mean \"static_configs\"?)",
        ],
    );
    check(
        "scrape_configs:\n- job_name: a\n  basic_auth: {user_name: x}\n",
        &[
            "p.yml:3:16: field user_name not found in type config.BasicAuth (did you mean \"username\"?)",
        ],
    );
    check("whatever: 1\n", &["p.yml:1:1: field whatever not found in type config.plain"]);
}

#[test]
fn all_mistakes_are_reported_in_the_order_of_their_places() {
    check(
        "global:\n  scrape_interval: 5\n  evaluation_interval: 1x\nscrape_configs:\n\
         - job_name: a\n  scrape_timeout: 2m\n  honor_labels: maybe\n  relabel_configs:\n\
         \x20   - action: replcae\n    - regex: (\n      target_label: x\n\
         - static_configs:\n    - targets: [http://x/metrics]\n\
         - job_name: a\nstorage: [1]\nremote_read: 7\n",
        &[
            "p.yml:2:20: not a valid duration string: \"5\"",
            "p.yml:3:24: unknown unit \"x\" in duration \"1x\"",
            "p.yml:6:19: scrape timeout greater than scrape interval for scrape config with job name \"a\"",
            "p.yml:7:17: cannot unmarshal !!str `maybe` into bool",
            "p.yml:9:15: unknown relabel action \"replcae\" (did you mean \"replace\"?)",
            "p.yml:10:14: error parsing regexp: missing closing ): `^(?s:()$`",
            "p.yml:12:3: job_name is empty",
            "p.yml:13:17: \"http://x/metrics\" is not a valid hostname",
            "p.yml:14:13: found multiple scrape configs with job name \"a\"",
            "p.yml:15:10: cannot unmarshal !!seq into config.StorageConfig",
            "p.yml:16:14: cannot unmarshal !!int `7` into list",
        ],
    );
}

#[test]
fn what_is_no_yaml_is_refused_at_its_place() {
    let message = refusal("global:\n  a: [1\nb: }\n");
    assert!(message.starts_with("p.yml:3:"), "{message}");
    assert!(message.contains("yaml: "), "{message}");
}

#[test]
fn values_are_checked_where_they_stand() {
    for (job, expected) in [
        (
            "scrape_protocols: []",
            "2:21: scrape_protocols cannot be empty for scrape config with job name \"a\"",
        ),
        ("sample_limit: -1", "2:17: cannot unmarshal !!int `-1` into uint"),
        ("body_size_limit: 10Q", "2:20: units: unknown unit Q in 10Q"),
        ("params: {a: b}", "2:15: cannot unmarshal !!str `b` into list"),
        ("proxy_url: 'http://[x'", "2:14: proxy_url: invalid IPv6 address"),
        ("no_proxy: x", "2:13: if no_proxy is configured, proxy_url must also be configured"),
        (
            "http_headers: {authorization: {values: [x]}}",
            "2:17: setting header \"Authorization\" is not allowed",
        ),
        (
            "tls_config: {ca: x, ca_file: y}",
            "2:15: at most one of ca, ca_file & ca_ref must be configured",
        ),
        ("tls_config: {min_version: TLS9}", "2:29: unknown TLS version: TLS9"),
        (
            "tls_config: {cert_file: x}",
            "2:15: exactly one of key or key_file must be configured when a client certificate is configured",
        ),
        ("oauth2: {client_id: x}", "2:11: oauth2 token_url must be configured"),
        (
            "metric_name_escaping_scheme: tabs",
            "2:32: unknown scrape config name escaping method specified, must be one of 'allow-utf-8', 'underscores', 'dots', or 'values', got \"tabs\"",
        ),
        (
            "file_sd_configs: [{files: [a.txt]}]",
            "2:30: path name \"a.txt\" is not valid for file discovery",
        ),
        ("kubernetes_sd_configs: [~]", "2:27: empty or null section in kubernetes_sd_configs"),
        (
            "relabel_configs: [{action: labelmap, replacement: ''}]",
            "2:21: \"\" is invalid 'replacement' for labelmap action",
        ),
        (
            "metric_name_validation_scheme: legacy\n  relabel_configs: [{target_label: 'a-${1}'}]",
            "3:21: \"a-${1}\" is invalid 'target_label' for replace action",
        ),
    ] {
        let text = format!("scrape_configs:\n- {job}\n  job_name: a\n");
        check(&text, &[&format!("p.yml:{expected}")]);
    }
}

#[test]
fn secrets_stay_out_of_messages() {
    let message = refusal(
        "scrape_configs:\n- job_name: a\n  basic_auth: {password: [hunter2]}\n  bearer_token: hunter2\n\
         \x20 proxy_url: http://u:hunter2@[\n",
    );
    assert!(!message.contains("hunter2"), "{message}");
    assert_eq!(message.lines().count(), 3, "{message}");
}
