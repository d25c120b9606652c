//! Healing tells people through the receivers of alerting.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use regain_alerting::Alerting;
use regain_alerting::notify::{Notification, NotificationReason};
use regain_healing::machine::Escalation;
use regain_healing::{EscalationError, EscalationSink};

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

fn notification(escalation: &Escalation, external_url: &Arc<str>) -> Notification {
    let alert = escalation.alert(format!("{external_url}/healing"));
    Notification {
        receiver: Arc::clone(&escalation.receiver),
        group_key: format!("regain/healing/{}", escalation.sequence),
        group_labels: alert.labels.clone(),
        route_labels: regain_model::Labels::empty(),
        alerts: vec![Arc::new(alert)],
        reason: NotificationReason::FirstNotification,
        external_url: Arc::clone(external_url),
        now: escalation.at,
        receiver_data: BTreeMap::new(),
    }
}
