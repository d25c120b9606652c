//! Alerts as tests compare and print them.

use std::fmt::{self, Write as _};

use regain_go_format::quote::quote;
use regain_model::is_legacy_label_name;
use regain_rules::{Alert, Texts};

use super::diff::Tree;

const ALERT_NAME: &str = "alertname";

/// What tests see of an alert. The order is that of the labels, and then of the annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ShownAlert {
    labels: Texts,
    annotations: Texts,
}

impl ShownAlert {
    /// An alert of the rule `name`, whose label nobody has to write.
    pub(super) fn expected(name: &str, mut labels: Texts, annotations: Texts) -> Self {
        labels.insert(ALERT_NAME.to_owned(), name.to_owned());
        Self { labels, annotations }
    }

    /// An alert that fires.
    pub(super) fn of(alert: &Alert) -> Self {
        let labels = alert.labels.iter();
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { labels, annotations: alert.annotations.clone() }
    }
}

/// Writes alerts as a list with their numbers.
pub(super) fn listed(alerts: &[ShownAlert]) -> String {
    if alerts.is_empty() {
        return "[]".to_owned();
    }
    let mut text = "[".to_owned();
    for (index, ShownAlert { labels, annotations }) in alerts.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let (labels, annotations) = (Braced(labels), Braced(annotations));
        write!(text, "{comma}\n{index}:\n  Labels:{labels}\n  Annotations:{annotations}")
            .expect("writing to a string succeeds");
    }
    text + "\n]"
}

/// The alerts as a value to be compared; no alert at all is one without labels, as upstream has it.
pub(super) fn tree(alerts: &[ShownAlert]) -> Tree {
    let none = [ShownAlert::default()];
    let alerts = if alerts.is_empty() { &none } else { alerts };
    let texts = |texts: &Texts| {
        Tree::Map(texts.iter().map(|(k, v)| (k.clone(), Tree::Text(v.clone()))).collect())
    };
    let alerts = alerts.iter().map(|alert| {
        let parts = [("Labels", &alert.labels), ("Annotations", &alert.annotations)];
        Tree::Map(parts.into_iter().map(|(name, part)| (name.to_owned(), texts(part))).collect())
    });
    Tree::List(alerts.collect())
}

/// Writes texts as labels are written. Unlike labels, texts may be empty.
struct Braced<'a>(&'a Texts);

impl fmt::Display for Braced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            if is_legacy_label_name(name) {
                f.write_str(name)?;
            } else {
                f.write_str(&quote(name))?;
            }
            write!(f, "={}", quote(value))?;
        }
        f.write_str("}")
    }
}
