//! What `remediations.yml` says, with defaults filled in: which alerts are healed, how, and how often at most.
//!
//! Crate `config` reads the file and fills these; everything here is plain data. The defaults are those of a
//! cautious operator: nothing runs unless a file says so, and whatever is not limited by the file is limited
//! by the constants here.

use std::sync::Arc;
use std::time::Duration;

use regain_alerting::Alert;
use regain_model::{Labels, Matcher};

use crate::expression::Expression;
use crate::order::{Action, ActionId};

mod schedule;

pub use schedule::{Backoff, Breaker, GlobalLimits, Limits, RunLimit, Storm, WINDOW_MAX};

/// All remediations of a configuration. The first one that matches an alert heals it.
#[derive(Clone, Debug, Default)]
pub struct Remediations {
    /// The remediations, in the order of the files; names are unique.
    pub list: Vec<Arc<Remediation>>,
    /// What limits all of them together.
    pub limits: GlobalLimits,
    /// The receiver that is told where a remediation names none; without one only the audit is told.
    pub escalate_to: Option<Arc<str>>,
}

/// Heals the alerts that match.
#[derive(Clone, Debug)]
pub struct Remediation {
    /// The name.
    pub name: Arc<str>,
    /// What an alert must fulfil, all of it. Never empty: a remediation for every alert is a mistake.
    pub matchers: Vec<Matcher>,
    /// The labels that identify what is healed: locks, cooldown and limits hold for their values, whatever
    /// else the alert says. An alert without one of them is not healed. Default: `instance`.
    pub target: Vec<String>,
    /// What is done. Default: [`Mode::Shadow`], so that a new remediation first shows what it would do.
    pub mode: Mode,
    /// When an alert is healed.
    pub when: When,
    /// How often.
    pub limits: Limits,
    /// What is done about an action that has begun when the alert resolves or is silenced.
    /// Default: [`CancelOnResolve::Queued`].
    pub cancel_on_resolve: CancelOnResolve,
    /// The steps, one after the other until one of them heals; not empty.
    pub steps: Vec<Step>,
    /// The receiver that is told when no step has healed.
    pub escalate_to: Option<Arc<str>>,
    /// The receiver of the same process whose webhooks did so far what this remediation does. While it acts
    /// ([`Mode::Auto`]), the receiver is told nothing.
    pub replaces: Option<Arc<str>>,
}

impl Remediation {
    /// The label that identifies what is healed, where nothing is configured.
    pub const DEFAULT_TARGET: &'static str = "instance";

    /// Whether the remediation heals alerts with these labels.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = |matcher: &Matcher| labels.get(matcher.name()).unwrap_or_default();
        self.matchers.iter().all(|matcher| matcher.matches(value(matcher)))
    }

    /// What identifies the healed thing of an alert, or the label that is missing.
    pub fn target_of(&self, labels: &Labels) -> Result<Labels, &str> {
        let mut pairs = Vec::with_capacity(self.target.len());
        for name in &self.target {
            let value = labels.get(name).ok_or(name.as_str())?;
            pairs.push((name.as_str(), value));
        }
        Ok(Labels::from_pairs(pairs))
    }
}

/// What a remediation may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing, and its alerts are not looked at.
    Off,
    /// It decides and records what it would have done.
    #[default]
    Shadow,
    /// It acts.
    Auto,
}

impl Mode {
    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Shadow => "shadow",
            Self::Auto => "auto",
        }
    }

    /// The mode with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Off, Self::Shadow, Self::Auto].into_iter().find(|mode| mode.as_str() == word)
    }
}

/// When an alert is healed.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    /// How long the alert must have fired. Default: 0.
    pub firing_for: Duration,
    /// After how long firing nothing is begun any more, because people are at it by then and what was true
    /// at the beginning may not be now. Default: 1 h.
    pub not_after: Duration,
    /// A query that must answer with samples, none of which is zero, right before a run begins. Default: none.
    pub guard: Option<Expression>,
    /// How long ago the alert may have been described last. Default: 5 min. A stock Alertmanager repeats a
    /// webhook every `repeat_interval`; where that is longer, this has to be longer too.
    pub fresh: Duration,
}

impl Default for When {
    fn default() -> Self {
        Self {
            firing_for: Duration::ZERO,
            not_after: Duration::from_hours(1),
            guard: None,
            fresh: Duration::from_mins(5),
        }
    }
}

/// What becomes of an action in flight whose alert has resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CancelOnResolve {
    /// It goes on.
    Never,
    /// It is cancelled as long as the backend has it in a queue: half of a repair is worse than a whole one.
    #[default]
    Queued,
    /// It is cancelled, running or not.
    Running,
}

impl CancelOnResolve {
    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Queued => "queued",
            Self::Running => "running",
        }
    }

    /// The choice with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Never, Self::Queued, Self::Running].into_iter().find(|one| one.as_str() == word)
    }
}

/// One rung of the ladder.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// How long an attempt may take, from its trigger to the end of its action. Default: 5 min.
    pub timeout: Duration,
    /// How often it is tried before the next step. Default: 1.
    pub attempts: u32,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// Whether doing it twice is as good as doing it once. Default: no.
    pub idempotent: bool,
    /// What to do when nobody can say whether an action was begun. Default: [`OnUnknown::Escalate`].
    pub on_unknown: OnUnknown,
    /// How its success is proven.
    pub verify: Verify,
}

impl Step {
    /// How long an attempt may take where nothing is configured.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

    /// A step with the defaults.
    pub fn new(kind: StepKind) -> Self {
        Self {
            kind,
            timeout: Self::DEFAULT_TIMEOUT,
            attempts: 1,
            backoff: Backoff::default(),
            idempotent: false,
            on_unknown: OnUnknown::default(),
            verify: Verify::default(),
        }
    }

    /// What it does, for people.
    pub fn what(&self) -> String {
        match &self.kind {
            StepKind::Act(action) => action.to_string(),
            StepKind::Notify { receiver, .. } => format!("notify {receiver}"),
        }
    }

    /// What it does for an alert with these labels, for people.
    pub fn what_for(&self, labels: &Labels) -> String {
        match &self.kind {
            StepKind::Act(action) => action.text_for(labels),
            StepKind::Notify { .. } => self.what(),
        }
    }

    /// What tells its action from others; nothing where it has none.
    pub(crate) fn action_id(&self) -> Option<ActionId> {
        match &self.kind {
            StepKind::Act(action) => Some(ActionId::of(action)),
            StepKind::Notify { .. } => None,
        }
    }

    /// The kind in one word.
    pub fn kind_word(&self) -> &'static str {
        match &self.kind {
            StepKind::Act(action) => action.kind(),
            StepKind::Notify { .. } => "notify",
        }
    }
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// It acts.
    Act(Arc<Action>),
    /// It tells people, and the run ends as escalated.
    Notify {
        /// The receiver.
        receiver: Arc<str>,
        /// What to say.
        reason: String,
    },
}

/// What to do when nobody can say whether an action was begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknown {
    /// Keep asking until the step's timeout, then tell people.
    Wait,
    /// Trigger again. Only for steps that are idempotent.
    Retry,
    /// Tell people at once.
    #[default]
    Escalate,
}

impl OnUnknown {
    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Retry => "retry",
            Self::Escalate => "escalate",
        }
    }

    /// The choice with that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Wait, Self::Retry, Self::Escalate].into_iter().find(|one| one.as_str() == word)
    }
}

/// How the success of a step is proven: by samples that are newer than the action, never by their absence.
#[derive(Clone, Debug, PartialEq)]
pub struct Verify {
    /// Whether no alert of the target may fire any more. Default: yes.
    pub alert_resolved: bool,
    /// A query that must answer with samples, none of which is zero, out of series with samples that are newer
    /// than the action. Default: the `up` of the alert's `instance` and `job`.
    pub expr: Option<Expression>,
    /// How long all of it must hold without a break. Default: 30 s.
    pub stable_for: Duration,
    /// How soon after the action it must begin to hold. Default: 5 min.
    pub within: Duration,
    /// How old the newest sample may be. Default: 1 min.
    pub fresh: Duration,
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            alert_resolved: true,
            expr: None,
            stable_for: Duration::from_secs(30),
            within: Duration::from_mins(5),
            fresh: Duration::from_mins(1),
        }
    }
}

impl Verify {
    /// The query to ask for an alert with these labels; nothing where it lacks a label that the query names.
    pub fn query(&self, labels: &Labels) -> Option<crate::expression::Query> {
        match &self.expr {
            Some(expr) => expr.query(labels).ok(),
            None => Expression::up_of(labels),
        }
    }
}

/// What healing needs to know of an alert, at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The alert. `updated_at` is when its sender described it last, or when the webhook came in.
    pub alert: Alert,
    /// Whether it fires; otherwise it has resolved.
    pub firing: bool,
    /// What keeps it from being notified.
    pub suppression: Suppression,
}

/// What keeps an alert from being notified, and so from being healed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suppression {
    /// Whether a silence matches it.
    pub silenced: bool,
    /// Whether another alert inhibits it.
    pub inhibited: bool,
    /// Whether a time interval mutes its route.
    pub muted: bool,
}
