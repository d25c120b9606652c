//! The bytes of an alert state file: a line that says what follows, and the state as JSON.

use std::time::Duration;

use regain_model::Labels;
use serde::{Deserialize, Serialize};

use super::StateError;
use crate::alert::{Alert, AlertState};
use crate::settings::{Rule, RuleGroup, Texts};

const MAGIC: &str = "regain-alert-state";
const VERSION: u32 = 1;

/// Is what is saved of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedGroup {
    file: String,
    group: String,
    rules: Vec<SavedRule>,
}

/// Is what is saved of an alerting rule that has been evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedRule {
    name: String,
    labels: Texts,
    query: String,
    /// Is the slot of the last evaluation.
    evaluated_ns: u64,
    alerts: Vec<SavedAlert>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedAlert {
    state: SavedState,
    labels: Texts,
    annotations: Texts,
    /// JSON has no infinities.
    value: String,
    active_at_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fired_at_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sent_at_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_since_ns: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedState {
    Inactive,
    Pending,
    Firing,
}

impl SavedGroup {
    pub(crate) fn new(group: &RuleGroup, rules: Vec<SavedRule>) -> Self {
        Self { file: group.file.as_ref().to_owned(), group: group.name.as_ref().to_owned(), rules }
    }

    /// Tells whether this is the state of `group`.
    pub(crate) fn is_of(&self, group: &RuleGroup) -> bool {
        self.file == *group.file && self.group == *group.name
    }

    pub(crate) fn has_alerts(&self) -> bool {
        self.rules.iter().any(|rule| !rule.alerts.is_empty())
    }

    /// Takes out the first rule that is the same as `rule`.
    pub(crate) fn take(&mut self, rule: &Rule) -> Option<SavedRule> {
        let same = |saved: &SavedRule| {
            saved.name == *rule.name && saved.query == *rule.query && saved.labels == rule.labels
        };
        let at = self.rules.iter().position(same)?;
        Some(self.rules.remove(at))
    }
}

impl SavedRule {
    pub(crate) fn new<'a>(
        rule: &Rule,
        evaluated: Duration,
        alerts: impl Iterator<Item = &'a Alert>,
    ) -> Self {
        Self {
            name: rule.name.as_ref().to_owned(),
            labels: rule.labels.clone(),
            query: rule.query.as_ref().to_owned(),
            evaluated_ns: nanos(evaluated),
            alerts: alerts.map(SavedAlert::new).collect(),
        }
    }

    /// Returns the slot of the last evaluation.
    pub(crate) const fn evaluated(&self) -> Duration {
        Duration::from_nanos(self.evaluated_ns)
    }

    pub(crate) fn alerts(self) -> impl Iterator<Item = Alert> {
        self.alerts.into_iter().map(SavedAlert::alert)
    }
}

impl SavedAlert {
    fn new(alert: &Alert) -> Self {
        let labels = alert.labels.iter();
        Self {
            state: match alert.state {
                AlertState::Pending => SavedState::Pending,
                AlertState::Firing => SavedState::Firing,
                AlertState::Inactive | AlertState::Unknown => SavedState::Inactive,
            },
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            annotations: alert.annotations.clone(),
            value: alert.value.to_string(),
            active_at_ns: nanos(alert.active_at),
            fired_at_ns: alert.fired_at.map(nanos),
            resolved_at_ns: alert.resolved_at.map(nanos),
            last_sent_at_ns: alert.last_sent_at.map(nanos),
            keep_firing_since_ns: alert.keep_firing_since.map(nanos),
        }
    }

    fn alert(self) -> Alert {
        Alert {
            state: match self.state {
                SavedState::Inactive => AlertState::Inactive,
                SavedState::Pending => AlertState::Pending,
                SavedState::Firing => AlertState::Firing,
            },
            labels: Labels::from_pairs(self.labels),
            annotations: self.annotations,
            value: self.value.parse().unwrap_or(f64::NAN),
            active_at: Duration::from_nanos(self.active_at_ns),
            fired_at: self.fired_at_ns.map(Duration::from_nanos),
            resolved_at: self.resolved_at_ns.map(Duration::from_nanos),
            last_sent_at: self.last_sent_at_ns.map(Duration::from_nanos),
            keep_firing_since: self.keep_firing_since_ns.map(Duration::from_nanos),
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the bytes of a file.
pub(super) fn encode(saved: &SavedGroup) -> Vec<u8> {
    let body = serde_json::to_vec(saved).expect("texts and numbers have a JSON form");
    let checksum = xxhash_rust::xxh64::xxh64(&body, 0);
    let mut bytes = format!("{MAGIC} {VERSION} {} {checksum:016x}\n", body.len()).into_bytes();
    bytes.extend_from_slice(&body);
    bytes
}

/// Reads the bytes of a file.
pub(super) fn decode(bytes: &[u8]) -> Result<SavedGroup, StateError> {
    let damaged = StateError::Damaged;
    let end = bytes.iter().position(|&byte| byte == b'\n').ok_or(damaged("no first line"))?;
    let (line, body) = bytes.split_at(end);
    let body = body.get(1..).unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| damaged("the first line is no text"))?;
    let mut words = line.split(' ');
    if words.next() != Some(MAGIC) {
        return Err(damaged("it is no alert state"));
    }
    let version = words.next().and_then(|word| word.parse().ok()).ok_or(damaged("no version"))?;
    if version != VERSION {
        return Err(StateError::Version(version));
    }
    let length: usize =
        words.next().and_then(|word| word.parse().ok()).ok_or(damaged("no length"))?;
    let checksum = words.next().and_then(|word| u64::from_str_radix(word, 16).ok());
    if words.next().is_some() || body.len() != length {
        return Err(damaged("it has another length than it says"));
    }
    if checksum != Some(xxhash_rust::xxh64::xxh64(body, 0)) {
        return Err(damaged("the checksum differs"));
    }
    serde_json::from_slice(body).map_err(|_| damaged("the state cannot be read"))
}
