use regain_go_regexp::Regex;
use regain_model::relabel::{Action, RelabelConfig};

use super::*;

const ADDRESS: &[(&str, &str)] = &[("__address__", "host:1")];

fn config() -> JobConfig {
    JobConfig::new("job")
}

fn populated(
    config: &JobConfig,
    target: &[(&str, &str)],
    group: &[(&str, &str)],
) -> Result<Option<Populated>, TargetError> {
    let labels = |pairs: &[(&str, &str)]| Labels::from_pairs(pairs.iter().copied());
    populate(config, discovered_labels(config, &labels(target), &labels(group)))
}

fn refused(target: &[(&str, &str)]) -> String {
    populated(&config(), target, ADDRESS).unwrap_err().to_string()
}

#[test]
fn a_target_has_its_own_labels_then_its_groups_then_the_jobs() {
    let config = JobConfig {
        params: vec![("module".to_owned(), vec!["first".to_owned(), "second".to_owned()])],
        ..config()
    };
    let target = Labels::from_pairs([("__address__", "host:1"), ("env", "own"), ("job", "mine")]);
    let group = Labels::from_pairs([("env", "group"), ("team", "group"), ("__meta_x", "y")]);
    let discovered = discovered_labels(&config, &target, &group).labels();
    assert_eq!(
        discovered.to_string(),
        r#"{__address__="host:1", __always_scrape_classic_histograms__="false", "#.to_owned()
            + r#"__convert_classic_histograms_to_nhcb__="false", __meta_x="y", __metrics_path__="/metrics", "#
            + r#"__param_module="first", __scheme__="http", __scrape_interval__="1m", "#
            + r#"__scrape_native_histograms__="false", __scrape_timeout__="10s", env="own", job="mine", team="group"}"#
    );
    let populated = populate(&config, LabelsBuilder::from(&discovered)).unwrap().unwrap();
    assert_eq!(populated.labels.get("__meta_x"), None);
    assert_eq!(populated.labels.get("instance"), Some("host:1"));
    assert_eq!(populated.interval, Duration::from_mins(1));
    assert_eq!(populated.timeout, Duration::from_secs(10));
}

#[test]
fn no_port_is_added_and_an_instance_stays() {
    let target = [("__address__", "host"), ("instance", "name")];
    let labels = populated(&config(), &target, &[]).unwrap().unwrap().labels;
    assert_eq!(labels.get("__address__"), Some("host"));
    assert_eq!(labels.get("instance"), Some("name"));
}

#[test]
fn relabelling_drops_and_changes_targets() {
    let rule = |action, regex: &str, target_label: &str, replacement: &str| RelabelConfig {
        source_labels: vec!["env".to_owned()],
        regex: Regex::anchored(regex).unwrap(),
        target_label: target_label.to_owned(),
        replacement: replacement.to_owned(),
        action,
        ..RelabelConfig::default()
    };
    let config = JobConfig {
        relabel_configs: vec![
            rule(Action::Drop, "test", "", ""),
            rule(Action::Replace, "(p.*)", "__address__", "$1.example:80"),
            rule(Action::Replace, "p.*", "__scrape_interval__", "1s500ms"),
            rule(Action::Replace, "p.*", "__scrape_timeout__", "1s"),
        ],
        ..config()
    };
    assert!(populated(&config, &[("env", "test")], ADDRESS).unwrap().is_none());
    let kept = populated(&config, &[("env", "prod")], ADDRESS).unwrap().unwrap();
    assert_eq!(kept.labels.get("instance"), Some("prod.example:80"));
    assert_eq!(
        (kept.interval, kept.timeout),
        (Duration::from_millis(1500), Duration::from_secs(1))
    );
}

#[test]
fn what_cannot_be_scraped_is_refused_with_upstreams_words() {
    let no_address = populated(&config(), &[], &[]).unwrap_err();
    assert_eq!(no_address.to_string(), "no address");
    for (label, value, message) in [
        ("__address__", "host/path", "\"host/path\" is not a valid hostname"),
        ("__address__", "http://host", "\"http://host\" is not a valid hostname"),
        (
            "__scrape_interval__",
            "x",
            "error parsing scrape interval: not a valid duration string: \"x\"",
        ),
        ("__scrape_interval__", "0", "scrape interval cannot be 0"),
        (
            "__scrape_timeout__",
            "1",
            "error parsing scrape timeout: not a valid duration string: \"1\"",
        ),
        ("__scrape_timeout__", "0s", "scrape timeout cannot be 0"),
        (
            "__scrape_timeout__",
            "61s",
            "scrape timeout cannot be greater than scrape interval (\"61s\" > \"1m\")",
        ),
        (
            "__scrape_native_histograms__",
            "yes",
            "error parsing scrape native histograms: strconv.ParseBool: parsing \"yes\": invalid syntax",
        ),
    ] {
        assert_eq!(refused(&[(label, value)]), message);
    }
}
