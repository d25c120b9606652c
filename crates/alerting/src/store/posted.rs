//! An alert as a sender posts it: what is missing is filled in, and what is wrong is refused.

use std::time::Duration;

use jiff::Timestamp;
use regain_go_format::quote::quote;
use regain_model::Labels;

use crate::alert::{Alert, Annotations};
use crate::clock::{is_go_zero, later};
use crate::matcher::MatcherMode;

/// An alert as its sender describes it. `None` and Go's zero time mean "not said".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostedAlert {
    /// What identifies it; labels without a value are left out.
    pub labels: Labels,
    /// What describes it.
    pub annotations: Annotations,
    /// Since when it fires.
    pub starts_at: Option<Timestamp>,
    /// When it ended or will end.
    pub ends_at: Option<Timestamp>,
    /// Links to what made it.
    pub generator_url: String,
}

/// Why an alert is refused; the texts are upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAlert {
    /// It ends before it starts.
    #[error("start time must be before end time")]
    EndBeforeStart,
    /// It has no label.
    #[error("at least one label pair required")]
    NoLabels,
    /// A label cannot have this name.
    #[error("invalid label set: invalid name {}", quote(name))]
    LabelName {
        /// The name.
        name: String,
    },
    /// An annotation cannot have this name.
    #[error("invalid annotations: invalid name {}", quote(name))]
    AnnotationName {
        /// The name.
        name: String,
    },
}

impl PostedAlert {
    /// The alert with everything filled in: it starts now or at its end, and ends `resolve_timeout` from now
    /// unless it says otherwise.
    pub(crate) fn complete(self, now: Timestamp, resolve_timeout: Duration) -> Alert {
        let said = |time: &Timestamp| !is_go_zero(*time);
        let (start, end) = (self.starts_at.filter(said), self.ends_at.filter(said));
        Alert {
            labels: self.labels,
            annotations: self.annotations,
            starts_at: start.or(end).unwrap_or(now),
            ends_at: Some(end.unwrap_or_else(|| later(now, resolve_timeout))),
            generator_url: self.generator_url,
            updated_at: now,
            timeout: end.is_none(),
        }
    }
}

impl Alert {
    /// Whether the alert can be taken in.
    pub(crate) fn check(&self, mode: MatcherMode) -> Result<(), InvalidAlert> {
        if self.ends_at.is_some_and(|end| end < self.starts_at) {
            return Err(InvalidAlert::EndBeforeStart);
        }
        if self.labels.is_empty() {
            return Err(InvalidAlert::NoLabels);
        }
        let is_invalid = |name: &&str| !mode.is_valid_label_name(name);
        if let Some(name) = self.labels.iter().map(|(name, _)| name).find(is_invalid) {
            return Err(InvalidAlert::LabelName { name: name.to_owned() });
        }
        if let Some(name) = self.annotations.keys().map(String::as_str).find(is_invalid) {
            return Err(InvalidAlert::AnnotationName { name: name.to_owned() });
        }
        Ok(())
    }
}
