//! Healing tells people through the receivers of alerting.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use regain_alerting::notify::{Notification, NotificationReason};
use regain_alerting::{ALERT_NAME, Alert, Alerting};
use regain_healing::machine::Escalation;
use regain_healing::{EscalationError, EscalationSink};
use regain_model::LabelsBuilder;

/// What the alert is called that tells of an escalation.
const NAME: &str = "RemediationEscalated";
const REMEDIATION: &str = "remediation";
/// The name of the alert that healing could not heal.
const OF: &str = "of";

/// Hands escalations to receivers.
#[derive(Debug)]
pub(super) struct Escalations(Alerting);

impl Escalations {
    pub(super) fn new(alerting: Alerting) -> Self {
        Self(alerting)
    }
}

impl EscalationSink for Escalations {
    fn escalate<'a>(
        &'a self,
        escalation: &'a Escalation,
    ) -> BoxFuture<'a, Result<(), EscalationError>> {
        async move {
            let plan = self.0.plan();
            let fail = |why: String| EscalationError { why };
            let Some(integrations) = plan.integrations.get(&escalation.receiver) else {
                return Err(fail(format!("there is no receiver {:?}", escalation.receiver)));
            };
            let notification = notification(escalation, &plan.external_url);
            for integration in integrations {
                let told = integration.notify(&notification).await;
                told.map_err(|error| fail(format!("{}: {error}", integration.name())))?;
            }
            Ok(())
        }
        .boxed()
    }
}

/// An alert of its own, because the one that was to be healed is known already.
fn notification(escalation: &Escalation, external_url: &Arc<str>) -> Notification {
    let mut labels = LabelsBuilder::from(&escalation.labels);
    let of = escalation.labels.get(ALERT_NAME).unwrap_or_default().to_owned();
    labels.set(OF, &of);
    labels.set(ALERT_NAME, NAME);
    labels.set(REMEDIATION, &escalation.remediation);
    let labels = labels.labels();
    let mut annotations = escalation.annotations.clone();
    annotations.insert("summary".to_owned(), escalation.title.clone());
    annotations.insert("description".to_owned(), escalation.text.clone());
    let alert = Alert {
        labels: labels.clone(),
        annotations,
        starts_at: escalation.at,
        ends_at: None,
        generator_url: format!("{external_url}/healing"),
        updated_at: escalation.at,
        timeout: false,
    };
    Notification {
        receiver: Arc::clone(&escalation.receiver),
        group_key: format!("regain/healing/{}", escalation.sequence),
        group_labels: labels,
        route_labels: regain_model::Labels::empty(),
        alerts: vec![Arc::new(alert)],
        reason: NotificationReason::FirstNotification,
        external_url: Arc::clone(external_url),
        now: escalation.at,
        receiver_data: BTreeMap::new(),
    }
}
