//! `alerts` and `alerts/groups`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{Request, StatusCode};
use regain_alerting::{AlertFilter, AlertView, Closed, GroupView, PostedAlert, Verdict};
use regain_go_format::time::format_rfc3339_fixed_ms;
use regain_model::Labels;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Failure};
use super::posted::{self, Object};
use super::{Open, matching};
use crate::params::Params;

/// What errors call the body of a request.
const BODY: &str = "alerts";

type Texts<'a> = BTreeMap<&'a str, &'a str>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertJson<'a> {
    annotations: Texts<'a>,
    ends_at: String,
    fingerprint: String,
    receivers: Vec<Receiver<'a>>,
    starts_at: String,
    status: Status<'a>,
    updated_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "str::is_empty")]
    generator_url: &'a str,
    labels: Texts<'a>,
}

#[derive(Serialize)]
struct Receiver<'a> {
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    inhibited_by: Vec<String>,
    muted_by: Vec<&'a str>,
    silenced_by: Vec<&'a str>,
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupJson<'a> {
    alerts: Vec<AlertJson<'a>>,
    labels: Texts<'a>,
    receiver: Receiver<'a>,
    route_labels: Texts<'a>,
}

/// `GET /api/v2/alerts`.
pub(super) async fn list(open: Open, params: Params) -> Result<Response, Failure> {
    let filter = filter(&params, &open)?;
    let alerts = open.0.alerting.alerts(filter).await?;
    let shown: Vec<_> = alerts.iter().map(AlertJson::of).collect();
    Ok(Answer(shown).into_response())
}

/// `GET /api/v2/alerts/groups`.
pub(super) async fn groups(open: Open, params: Params) -> Result<Response, Failure> {
    let filter =
        AlertFilter { muted: matching::is_on(&params, "muted"), ..filter(&params, &open)? };
    let groups = open.0.alerting.groups(filter).await?;
    let shown: Vec<_> = groups.iter().map(GroupJson::of).collect();
    Ok(Answer(shown).into_response())
}

fn filter(params: &Params, open: &Open) -> Result<AlertFilter, Failure> {
    let mode = open.mode();
    Ok(AlertFilter {
        matchers: matching::filter(params, mode)?,
        receiver: matching::receiver(params)?,
        receiver_matchers: matching::of_receivers(params, mode)?,
        active: matching::is_on(params, "active"),
        silenced: matching::is_on(params, "silenced"),
        inhibited: matching::is_on(params, "inhibited"),
        muted: true,
    })
}

/// `POST /api/v2/alerts`. What is right in a batch is taken in even where something else is wrong.
pub(super) async fn post(open: Open, request: Request<Body>) -> Result<Response, Failure> {
    let body = posted::read(request, BODY).await?;
    let items = match &body {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        other => {
            let kind = posted::kind(other);
            let why = format!(
                "json: cannot unmarshal {kind} into Go value of type models.PostableAlerts"
            );
            return Err(posted::unreadable(BODY, &why));
        }
    };
    let read = |(index, item)| alert(&Object::new(BODY, format!("{index}."), item)?);
    let alerts = items.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    let verdicts = open.0.put(alerts).await?;
    let refused = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Invalid(why) => Some(why.to_string()),
        Verdict::Stored | Verdict::Limited => None,
    });
    let refused: Vec<_> = refused.collect();
    if refused.is_empty() {
        return Ok(StatusCode::OK.into_response());
    }
    tracing::error!(err = refused.join("\n"), "Failed to validate alerts");
    Err(Failure::bad(refused.join("\n")))
}

fn alert(object: &Object<'_>) -> Result<PostedAlert, Failure> {
    let generator_url = object.text("generatorURL")?.unwrap_or_default();
    let is_url = generator_url.is_empty() || url::Url::parse(generator_url).is_ok();
    if !is_url && !generator_url.starts_with('/') {
        return Err(object.malformed("generatorURL", "uri", generator_url));
    }
    let annotations = object.texts("annotations")?.unwrap_or_default();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(PostedAlert {
        labels: Labels::from_pairs(object.needed_texts("labels")?),
        annotations: annotations.into_iter().map(owned).collect(),
        starts_at: object.time("startsAt")?,
        ends_at: object.time("endsAt")?,
        generator_url: generator_url.to_owned(),
    })
}

impl<'a> AlertJson<'a> {
    fn of(view: &'a AlertView) -> Self {
        let alert = &view.alert;
        let annotations = alert.annotations.iter();
        Self {
            annotations: annotations.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            ends_at: alert.ends_at.map(format_rfc3339_fixed_ms).unwrap_or_default(),
            fingerprint: view.fingerprint.to_string(),
            receivers: view.receivers.iter().map(|name| Receiver { name }).collect(),
            starts_at: format_rfc3339_fixed_ms(alert.starts_at),
            status: Status {
                inhibited_by: view.inhibited_by.iter().map(ToString::to_string).collect(),
                muted_by: texts(&view.muted_by),
                silenced_by: texts(&view.silenced_by),
                state: view.state().as_str(),
            },
            updated_at: format_rfc3339_fixed_ms(alert.updated_at),
            generator_url: &alert.generator_url,
            labels: alert.labels.iter().collect(),
        }
    }
}

impl<'a> GroupJson<'a> {
    fn of(group: &'a GroupView) -> Self {
        Self {
            alerts: group.alerts.iter().map(AlertJson::of).collect(),
            labels: group.labels.iter().collect(),
            receiver: Receiver { name: &group.receiver },
            route_labels: group.route_labels.iter().collect(),
        }
    }
}

fn texts(texts: &[Arc<str>]) -> Vec<&str> {
    texts.iter().map(AsRef::as_ref).collect()
}

impl From<Closed> for Failure {
    fn from(closed: Closed) -> Self {
        Self::Text(StatusCode::SERVICE_UNAVAILABLE, closed.to_string())
    }
}
