//! What people are told: an alert of its own, because the one that was to be healed is known already.

use regain_alerting::{ALERT_NAME, Alert};
use regain_model::LabelsBuilder;

use crate::machine::Escalation;

/// What the alert is called that tells of an escalation. Nothing heals it.
pub const ESCALATED: &str = "RemediationEscalated";

/// The label that names the remediation.
const REMEDIATION: &str = "remediation";
/// The label with the name of the alert that was not healed.
const OF: &str = "of";

impl Escalation {
    /// The alert that tells of it: the labels and annotations of the one that was not healed, under a name of its own,
    /// with what happened as `summary` and `description`.
    pub fn alert(&self, generator_url: String) -> Alert {
        let mut labels = LabelsBuilder::from(&self.labels);
        let of = self.labels.get(ALERT_NAME).unwrap_or_default().to_owned();
        labels.set(OF, &of);
        labels.set(ALERT_NAME, ESCALATED);
        labels.set(REMEDIATION, &self.remediation);
        let mut annotations = self.annotations.clone();
        annotations.insert("summary".to_owned(), self.title.clone());
        annotations.insert("description".to_owned(), self.text.clone());
        Alert {
            labels: labels.labels(),
            annotations,
            starts_at: self.at,
            ends_at: None,
            generator_url,
            updated_at: self.at,
            timeout: false,
        }
    }
}
