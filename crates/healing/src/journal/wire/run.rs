//! A run as JSON.

use std::sync::Arc;

use regain_alerting::{Annotations, Fingerprint};
use regain_model::Labels;
use serde::{Deserialize, Serialize};

use super::{Pairs, Time, WireNow, pairs};
use crate::machine::{AlertFacts, CancelWhy, Doubt, Phase, Run, Stage, State};
use crate::order::{ActionId, ExecutionId, Handle};
use crate::settings::Mode;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireRun {
    id: String,
    remediation: String,
    target: Pairs,
    labels: Pairs,
    annotations: Annotations,
    fingerprint: u64,
    starts_at: Time,
    episode: String,
    mode: String,
    step: usize,
    attempt: u32,
    execution: String,
    action: String,
    #[serde(default)]
    action_id: Option<String>,
    phase: WirePhase,
    intended_at: Time,
    deadline: Time,
    triggers: u32,
    acted: bool,
    cancel: Option<WireCancel>,
    started: WireNow,
    ended: Option<WireNow>,
    expires: Time,
    link: Option<String>,
    detail: Option<String>,
    log: Option<String>,
    stages: Vec<WireStage>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WirePhase {
    Intent,
    Triggering,
    Looking { next: Time },
    Active { handle: String, queued: bool, next: Time },
    Cancelling { handle: String, until: Time },
    Verifying { since: WireNow, healthy: Option<Time>, next: Time },
    Backoff { until: Time },
    Ended { state: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireCancel {
    TimedOut,
    Resolved,
    Silenced,
    Operator { by: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct WireStage {
    state: String,
    at: Time,
    detail: Option<String>,
}

impl WireRun {
    pub(super) fn of(run: &Run) -> Self {
        let stage = |stage: &Stage| WireStage {
            state: stage.state.as_str().to_owned(),
            at: Time::of(stage.at),
            detail: stage.detail.clone(),
        };
        Self {
            id: run.id.to_string(),
            remediation: run.remediation.as_ref().to_owned(),
            target: pairs(&run.target),
            labels: pairs(&run.alert.labels),
            annotations: run.alert.annotations.clone(),
            fingerprint: run.alert.fingerprint.0,
            starts_at: Time::of(run.alert.starts_at),
            episode: run.episode.as_ref().to_owned(),
            mode: run.mode.as_str().to_owned(),
            step: run.step,
            attempt: run.attempt,
            execution: run.execution.to_string(),
            action: run.action.clone(),
            action_id: run.action_id.as_ref().map(|id| id.as_str().to_owned()),
            phase: WirePhase::of(&run.phase),
            intended_at: Time::of(run.intended_at),
            deadline: Time::of(run.deadline),
            triggers: run.triggers,
            acted: run.acted,
            cancel: run.cancel.as_ref().map(WireCancel::of),
            started: WireNow::of(run.started),
            ended: run.ended.map(WireNow::of),
            expires: Time::of(run.expires),
            link: run.link.clone(),
            detail: run.detail.clone(),
            log: run.log.clone(),
            stages: run.stages.iter().map(stage).collect(),
        }
    }

    pub(super) fn run(self) -> Option<Run> {
        let stage = |stage: WireStage| {
            let (state, at) = (State::parse(&stage.state)?, stage.at.time()?);
            Some(Stage { state, at, detail: stage.detail })
        };
        let ended = match self.ended {
            Some(ended) => Some(ended.now()?),
            None => None,
        };
        Some(Run {
            id: ExecutionId::parse(&self.id)?,
            remediation: self.remediation.into(),
            target: Labels::from_pairs(self.target),
            alert: Arc::new(AlertFacts {
                fingerprint: Fingerprint(self.fingerprint),
                labels: Labels::from_pairs(self.labels),
                annotations: self.annotations,
                starts_at: self.starts_at.time()?,
            }),
            episode: self.episode.into(),
            mode: Mode::parse(&self.mode)?,
            step: self.step,
            attempt: self.attempt,
            execution: ExecutionId::parse(&self.execution)?,
            action: self.action,
            action_id: self.action_id.map(ActionId::written),
            phase: self.phase.phase()?,
            intended_at: self.intended_at.time()?,
            deadline: self.deadline.time()?,
            triggers: self.triggers,
            acted: self.acted,
            doubt: Doubt::Settled,
            cancel: self.cancel.map(WireCancel::cancel),
            started: self.started.now()?,
            ended,
            expires: self.expires.time()?,
            link: self.link,
            detail: self.detail,
            log: self.log,
            stages: self.stages.into_iter().map(stage).collect::<Option<_>>()?,
            plan: None,
            token: 0,
            dirty: false,
        })
    }
}

impl WirePhase {
    fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Intent { .. } => Self::Intent,
            Phase::Triggering => Self::Triggering,
            Phase::Looking { next, .. } => Self::Looking { next: Time::of(*next) },
            Phase::Active { handle, queued, next } => {
                Self::Active { handle: handle.0.clone(), queued: *queued, next: Time::of(*next) }
            }
            Phase::Cancelling { handle, until } => {
                Self::Cancelling { handle: handle.0.clone(), until: Time::of(*until) }
            }
            Phase::Verifying { since, healthy, next } => Self::Verifying {
                since: WireNow::of(*since),
                healthy: healthy.map(Time::of),
                next: Time::of(*next),
            },
            Phase::Backoff { until } => Self::Backoff { until: Time::of(*until) },
            Phase::Ended(state) => Self::Ended { state: state.as_str().to_owned() },
        }
    }

    fn phase(self) -> Option<Phase> {
        Some(match self {
            Self::Intent => Phase::Intent { ticket: None },
            Self::Triggering => Phase::Triggering,
            Self::Looking { next } => Phase::Looking { next: next.time()?, nothing: 0 },
            Self::Active { handle, queued, next } => {
                Phase::Active { handle: Handle(handle), queued, next: next.time()? }
            }
            Self::Cancelling { handle, until } => {
                Phase::Cancelling { handle: Handle(handle), until: until.time()? }
            }
            Self::Verifying { since, healthy, next } => Phase::Verifying {
                since: since.now()?,
                healthy: healthy.as_ref().and_then(Time::time),
                next: next.time()?,
            },
            Self::Backoff { until } => Phase::Backoff { until: until.time()? },
            Self::Ended { state } => Phase::Ended(State::parse(&state)?),
        })
    }
}

impl WireCancel {
    fn of(why: &CancelWhy) -> Self {
        match why {
            CancelWhy::TimedOut => Self::TimedOut,
            CancelWhy::Resolved => Self::Resolved,
            CancelWhy::Silenced => Self::Silenced,
            CancelWhy::Operator { by } => Self::Operator { by: by.clone() },
        }
    }

    fn cancel(self) -> CancelWhy {
        match self {
            Self::TimedOut => CancelWhy::TimedOut,
            Self::Resolved => CancelWhy::Resolved,
            Self::Silenced => CancelWhy::Silenced,
            Self::Operator { by } => CancelWhy::Operator { by },
        }
    }
}
