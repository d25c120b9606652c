//! Alerts as they travel through the crate.
//!
//! An alert is identified by its labels alone; everything else about it is replaced when a sender repeats it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use regain_model::Labels;

/// The texts beside the labels; empty values stay, unlike those of labels.
pub type Annotations = BTreeMap<String, String>;

/// An alert as its sender last described it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What identifies the alert; not empty.
    pub labels: Labels,
    /// What describes it.
    pub annotations: Annotations,
    /// Since when it fires.
    pub starts_at: Timestamp,
    /// When it ended or will end unless it is repeated. `None` is Go's zero time, as in what is sent on.
    pub ends_at: Option<Timestamp>,
    /// Links to what made the alert.
    pub generator_url: String,
    /// When this description came in.
    pub updated_at: Timestamp,
    /// Whether `ends_at` was derived from `resolve_timeout`, because the sender named no end.
    pub timeout: bool,
}

impl Alert {
    /// The identity as upstream prints and sorts it.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.labels)
    }

    /// Whether the alert has ended at `now`.
    pub fn is_resolved_at(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// The metric name's successor for alerts: the value of `alertname`, or nothing.
    pub fn name(&self) -> &str {
        self.labels.get(ALERT_NAME).unwrap_or_default()
    }
}

/// The label that names an alert.
pub const ALERT_NAME: &str = "alertname";

/// The FNV-1a hash of a label set, as `model.LabelSet.Fingerprint` computes it; sixteen hexadecimal digits in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    const OFFSET: u64 = 14_695_981_039_346_656_037;
    const PRIME: u64 = 1_099_511_628_211;
    const SEPARATOR: u8 = 0xff;

    /// The fingerprint of `labels`.
    pub fn of(labels: &Labels) -> Self {
        let mut hash = Self::OFFSET;
        for (name, value) in labels {
            for text in [name, value] {
                for byte in text.bytes().chain([Self::SEPARATOR]) {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(Self::PRIME);
                }
            }
        }
        Self(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
