//! What a server shows as its configuration.

use std::fs;
use std::path::{Path, PathBuf};

use regain_config::{LoadOptions, Retention, load_text};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shown")
}

/// The golden files are what Prometheus 3.14 made of the same files.
#[test]
fn a_configuration_is_shown_as_upstream_shows_it() {
    let mut seen = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        let golden = fs::read_to_string(path.with_extension("golden")).unwrap();
        // The golden files were made in this folder, so that their paths are relative.
        let name = Path::new(path.file_name().unwrap());
        let config = load_text(name, &text, &LoadOptions::default()).unwrap();
        assert_eq!(config.to_yaml(), golden, "{}", path.display());
    }
    assert_eq!(seen, 5);
}

#[test]
fn what_is_shown_loads_as_the_same() {
    for name in ["empty", "built"] {
        let golden = fs::read_to_string(folder().join(name).with_extension("golden")).unwrap();
        // Hidden secrets are secrets again, and paths stay where they are.
        let config = load_text(Path::new("x.yml"), &golden, &LoadOptions::default()).unwrap();
        assert_eq!(config.to_yaml(), golden, "{name}");
    }
}

#[test]
fn secrets_are_never_shown() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let config = load_text(&path, &text, &LoadOptions::default()).unwrap();
        let jobs: Vec<_> = config.jobs().map(|job| job.job(false)).collect();
        let shown = format!("{}{config:?}{config:#?}{jobs:?}", config.to_yaml());
        assert!(!shown.contains("hunter2"), "{}", path.display());
        if text.contains("password: hunter2") {
            assert!(shown.contains("<secret>"), "{}", path.display());
        }
    }
}

#[test]
fn external_labels_are_shown_with_their_variables_expanded() {
    let text = "global:\n  external_labels:\n    a: $HOST-${ZONE}\n    b: $UNSET\n    c: $$x\n";
    let environment = [("HOST", "h1"), ("ZONE", "eu")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let options = LoadOptions { environment: environment.into(), ..LoadOptions::default() };
    let config = load_text(Path::new("p.yml"), text, &options).unwrap();
    assert_eq!(config.global.external_labels().to_string(), r#"{a="h1-eu", c="$x"}"#);
    let shown = config.to_yaml();
    assert!(shown.contains("    a: h1-eu\n    b: \"\"\n    c: $x\n"), "{shown}");
}

#[test]
fn the_retention_of_the_flags_holds_where_the_file_has_none() {
    let days = |days: u64| Retention {
        time: std::time::Duration::from_hours(days * 24),
        ..Retention::default()
    };
    for (text, expected) in [
        ("", days(15)),
        ("storage:\n  tsdb:\n", days(15)),
        ("storage: {tsdb: {out_of_order_time_window: 1m}}", days(15)),
        ("storage: {tsdb: {retention: {time: 30d}}}", days(30)),
        ("storage: {tsdb: {retention: {size: 1B}}}", Retention { size_bytes: 1, ..days(0) }),
    ] {
        let options = LoadOptions { retention: days(15), ..LoadOptions::default() };
        let config = load_text(Path::new("p.yml"), text, &options).unwrap();
        assert_eq!(config.storage.retention, expected, "{text}");
    }
}

#[test]
fn the_variable_gogc_is_a_default() {
    for (variable, text, shown) in [
        (None, "", 75),
        (Some("off"), "", -1),
        (Some("120"), "", 120),
        (Some("120"), "runtime: {gogc: 42}", 42),
        (Some("120"), "runtime: {}", 120),
    ] {
        let environment = variable.map(|value: &str| ("GOGC".to_owned(), value.to_owned()));
        let environment = environment.into_iter().collect();
        let options = LoadOptions { environment, ..LoadOptions::default() };
        let config = load_text(Path::new("p.yml"), text, &options).unwrap();
        assert_eq!(config.runtime.gogc, shown, "{variable:?} {text}");
    }
}
