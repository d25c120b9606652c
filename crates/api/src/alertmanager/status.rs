//! `status` and `receivers`.

use std::collections::BTreeMap;

use axum::response::{IntoResponse as _, Response};
use regain_alerting::fulfils;
use regain_alerting::settings::ReceiverSettings;
use regain_go_format::time::format_rfc3339_fixed_ms;
use serde::Serialize;

use super::answer::{Answer, Failure};
use super::{Open, matching};
use crate::build_info::BuildInfo;
use crate::params::Params;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusJson<'a> {
    cluster: Cluster,
    config: Config<'a>,
    uptime: String,
    version_info: VersionInfo<'a>,
}

/// What is known of peers: there are none, because clusters are not built.
#[derive(Serialize)]
struct Cluster {
    peers: [(); 0],
    status: &'static str,
}

#[derive(Serialize)]
struct Config<'a> {
    original: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionInfo<'a> {
    branch: &'a str,
    build_date: &'a str,
    build_user: &'a str,
    go_version: &'a str,
    revision: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct ReceiverJson<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    name: &'a str,
}

/// `GET /api/v2/status`.
pub(super) async fn status(Open(service): Open) -> Response {
    let config = service.config.load_full();
    Answer(StatusJson {
        cluster: Cluster { peers: [], status: "disabled" },
        config: Config { original: &config },
        uptime: format_rfc3339_fixed_ms(service.alerting.started_at()),
        version_info: VersionInfo::of(&service.build),
    })
    .into_response()
}

impl<'a> VersionInfo<'a> {
    fn of(build: &'a BuildInfo) -> Self {
        Self {
            branch: &build.branch,
            build_date: &build.build_date,
            build_user: &build.build_user,
            go_version: &build.go_version,
            revision: &build.revision,
            version: &build.version,
        }
    }
}

/// `GET /api/v2/receivers`.
pub(super) async fn receivers(open: Open, params: Params) -> Result<Response, Failure> {
    let wanted = matching::of_receivers(&params, open.mode())?;
    let plan = open.0.alerting.plan();
    let receivers = plan.settings.receivers.iter();
    let receivers = receivers.filter(|receiver| fulfils(&receiver.labels, &wanted));
    Ok(Answer(receivers.map(ReceiverJson::of).collect::<Vec<_>>()).into_response())
}

impl<'a> ReceiverJson<'a> {
    fn of(receiver: &'a ReceiverSettings) -> Self {
        Self { labels: receiver.labels.iter().collect(), name: &receiver.name }
    }
}
