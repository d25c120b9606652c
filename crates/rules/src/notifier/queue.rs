//! The alerts that wait for one Alertmanager.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use super::alert::OutgoingAlert;
use super::metrics::AlertmanagerMetrics;

/// Is a queue with a capacity. Where it is full, the oldest alerts make room.
#[derive(Debug)]
pub(super) struct AlertQueue {
    waiting: Mutex<VecDeque<Arc<OutgoingAlert>>>,
    capacity: usize,
    has_news: Notify,
    metrics: AlertmanagerMetrics,
}

impl AlertQueue {
    pub(super) fn new(capacity: usize, metrics: AlertmanagerMetrics) -> Self {
        Self { waiting: Mutex::default(), capacity, has_news: Notify::new(), metrics }
    }

    /// Puts alerts in the queue and returns how many were dropped for it.
    pub(super) fn push(&self, alerts: &[Arc<OutgoingAlert>]) -> usize {
        let skipped = alerts.len().saturating_sub(self.capacity);
        let alerts = &alerts[skipped..];
        let mut waiting = self.waiting();
        let old = (waiting.len() + alerts.len()).saturating_sub(self.capacity);
        waiting.drain(..old);
        waiting.extend(alerts.iter().cloned());
        self.metrics.set_queue_length(waiting.len());
        drop(waiting);
        let dropped = skipped + old;
        if dropped > 0 {
            self.metrics.dropped(dropped);
        }
        self.has_news.notify_one();
        dropped
    }

    /// Takes the oldest alerts, at most `max`.
    pub(super) fn take(&self, max: usize) -> Vec<Arc<OutgoingAlert>> {
        let mut waiting = self.waiting();
        let count = waiting.len().min(max);
        let batch = waiting.drain(..count).collect();
        self.metrics.set_queue_length(waiting.len());
        batch
    }

    /// Drops all alerts and returns how many there were.
    pub(super) fn clear(&self) -> usize {
        let count = self.take(usize::MAX).len();
        self.metrics.dropped(count);
        count
    }

    /// Waits until something was put in.
    pub(super) async fn changed(&self) {
        self.has_news.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Arc<OutgoingAlert>>> {
        self.waiting.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use regain_metrics::{MetricValue, Registry};
    use regain_model::Labels;

    use super::*;
    use crate::notifier::metrics::NotifierMetrics;
    use crate::settings::Texts;

    const DROPPED: &str = "prometheus_notifications_dropped_total";

    fn alerts(numbers: std::ops::Range<usize>) -> Vec<Arc<OutgoingAlert>> {
        let alert = |number: usize| OutgoingAlert {
            labels: Labels::from_pairs([("n", number.to_string())]),
            annotations: Texts::new(),
            starts_at: None,
            ends_at: Duration::ZERO,
            generator_url: String::new(),
        };
        numbers.map(|number| Arc::new(alert(number))).collect()
    }

    fn numbers(alerts: &[Arc<OutgoingAlert>]) -> Vec<usize> {
        alerts.iter().map(|alert| alert.labels.get("n").unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn the_oldest_alerts_leave_a_full_queue() {
        let registry = Registry::new();
        let metrics = NotifierMetrics::register(&registry, 5).of("http://a");
        let queue = AlertQueue::new(5, metrics);
        let counted = || {
            let gathered = registry.gather();
            let family = gathered.families.iter().find(|family| family.name == DROPPED).unwrap();
            family.metrics[0].value.clone()
        };
        // Columns: pushed, dropped for it in all, then in the queue.
        for (pushed, dropped, held) in
            [(0..3, 0.0, 0..3), (3..5, 0.0, 0..5), (5..6, 1.0, 1..6), (6..13, 8.0, 8..13)]
        {
            queue.push(&alerts(pushed.clone()));
            assert_eq!(counted(), MetricValue::Number(dropped), "after {pushed:?}");
            let waiting: Vec<_> = queue.waiting().iter().cloned().collect();
            assert_eq!(numbers(&waiting), held.collect::<Vec<_>>(), "after {pushed:?}");
        }
        assert_eq!(numbers(&queue.take(2)), [8, 9]);
        assert_eq!(queue.clear(), 3);
        assert_eq!(counted(), MetricValue::Number(11.0));
    }
}
