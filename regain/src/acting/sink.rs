//! The way of alerts from rules to alerting in the same process.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regain_alerting::{Alerting, PostedAlert};
use regain_metrics::{Counter, Registry};
use regain_rules::notifier::{AlertSink, OutgoingAlert};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many batches may wait. Rules repeat their alerts, so that what finds no room comes again.
const BATCHES_MAX: usize = 1024;

/// Takes alerts and hands them over in their order.
#[derive(Debug)]
pub(super) struct Intake {
    batches: mpsc::Sender<Vec<PostedAlert>>,
    dropped: Counter,
}

impl Intake {
    /// Starts a task that hands over, until `stop`.
    pub(super) fn start(
        alerting: Alerting,
        registry: &Registry,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (batches, mut waiting) = mpsc::channel::<Vec<PostedAlert>>(BATCHES_MAX);
        let dropped = registry.counter(
            "regain_alerting_intake_dropped_total",
            "Total number of alerts that found no room on their way to alerting in the same process.",
        );
        let stop = stop.clone();
        tasks.spawn(async move {
            loop {
                let batch = tokio::select! {
                    () = stop.cancelled() => return,
                    batch = waiting.recv() => batch,
                };
                let Some(batch) = batch else { return };
                if alerting.put(batch).await.is_err() {
                    return;
                }
            }
        });
        Self { batches, dropped }
    }
}

impl AlertSink for Intake {
    fn receive(&self, alerts: &[Arc<OutgoingAlert>]) {
        let batch: Vec<_> = alerts.iter().map(|alert| posted(alert)).collect();
        let count = batch.len();
        if self.batches.try_send(batch).is_err() {
            self.dropped.add(count as u64);
        }
    }
}

fn posted(alert: &OutgoingAlert) -> PostedAlert {
    let time = |since_epoch| {
        let since_epoch = SignedDuration::try_from(since_epoch).unwrap_or(SignedDuration::MAX);
        Timestamp::from_duration(since_epoch).unwrap_or(Timestamp::MAX)
    };
    PostedAlert {
        labels: alert.labels.clone(),
        annotations: alert.annotations.clone(),
        starts_at: alert.starts_at.map(time),
        ends_at: Some(time(alert.ends_at)),
        generator_url: alert.generator_url.clone(),
    }
}
