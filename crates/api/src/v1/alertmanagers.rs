//! `alertmanagers`: whom alerts are sent to.

use serde::Serialize;

use crate::door::Open;
use crate::envelope::Success;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alertmanagers {
    active_alertmanagers: Vec<Alertmanager>,
    dropped_alertmanagers: Vec<Alertmanager>,
}

#[derive(Serialize)]
struct Alertmanager {
    url: String,
}

/// `/api/v1/alertmanagers`.
pub(crate) async fn alertmanagers(Open(serving): Open) -> Success {
    let named = |urls: Vec<String>| urls.into_iter().map(|url| Alertmanager { url }).collect();
    let known = serving.notifier.alertmanagers();
    Success::json(&Alertmanagers {
        active_alertmanagers: named(known.active),
        dropped_alertmanagers: named(known.dropped),
    })
}
