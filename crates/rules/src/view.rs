//! What others see of groups, rules and alerts: as they were after the last evaluation.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::{Alert, AlertState};
use crate::settings::{Rule, RuleGroup};

/// Shows a group.
#[derive(Clone, Debug)]
pub struct GroupView {
    pub settings: Arc<RuleGroup>,
    /// Are in the order of the file.
    pub rules: Vec<RuleView>,
    /// Is how long the last evaluation took.
    pub evaluation_time: Duration,
    /// Is when the last evaluation began, since the Unix epoch.
    pub last_evaluation: Option<Duration>,
}

/// Shows a rule.
#[derive(Clone, Debug)]
pub struct RuleView {
    pub settings: Arc<Rule>,
    pub health: RuleHealth,
    pub last_error: Option<Arc<str>>,
    /// Is how long the last evaluation took.
    pub evaluation_time: Duration,
    /// Is when the last evaluation began, since the Unix epoch.
    pub last_evaluation: Option<Duration>,
    /// Is absent for a recording rule.
    pub alerting: Option<AlertingView>,
}

/// Shows the alerts of a rule.
#[derive(Clone, Debug)]
pub struct AlertingView {
    /// Is the greatest state of its alerts; unknown before the first evaluation.
    pub state: AlertState,
    /// Are the pending and firing ones, in the order of their labels.
    pub alerts: Arc<[Alert]>,
}

/// Says how the last evaluation of a rule went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleHealth {
    /// There was none.
    #[default]
    Unknown,
    Good,
    Bad,
}

impl RuleHealth {
    /// Returns the word of the HTTP API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Good => "ok",
            Self::Bad => "err",
        }
    }
}
