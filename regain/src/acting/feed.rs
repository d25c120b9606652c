//! What healing sees of alerting: all alerts with what suppresses them, each second and whenever something changes.

use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::{AlertView, Alerting};
use regain_healing::Healing;
use regain_healing::settings::{Observation, Suppression};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often healing looks even where nothing has changed: silences begin and end by themselves.
const LOOK: Duration = Duration::from_secs(1);

/// How long after the start an alert that is not listed may still be unknown rather than over: alerting begins with an
/// empty memory, and senders repeat what fires within this time.
const UNKNOWN: Duration = Duration::from_mins(5);

/// Feeds healing until `stop`.
pub(super) async fn run(alerting: Alerting, healing: Healing, stop: CancellationToken) {
    let mut changes = alerting.changes();
    let begin = Instant::now();
    let mut timer = interval(LOOK);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = timer.tick() => {}
            changed = changes.changed() => if changed.is_err() { return },
        }
        let Ok(alerts) = alerting.active().await else { return };
        let now = alerting.now();
        let seen = alerts.iter().map(|view| observation(view, now)).collect();
        if begin.elapsed() < UNKNOWN {
            healing.observe(seen).await;
        } else {
            healing.observe_all(seen).await;
        }
    }
}

fn observation(view: &AlertView, now: Timestamp) -> Observation {
    Observation {
        alert: (*view.alert).clone(),
        firing: !view.alert.is_resolved_at(now),
        suppression: Suppression {
            silenced: !view.silenced_by.is_empty(),
            inhibited: !view.inhibited_by.is_empty(),
            muted: !view.muted_by.is_empty(),
        },
    }
}
