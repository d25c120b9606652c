//! Looks at what an Alertmanager knows of the alerts that its webhooks bring here.
//!
//! Webhooks say nothing of a silence that begins after a notification, and after a restart nothing comes before the
//! notification is repeated. Where the Alertmanager and the receiver are named, both are seen within seconds.

use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::Alert;
use regain_go_format::time::parse_rfc3339;
use regain_healing::settings::{Observation, Suppression};
use regain_healing::{ESCALATED, Healing};
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::answer::{Texts, labels};
use crate::alerting;
use crate::api_client::{AskError, Server};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(5);

/// Where to look, and at which receiver's alerts.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) alertmanager: Server,
    pub(super) receiver: String,
}

/// An alert as `GET /api/v2/alerts` lists it. What has resolved is not listed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    labels: Texts,
    annotations: Texts,
    starts_at: String,
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
    receivers: Vec<Receiver>,
    status: Status,
}

#[derive(Deserialize)]
struct Receiver {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
struct Status {
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
    #[serde(default)]
    muted_by: Vec<String>,
}

impl Look {
    /// Tells `healing` until `stop`.
    pub(super) async fn run(self, healing: Healing, stop: CancellationToken) {
        let mut timer = interval(LOOK);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut fails = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = timer.tick() => {}
            }
            let observations = tokio::select! {
                () = stop.cancelled() => return,
                observations = self.observations() => observations,
            };
            match observations {
                Ok(observations) => {
                    fails = false;
                    healing.observe(observations).await;
                }
                // Once is enough until it works again.
                Err(_) if fails => {}
                Err(error) => {
                    fails = true;
                    tracing::warn!(err = %error, "The Alertmanager does not say what fires; webhooks still count");
                }
            }
        }
    }

    async fn observations(&self) -> Result<Vec<Observation>, AskError> {
        let listed: Vec<Listed> = self.alertmanager.bare(&["api", "v2", "alerts"]).await?;
        let now = alerting::now();
        let is_ours =
            |alert: &Listed| alert.receivers.iter().any(|receiver| receiver.name == self.receiver);
        Ok(listed.into_iter().filter(is_ours).filter_map(|alert| alert.observation(now)).collect())
    }
}

impl Listed {
    /// What it says of an alert at `now`; nothing where it tells of an escalation, or not since when.
    fn observation(self, now: Timestamp) -> Option<Observation> {
        let alert = Alert {
            labels: labels(&self.labels),
            annotations: self.annotations,
            starts_at: parse_rfc3339(&self.starts_at)?,
            ends_at: None,
            generator_url: self.generator_url,
            updated_at: now,
            timeout: false,
        };
        if alert.name() == ESCALATED {
            return None;
        }
        let suppression = Suppression {
            silenced: !self.status.silenced_by.is_empty(),
            inhibited: !self.status.inhibited_by.is_empty(),
            muted: !self.status.muted_by.is_empty(),
        };
        Some(Observation { alert, firing: true, suppression })
    }
}
