//! The file of alerting.

mod intervals;
mod messages;
mod peers;
mod routes;
mod shown;

use std::path::{Path, PathBuf};

use regain_alerting::matcher::MatcherMode;
use regain_config::{LoadError, LoadedAlertmanager, load_alertmanager_text};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alertmanager")
}

fn load(text: &str) -> Result<LoadedAlertmanager, LoadError> {
    load_alertmanager_text(Path::new("a.yml"), text, MatcherMode::Fallback)
}

/// A whole file around some of its sections, with the receiver `web`.
fn around(sections: &str) -> String {
    format!("route: {{receiver: web}}\nreceivers: [{{name: web}}]\n{sections}")
}
