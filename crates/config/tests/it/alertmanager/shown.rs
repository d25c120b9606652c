//! What a server shows as its configuration.

use std::fs;
use std::path::Path;

use regain_alerting::matcher::MatcherMode;
use regain_config::load_alertmanager_text;

use super::{folder, load};

const NAMES: [&str; 6] = ["demo2017", "minimal", "nulls", "receivers", "routes", "slack_app"];

fn file(name: &str, extension: &str) -> String {
    fs::read_to_string(folder().join(name).with_extension(extension)).unwrap()
}

/// The golden files are what Alertmanager 0.34 showed of the same files.
#[test]
fn a_file_is_shown_as_upstream_shows_it() {
    for name in NAMES {
        let text = file(name, "yml");
        // The golden files were made in this folder, so that their paths are relative.
        let path = format!("{name}.yml");
        let loaded =
            load_alertmanager_text(Path::new(&path), &text, MatcherMode::Fallback).unwrap();
        assert_eq!(loaded.shown, file(name, "golden"), "{name}");
        assert_eq!(loaded.text, text);
    }
}

#[test]
fn what_is_shown_loads_as_the_same() {
    for name in ["demo2017", "minimal", "routes"] {
        let golden = file(name, "golden");
        assert_eq!(load(&golden).unwrap().shown, golden, "{name}");
    }
}

#[test]
fn secrets_are_never_shown() {
    for name in NAMES {
        let text = file(name, "yml");
        let loaded = load(&text).unwrap();
        let shown = format!("{}{loaded:?}{loaded:#?}", loaded.shown);
        assert!(!shown.contains("hunter2"), "{name}");
        assert!(!text.contains("hunter2") || shown.contains("<secret>"), "{name}");
    }
}
