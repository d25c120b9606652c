//! A run as JSON.

use regain_alerting::Annotations;
use regain_go_format::time::format_rfc3339_fixed_ms;
use regain_healing::machine::{Run, Stage};
use regain_model::Labels;
use serde::Serialize;

use crate::v1::LabelsObject;

#[derive(Serialize)]
pub(super) struct RunJson<'a> {
    id: &'a str,
    remediation: &'a str,
    target: LabelsObject<&'a Labels>,
    alert: AlertJson<'a>,
    mode: &'static str,
    state: &'static str,
    step: usize,
    attempt: u32,
    action: &'a str,
    link: Option<&'a str>,
    detail: Option<&'a str>,
    log: Option<&'a str>,
    started_at: String,
    ended_at: Option<String>,
    stages: Vec<StageJson<'a>>,
}

#[derive(Serialize)]
struct AlertJson<'a> {
    fingerprint: String,
    labels: LabelsObject<&'a Labels>,
    annotations: LabelsObject<&'a Annotations>,
    starts_at: String,
}

#[derive(Serialize)]
struct StageJson<'a> {
    state: &'static str,
    at: String,
    detail: Option<&'a str>,
}

impl<'a> RunJson<'a> {
    pub(super) fn of(run: &'a Run) -> Self {
        Self {
            id: run.id.as_str(),
            remediation: &run.remediation,
            target: LabelsObject(&run.target),
            alert: AlertJson {
                fingerprint: run.alert.fingerprint.to_string(),
                labels: LabelsObject(&run.alert.labels),
                annotations: LabelsObject(&run.alert.annotations),
                starts_at: format_rfc3339_fixed_ms(run.alert.starts_at),
            },
            mode: run.mode.as_str(),
            state: run.state().as_str(),
            step: run.step,
            attempt: run.attempt,
            action: &run.action,
            link: run.link.as_deref(),
            detail: run.detail.as_deref(),
            log: run.log.as_deref(),
            started_at: format_rfc3339_fixed_ms(run.started.wall),
            ended_at: run.ended.map(|ended| format_rfc3339_fixed_ms(ended.wall)),
            stages: run.stages.iter().map(StageJson::of).collect(),
        }
    }
}

impl<'a> StageJson<'a> {
    fn of(stage: &'a Stage) -> Self {
        Self {
            state: stage.state.as_str(),
            at: format_rfc3339_fixed_ms(stage.at),
            detail: stage.detail.as_deref(),
        }
    }
}
