//! How healing stands.

use std::time::Duration;

use axum::extract::Path;
use regain_alerting::matcher;
use regain_go_format::duration;
use regain_go_format::time::format_rfc3339_fixed_ms;
use regain_healing::RemediationView;
use regain_healing::machine::Pause;
use regain_healing::settings::{Step, StepKind};
use serde::Serialize;

use super::door::AlertSource;
use super::run::RunJson;
use super::state::Open;
use crate::envelope::{ApiError, ErrorKind, Success};

#[derive(Serialize)]
struct Overview<'a> {
    mode: &'static str,
    pauses: Vec<PauseJson<'a>>,
    remediations: Vec<RemediationJson<'a>>,
    runs: Vec<RunJson<'a>>,
    waiting: usize,
    storm: bool,
    damage: &'a [String],
}

#[derive(Serialize)]
struct PauseJson<'a> {
    scope: &'static str,
    name: &'a str,
    by: &'a str,
    reason: &'a str,
    since: String,
    until: Option<String>,
}

#[derive(Serialize)]
struct RemediationJson<'a> {
    name: &'a str,
    mode: &'static str,
    r#match: Vec<String>,
    target: &'a [String],
    steps: Vec<StepJson>,
    cooldown: String,
    limits: Vec<LimitJson>,
    running: usize,
    succeeded: usize,
    failed: usize,
    breaker_open: bool,
}

#[derive(Serialize)]
struct StepJson {
    kind: &'static str,
    what: String,
    timeout: String,
}

#[derive(Serialize)]
struct LimitJson {
    runs: u32,
    per: String,
    used: u32,
}

/// `GET /api/v1/regain/healing`.
pub(super) async fn overview(Open(service): Open) -> Success {
    let view = service.healing.view();
    Success::json(&Overview {
        mode: match service.source {
            AlertSource::InProcess => "in_process",
            AlertSource::Webhook => "webhook",
        },
        pauses: view.pauses.iter().map(PauseJson::of).collect(),
        remediations: view.remediations.iter().map(RemediationJson::of).collect(),
        runs: view.runs.iter().map(|run| RunJson::of(run)).collect(),
        waiting: view.waiting,
        storm: view.storm,
        damage: &view.damage,
    })
}

/// `GET /api/v1/regain/healing/runs/{id}`.
pub(super) async fn run(Open(service): Open, Path(id): Path<String>) -> Result<Success, ApiError> {
    let view = service.healing.view();
    match view.run(&id) {
        Some(run) => Ok(Success::json(&RunJson::of(run))),
        None => Err(ApiError::new(ErrorKind::NotFound, format!("there is no run {id:?}"))),
    }
}

impl<'a> PauseJson<'a> {
    fn of(pause: &'a Pause) -> Self {
        Self {
            scope: pause.scope.word(),
            name: pause.scope.name(),
            by: &pause.by,
            reason: &pause.reason,
            since: format_rfc3339_fixed_ms(pause.since),
            until: pause.until.map(format_rfc3339_fixed_ms),
        }
    }
}

impl<'a> RemediationJson<'a> {
    fn of(view: &'a RemediationView) -> Self {
        let settings = &view.settings;
        let limits = view.limits.iter();
        Self {
            name: &settings.name,
            mode: settings.mode.as_str(),
            r#match: settings.matchers.iter().map(matcher::format).collect(),
            target: &settings.target,
            steps: settings.steps.iter().map(StepJson::of).collect(),
            cooldown: text(settings.limits.cooldown),
            limits: limits
                .map(|(limit, used)| LimitJson {
                    runs: limit.runs,
                    per: text(limit.per),
                    used: *used,
                })
                .collect(),
            running: view.running,
            succeeded: view.succeeded,
            failed: view.failed,
            breaker_open: view.breaker_open,
        }
    }
}

impl StepJson {
    fn of(step: &Step) -> Self {
        let kind = match &step.kind {
            StepKind::Act(action) => action.kind(),
            StepKind::Notify { .. } => "notify",
        };
        Self { kind, what: step.what(), timeout: text(step.timeout) }
    }
}

/// A duration as files write it.
fn text(duration: Duration) -> String {
    duration::format(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
