//! A healer tells people through an Alertmanager, or through its log where it knows none.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use regain_go_format::time::format_rfc3339_fixed_ms;
use regain_healing::machine::Escalation;
use regain_healing::{EscalationError, EscalationSink};
use serde::Serialize;

use crate::api_client::Server;

/// The label with the receiver that the remediation names, for routes to match.
const RECEIVER: &str = "escalate_to";

/// Hands escalations on.
#[derive(Debug)]
pub(super) struct Escalations {
    /// Where alerts go.
    pub(super) alertmanager: Option<Server>,
    /// Where people find this program.
    pub(super) external_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    annotations: &'a BTreeMap<String, String>,
    starts_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
}

impl EscalationSink for Escalations {
    fn escalate<'a>(
        &'a self,
        escalation: &'a Escalation,
    ) -> BoxFuture<'a, Result<(), EscalationError>> {
        async move {
            let Some(alertmanager) = &self.alertmanager else {
                let Escalation { remediation, labels, title, text, .. } = escalation;
                tracing::error!(%remediation, alert = %labels, detail = text, "{title}");
                return Ok(());
            };
            let alert = escalation.alert(format!("{}/api/v1/regain/healing", self.external_url));
            let mut labels: BTreeMap<&str, &str> = alert.labels.iter().collect();
            labels.insert(RECEIVER, &escalation.receiver);
            let posted = Posted {
                labels,
                annotations: &alert.annotations,
                starts_at: format_rfc3339_fixed_ms(alert.starts_at),
                generator_url: &alert.generator_url,
            };
            let told = alertmanager.tell(&["api", "v2", "alerts"], &[posted]).await;
            told.map_err(|error| EscalationError { why: error.to_string() })
        }
        .boxed()
    }
}
