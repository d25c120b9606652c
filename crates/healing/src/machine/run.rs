//! One attempt to heal a target, from its intent to its end.

use std::sync::Arc;

use jiff::Timestamp;
use regain_alerting::{Annotations, Fingerprint};
use regain_model::Labels;

use super::steady::Now;
use crate::order::{ActionId, ExecutionId, Handle};
use crate::settings::{Mode, Remediation, Step};

/// The stages that are kept of one run; a ladder that climbs longer loses the oldest.
const STAGES_MAX: usize = 64;

/// Heals one target once.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id: that of the attempt 0 of the step 0.
    pub id: ExecutionId,
    /// The name of the remediation.
    pub remediation: Arc<str>,
    /// What is healed.
    pub target: Labels,
    /// The alert that asked for it.
    pub alert: Arc<AlertFacts>,
    /// What tells this run from others for the same target.
    pub episode: Arc<str>,
    /// Whether it acts.
    pub mode: Mode,
    /// The step, from 0.
    pub step: usize,
    /// The attempt of the step, from 1.
    pub attempt: u32,
    /// The present attempt, as backends know it.
    pub execution: ExecutionId,
    /// What the step does, for people.
    pub action: String,
    /// What tells the step's action from others; nothing where it has none.
    pub(crate) action_id: Option<ActionId>,
    /// Where it stands.
    pub phase: Phase,
    /// When the present attempt's intent was made, by the clock.
    pub intended_at: Timestamp,
    /// Until when the present attempt may take.
    pub deadline: Timestamp,
    /// How often the present attempt was triggered.
    pub triggers: u32,
    /// Whether any attempt may have acted.
    pub acted: bool,
    /// Whether an action may be in flight of which nobody knows.
    pub(crate) doubt: Doubt,
    /// Whether it is to be given up as soon as that can be done safely.
    pub cancel: Option<CancelWhy>,
    /// When it began.
    pub started: Now,
    /// When it ended.
    pub ended: Option<Now>,
    /// When it is given up whatever it waits for.
    pub expires: Timestamp,
    /// Where a human can look at the action.
    pub link: Option<String>,
    /// What is going on, for people.
    pub detail: Option<String>,
    /// The end of what the action wrote.
    pub log: Option<String>,
    /// What it went through.
    pub stages: Vec<Stage>,
    /// The settings that it began with; unknown after a restart until they are found again.
    pub(crate) plan: Option<Arc<Remediation>>,
    /// The number of the last question about it: an answer to an earlier one is late.
    pub(crate) token: u64,
    /// Whether it has to be written.
    pub(crate) dirty: bool,
}

/// What is known of the alert that asked for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertFacts {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Annotations,
    /// Since when it fires.
    pub starts_at: Timestamp,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its intent is being written; `ticket` names the write.
    Intent {
        /// The write.
        ticket: Option<u64>,
    },
    /// The backend was asked to act and has not answered.
    Triggering,
    /// The backend is asked whether it was ever asked to act.
    Looking {
        /// When to ask next.
        next: Timestamp,
        /// How often it said that it was not.
        nothing: u32,
    },
    /// The action goes on.
    Active {
        /// How the backend finds it.
        handle: Handle,
        /// Whether it waits in a queue of the backend.
        queued: bool,
        /// When to ask next.
        next: Timestamp,
    },
    /// The action is to stop.
    Cancelling {
        /// How the backend finds it.
        handle: Handle,
        /// When to give up on an answer.
        until: Timestamp,
    },
    /// The action has ended; its effect is watched.
    Verifying {
        /// When the action ended.
        since: Now,
        /// Since when the target is healthy.
        healthy: Option<Timestamp>,
        /// When to ask next.
        next: Timestamp,
    },
    /// The next attempt waits.
    Backoff {
        /// How long.
        until: Timestamp,
    },
    /// It has ended.
    Ended(State),
}

/// Whether an action may be in flight of which nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// None is.
    Settled,
    /// The last trigger may have begun one. A refusal of that trigger settles it.
    LastTrigger,
    /// An earlier trigger may have begun one, and no answer to the last one settles that.
    EarlierTrigger,
}

/// Why a run is to be given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelWhy {
    /// Its attempt took too long.
    TimedOut,
    /// Its alert has resolved.
    Resolved,
    /// Its alert was silenced.
    Silenced,
    /// Somebody asked for it.
    Operator {
        /// Who.
        by: String,
    },
}

/// Where a run stands, in one word for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the states are named as they are written")]
pub enum State {
    Scheduled,
    Triggering,
    Queued,
    Running,
    Verifying,
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
    Escalated,
    Unknown,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Scheduled,
        Self::Triggering,
        Self::Queued,
        Self::Running,
        Self::Verifying,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
        Self::Escalated,
        Self::Unknown,
    ];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Triggering => "triggering",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Verifying => "verifying",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Escalated => "escalated",
            Self::Unknown => "unknown",
        }
    }

    /// The state with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether a run in this state has failed, as a breaker counts it.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Escalated | Self::Unknown)
    }
}

/// One state that a run went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The state.
    pub state: State,
    /// Since when, by the clock.
    pub at: Timestamp,
    /// More about it.
    pub detail: Option<String>,
}

impl Phase {
    /// The word for people.
    pub const fn state(&self) -> State {
        match self {
            Self::Intent { .. } | Self::Backoff { .. } => State::Scheduled,
            Self::Triggering | Self::Looking { .. } => State::Triggering,
            Self::Active { queued: true, .. } => State::Queued,
            Self::Active { .. } | Self::Cancelling { .. } => State::Running,
            Self::Verifying { .. } => State::Verifying,
            Self::Ended(state) => *state,
        }
    }
}

impl Run {
    /// The word for people.
    pub const fn state(&self) -> State {
        self.phase.state()
    }

    /// The step as the run's own settings say it; nothing while they are unknown.
    pub(crate) fn plan_step(&self) -> Option<&Step> {
        self.plan.as_ref()?.steps.get(self.step)
    }

    /// Whether an action may be in flight of which nobody knows.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.doubt != Doubt::Settled
    }

    /// Notes that it is triggered once more.
    pub(crate) fn count_trigger(&mut self) {
        self.triggers += 1;
        self.acted = true;
        self.doubt = if self.is_in_doubt() { Doubt::EarlierTrigger } else { Doubt::LastTrigger };
    }

    /// Goes to a step of its plan, which is not tried yet.
    pub(crate) fn climb_to(&mut self, step: usize) {
        (self.step, self.attempt) = (step, 1);
        let step = self.plan_step();
        let action = step.map(|step| step.what_for(&self.alert.labels));
        let action_id = step.and_then(Step::action_id);
        (self.action, self.action_id) = (action.unwrap_or_default(), action_id);
    }

    /// How many steps of its plan were tried, from the first one on.
    pub(crate) fn steps_tried(&self) -> usize {
        let waits = matches!(self.phase, Phase::Intent { .. } | Phase::Backoff { .. });
        self.step + usize::from(self.attempt > 1 || !waits)
    }

    /// Takes the plan with which it began from settings that may be others, if its step is in them unchanged.
    pub(crate) fn find_plan(&mut self, remediation: Option<&Arc<Remediation>>) {
        self.plan = remediation.cloned();
        let found = self.plan_step().and_then(Step::action_id);
        if found.is_none() || found != self.action_id {
            self.plan = None;
        }
    }

    /// Goes into another phase, and notes it.
    pub(crate) fn enter(&mut self, phase: Phase, detail: Option<String>, now: Now) {
        self.phase = phase;
        self.dirty = true;
        self.detail.clone_from(&detail);
        let state = self.state();
        if self.stages.last().is_some_and(|last| last.state == state && last.detail == detail) {
            return;
        }
        if self.stages.len() >= STAGES_MAX {
            self.stages.remove(0);
        }
        self.stages.push(Stage { state, at: now.wall, detail });
    }
}

/// What limits, cooldowns and breakers remember of a run that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The run.
    pub run: ExecutionId,
    /// Its remediation.
    pub remediation: Arc<str>,
    /// Its target.
    pub target: Labels,
    /// Its alert and the beginning of that.
    pub alert: (Fingerprint, Timestamp),
    /// Whether it acted or only showed what it would do.
    pub mode: Mode,
    /// When it began, steadily.
    pub started: Timestamp,
    /// When it ended, steadily.
    pub ended: Timestamp,
    /// How.
    pub state: State,
    /// Whether any attempt may have acted.
    pub acted: bool,
    /// Whether the alert is left alone until it resolves.
    pub closes_episode: bool,
}
