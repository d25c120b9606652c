//! An alert on its way out.

use std::sync::Arc;
use std::time::Duration;

use regain_model::relabel::{RelabelConfig, process};
use regain_model::{Labels, LabelsBuilder};

use crate::alert::Alert;
use crate::settings::Texts;

/// Is an alert as receivers get it. Times are those since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingAlert {
    pub labels: Labels,
    pub annotations: Texts,
    /// Is when the alert fired; absent where it is not known.
    pub starts_at: Option<Duration>,
    /// Is when it was resolved, or until when it is to be taken as firing.
    pub ends_at: Duration,
    /// Leads to the expression.
    pub generator_url: String,
}

impl OutgoingAlert {
    /// Makes what is sent of an alert that counts as firing until `valid_until`.
    pub(crate) fn of(alert: Alert, valid_until: Duration, generator_url: &str) -> Self {
        Self {
            labels: alert.labels,
            annotations: alert.annotations,
            starts_at: alert.fired_at,
            ends_at: alert.resolved_at.unwrap_or(valid_until),
            generator_url: generator_url.to_owned(),
        }
    }
}

/// Adds the external labels that alerts lack and applies the rules; leaves out alerts that a rule drops.
pub(super) fn relabel(
    rules: &[RelabelConfig],
    external_labels: &Labels,
    alerts: &[Arc<OutgoingAlert>],
) -> Vec<Arc<OutgoingAlert>> {
    if rules.is_empty() && external_labels.is_empty() {
        return alerts.to_vec();
    }
    let mut builder = LabelsBuilder::new();
    let mut relabelled = Vec::with_capacity(alerts.len());
    for alert in alerts {
        builder.reset(&alert.labels);
        for (name, value) in external_labels {
            if alert.labels.get(name).is_none() {
                builder.set(name, value);
            }
        }
        if !process(rules, &mut builder) {
            continue;
        }
        let labels = builder.labels();
        relabelled.push(if labels == alert.labels {
            Arc::clone(alert)
        } else {
            Arc::new(OutgoingAlert { labels, ..OutgoingAlert::clone(alert) })
        });
    }
    relabelled
}
