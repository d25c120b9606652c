//! Webhooks of an Alertmanager: each alert of a notification becomes something that healing knows of.
//!
//! An Alertmanager sends again what was answered with 5xx, and drops what was answered with 4xx. So the answer is 200
//! once what was decided is written, and 5xx whenever the same notification could be taken a moment later.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{Request, StatusCode};
use jiff::Timestamp;
use regain_alerting::{ALERT_NAME, Alert};
use regain_go_format::time::parse_rfc3339;
use regain_healing::settings::{Observation, Suppression};
use regain_healing::{ControlError, ESCALATED};
use regain_metrics::{CounterVec, Registry};
use regain_model::Labels;
use serde::{Deserialize, Serialize};

use super::body;
use super::state::HealingState;
use crate::envelope::{ApiError, Success, plain_error};
use crate::guard::{Changes, MayChange};

/// The largest notification that is read. One of ten thousand alerts has some 8 MB.
const BODY_BYTES_MAX: usize = 16 << 20;
/// The version of the payload, which Alertmanager has had since 0.15.
const VERSION: &str = "4";

/// What the handler needs.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    healing: HealingState,
    alerts: CounterVec,
}

impl axum::extract::FromRef<Webhook> for Changes {
    fn from_ref(state: &Webhook) -> Self {
        state.healing.changes.clone()
    }
}

impl Webhook {
    /// Adds its metrics to `registry`: once per registry.
    pub(super) fn new(healing: HealingState, registry: &Registry) -> Self {
        let alerts = registry.counter_vec(
            "regain_healing_webhook_alerts_total",
            "Total number of alerts that webhooks brought, by what they said of them.",
            &["status"],
        );
        for status in ["firing", "resolved", "ignored"] {
            alerts.with(&[status]);
        }
        Self { healing, alerts }
    }
}

#[derive(Deserialize)]
struct Payload {
    version: String,
    #[serde(default, rename = "groupKey")]
    group_key: String,
    #[serde(default, rename = "truncatedAlerts")]
    truncated_alerts: u64,
    alerts: Vec<AlertJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertJson {
    status: Status,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: String,
    #[serde(default)]
    ends_at: String,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Status {
    Firing,
    Resolved,
}

#[derive(Serialize)]
struct Taken {
    alerts: usize,
}

/// `POST /` and `POST /webhook`.
pub(super) async fn webhook(
    State(webhook): State<Webhook>,
    _: MayChange,
    request: Request<Body>,
) -> Response {
    let Some(service) = webhook.healing.door.service() else {
        return plain_error(StatusCode::SERVICE_UNAVAILABLE, "healing is starting or stopping");
    };
    let payload: Payload = match body::read(request, BODY_BYTES_MAX).await {
        Ok(payload) => payload,
        Err(error) => return error.into_response(),
    };
    let observations = match observations(payload, (service.now)()) {
        Ok(observations) => observations,
        Err(error) => return error.into_response(),
    };
    let observations = webhook.count(observations);
    let alerts = observations.len();
    match service.healing.take(observations).await {
        Ok(()) => Success::json(&Taken { alerts }).into_response(),
        Err(error @ ControlError::Stopped) => plain_error(StatusCode::SERVICE_UNAVAILABLE, error),
        Err(error) => plain_error(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

impl Webhook {
    /// Counts alerts, and leaves out those that tell of escalations: a route that sends all alerts here brings them
    /// back, with the labels of the alert that could not be healed.
    fn count(&self, mut observations: Vec<Observation>) -> Vec<Observation> {
        let before = observations.len();
        observations.retain(|one| one.alert.labels.get(ALERT_NAME) != Some(ESCALATED));
        let ignored = before - observations.len();
        let firing = observations.iter().filter(|one| one.firing).count();
        let resolved = observations.len() - firing;
        for (status, count) in [("firing", firing), ("resolved", resolved), ("ignored", ignored)] {
            self.alerts.with(&[status]).add(count as u64);
        }
        observations
    }
}

/// The alerts of a notification, as they are at `now`. Alertmanager sends only what nothing suppresses.
fn observations(payload: Payload, now: Timestamp) -> Result<Vec<Observation>, ApiError> {
    let Payload { version, group_key, truncated_alerts, alerts } = payload;
    if version != VERSION {
        let why = format!("the payload has version {version:?}, and not {VERSION:?}");
        return Err(ApiError::bad_data(why));
    }
    if truncated_alerts > 0 {
        tracing::warn!(
            group_key,
            truncated_alerts,
            "A webhook left out alerts, which nothing heals: take max_alerts out of its configuration"
        );
    }
    let read = |(index, alert): (usize, AlertJson)| alert.observation(index, now);
    alerts.into_iter().enumerate().map(read).collect()
}

impl AlertJson {
    fn observation(self, index: usize, now: Timestamp) -> Result<Observation, ApiError> {
        let wrong = |what: &str| ApiError::bad_data(format!("alerts[{index}]: {what}"));
        let firing = self.status == Status::Firing;
        let labels = self.labels.iter().filter(|(_, value)| !value.is_empty());
        let labels: Vec<(&str, &str)> =
            labels.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if labels.is_empty() {
            return Err(wrong("there are no labels"));
        }
        let starts_at = parse_rfc3339(&self.starts_at);
        let starts_at = starts_at.ok_or_else(|| wrong("startsAt is no time of RFC 3339"))?;
        let ends_at = match self.ends_at.as_str() {
            "" => None,
            text => {
                let end = parse_rfc3339(text);
                Some(end.ok_or_else(|| wrong("endsAt is no time of RFC 3339"))?)
            }
        };
        Ok(Observation {
            firing,
            suppression: Suppression::default(),
            alert: Alert {
                labels: Labels::from_pairs(labels),
                annotations: self.annotations,
                starts_at,
                // Of a firing alert Alertmanager does not know the end, and writes Go's zero time.
                ends_at: ends_at.filter(|_| !firing),
                generator_url: self.generator_url,
                updated_at: now,
                timeout: false,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(alerts: &str, version: &str) -> Result<Vec<Observation>, String> {
        let text = format!(r#"{{"version":"{version}","groupKey":"g","alerts":{alerts}}}"#);
        let payload = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        observations(payload, Timestamp::UNIX_EPOCH).map_err(|error| error.to_string())
    }

    #[test]
    fn each_alert_of_a_notification_is_described_as_of_now() {
        let found = read(
            r#"[{"status":"firing","labels":{"alertname":"A","empty":""},"annotations":{"a":"b"},
                 "startsAt":"2026-01-02T03:04:05.678Z","endsAt":"0001-01-01T00:00:00Z",
                 "generatorURL":"http://g","fingerprint":"f"},
                {"status":"resolved","labels":{"alertname":"B"},"annotations":{},
                 "startsAt":"2026-01-02T03:04:05Z","endsAt":"2026-01-02T03:05:05+01:00"}]"#,
            "4",
        );
        let found = found.unwrap();
        assert_eq!(found.iter().map(|one| one.firing).collect::<Vec<_>>(), [true, false]);
        let (fires, over) = (&found[0].alert, &found[1].alert);
        assert_eq!(fires.labels, Labels::from_pairs([("alertname", "A")]));
        assert_eq!((fires.ends_at, fires.updated_at), (None, Timestamp::UNIX_EPOCH));
        assert_eq!(over.ends_at.unwrap().to_string(), "2026-01-02T02:05:05Z");
    }

    #[test]
    fn what_is_no_notification_is_refused_with_the_place() {
        for (alerts, version, why) in [
            ("[]", "3", "the payload has version \"3\", and not \"4\""),
            (r#"[{"status":"firing","labels":{},"startsAt":"x"}]"#, "4", "alerts[0]: there are no"),
            (r#"[{"status":"firing","labels":{"a":"b"},"startsAt":"x"}]"#, "4", "startsAt is no"),
            (r#"[{"status":"burning","labels":{"a":"b"},"startsAt":"x"}]"#, "4", "unknown variant"),
            ("7", "4", "invalid type"),
        ] {
            let error = read(alerts, version).unwrap_err();
            assert!(error.contains(why), "{alerts}: {error}");
        }
    }
}
