//! The kill switch: who has stopped what, why, and until when.

use std::sync::Arc;

use jiff::Timestamp;
use regain_model::Labels;

/// Stops healing until somebody lets it go on, or until its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What is stopped.
    pub scope: Scope,
    /// Who stopped it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when, by the clock.
    pub since: Timestamp,
    /// Until when, by the clock.
    pub until: Option<Timestamp>,
}

/// What is stopped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything.
    All,
    /// One remediation.
    Remediation(Arc<str>),
    /// Each target that is written this way, as `{instance="a:80"}`, or has a label with this value.
    Target(Arc<str>),
}

impl Scope {
    /// The scope that the API writes as these two words.
    pub fn parse(scope: &str, name: &str) -> Option<Self> {
        match scope {
            "all" => Some(Self::All),
            "remediation" if !name.is_empty() => Some(Self::Remediation(name.into())),
            "target" if !name.is_empty() => Some(Self::Target(name.into())),
            _ => None,
        }
    }

    /// The first of the two words.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Remediation(_) => "remediation",
            Self::Target(_) => "target",
        }
    }

    /// The second of the two words.
    pub fn name(&self) -> &str {
        match self {
            Self::All => "",
            Self::Remediation(name) | Self::Target(name) => name,
        }
    }

    /// Whether it covers a target of a remediation.
    pub fn covers(&self, remediation: &str, target: &Labels) -> bool {
        match self {
            Self::All => true,
            Self::Remediation(name) => **name == *remediation,
            Self::Target(name) => {
                target.iter().any(|(_, value)| *value == **name) || target.to_string() == **name
            }
        }
    }
}

impl Pause {
    /// Whether it is over.
    pub fn is_over(&self, wall: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= wall)
    }
}
