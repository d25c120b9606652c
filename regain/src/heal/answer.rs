//! What the API of healing answers, as far as it is printed.

use std::collections::BTreeMap;

use regain_model::Labels;
use serde::Deserialize;

/// Names with texts.
pub(super) type Texts = BTreeMap<String, String>;

/// The labels of `texts`.
pub(super) fn labels(texts: &Texts) -> Labels {
    Labels::from_pairs(texts.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// How healing stands.
#[derive(Debug, Deserialize)]
pub(super) struct Overview {
    pub(super) mode: String,
    pub(super) pauses: Vec<Pause>,
    pub(super) remediations: Vec<Remediation>,
    pub(super) runs: Vec<Run>,
    #[serde(default)]
    pub(super) waiting: u64,
    #[serde(default)]
    pub(super) storm: bool,
    #[serde(default)]
    pub(super) damage: Vec<String>,
}

/// What is stopped.
#[derive(Debug, Deserialize)]
pub(super) struct Pause {
    pub(super) scope: String,
    pub(super) name: String,
    pub(super) by: String,
    pub(super) reason: String,
    pub(super) since: String,
    pub(super) until: Option<String>,
}

/// What heals.
#[derive(Debug, Deserialize)]
pub(super) struct Remediation {
    pub(super) name: String,
    pub(super) mode: String,
    pub(super) r#match: Vec<String>,
    pub(super) target: Vec<String>,
    pub(super) steps: Vec<Step>,
    pub(super) cooldown: String,
    pub(super) limits: Vec<Limit>,
    pub(super) running: u64,
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    #[serde(default)]
    pub(super) breaker_open: bool,
}

/// What a remediation does.
#[derive(Debug, Deserialize)]
pub(super) struct Step {
    pub(super) what: String,
}

/// How often it may.
#[derive(Debug, Deserialize)]
pub(super) struct Limit {
    pub(super) runs: u64,
    pub(super) per: String,
    pub(super) used: u64,
}

/// What it did.
#[derive(Debug, Deserialize)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) remediation: String,
    pub(super) target: Texts,
    pub(super) alert: Alert,
    pub(super) mode: String,
    pub(super) state: String,
    pub(super) step: u64,
    pub(super) attempt: u64,
    pub(super) action: String,
    pub(super) link: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) log: Option<String>,
    pub(super) started_at: String,
    pub(super) ended_at: Option<String>,
    pub(super) stages: Vec<Stage>,
}

/// Why it did it.
#[derive(Debug, Deserialize)]
pub(super) struct Alert {
    pub(super) labels: Texts,
    pub(super) annotations: Texts,
    pub(super) starts_at: String,
}

/// How far it came, and when.
#[derive(Debug, Deserialize)]
pub(super) struct Stage {
    pub(super) state: String,
    pub(super) at: String,
    pub(super) detail: Option<String>,
}

/// Some decisions, the newest first.
#[derive(Debug, Deserialize)]
pub(super) struct Audit {
    pub(super) entries: Vec<Entry>,
    /// The number before which there are more.
    pub(super) next: Option<u64>,
}

/// A decision.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) sequence: u64,
    pub(super) at: String,
    pub(super) decision: String,
    pub(super) remediation: String,
    pub(super) target: Texts,
    pub(super) run: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) detail: String,
}
