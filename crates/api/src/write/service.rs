//! Takes pushed samples, and counts what became of them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use regain_http::capped::unsnappy;
use regain_metrics::{Counter, CounterVec, Registry};
use regain_model::Timestamp;
use regain_remote::write::{DECODED_BYTES_MAX, Message, Outcome, Receiver, ReceiverOptions};
use regain_storage::Appendable;

use super::accepted::AcceptedMessages;
use super::failure::Failure;

/// How often series over a limit are logged at most, in milliseconds.
const LIMIT_LOG_MS: i64 = 60_000;

/// Takes pushed samples.
pub struct WriteService {
    receiver: Receiver,
    pub(super) accepted: AcceptedMessages,
    metrics: WriteMetrics,
    pub(super) limit_log: Arc<LimitLog>,
}

impl fmt::Debug for WriteService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteService").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

/// When series over a limit were last logged: a sender repeats them in every request.
#[derive(Debug)]
pub(super) struct LimitLog(AtomicI64);

impl LimitLog {
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        // Ordering: a line more or less does no harm.
        let last = self.0.load(Ordering::Relaxed);
        let is_due = now.0 < last || now.0.saturating_sub(last) >= LIMIT_LOG_MS;
        if is_due {
            self.0.store(now.0, Ordering::Relaxed);
        }
        is_due
    }
}

struct WriteMetrics {
    invalid_labels: Counter,
    samples: Counter,
    histograms: Counter,
    exemplars: Counter,
    metadata: Counter,
    skipped: CounterVec,
}

impl WriteService {
    /// A service that appends to `store` what comes in one of the `accepted` messages. Adds its metrics to
    /// `registry`: once per registry.
    pub fn new(
        store: Arc<dyn Appendable>,
        options: ReceiverOptions,
        accepted: AcceptedMessages,
        registry: &Registry,
    ) -> Self {
        let metrics = WriteMetrics {
            invalid_labels: registry.counter(
                "prometheus_api_remote_write_invalid_labels_samples_total",
                "The total number of received remote write samples and histogram samples which were \
                 rejected due to invalid labels.",
            ),
            samples: registry.counter(
                "regain_remote_write_received_samples_total",
                "Samples that were received by remote write and kept.",
            ),
            histograms: registry.counter(
                "regain_remote_write_received_histograms_total",
                "Native histograms that were received by remote write and kept.",
            ),
            exemplars: registry.counter(
                "regain_remote_write_received_exemplars_total",
                "Exemplars that were received by remote write and kept.",
            ),
            metadata: registry.counter(
                "regain_remote_write_received_metadata_total",
                "Metadata that was received by remote write: entries in 1.0, series that have some in 2.0.",
            ),
            skipped: registry.counter_vec(
                "regain_remote_write_skipped_total",
                "What was received by remote write and is not kept, by what it is.",
                &["kind"],
            ),
        };
        let limit_log = Arc::new(LimitLog(AtomicI64::new(i64::MIN)));
        Self { receiver: Receiver::new(store, options), accepted, metrics, limit_log }
    }

    pub(super) fn write(
        &self,
        sender: &str,
        message: Message,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Outcome, Failure> {
        let mut decoded = Vec::new();
        unsnappy(body, DECODED_BYTES_MAX, &mut decoded)?;
        let outcome = self.receiver.write(sender, message, &decoded, now)?;
        self.count(&outcome);
        Ok(outcome)
    }

    fn count(&self, outcome: &Outcome) {
        self.metrics.invalid_labels.add(outcome.invalid);
        self.metrics.samples.add(outcome.samples);
        self.metrics.histograms.add(outcome.histograms);
        self.metrics.exemplars.add(outcome.exemplars);
        self.metrics.metadata.add(outcome.metadata);
        for (kind, count) in
            [("exemplar", outcome.exemplars_skipped), ("sample", outcome.samples_skipped)]
        {
            if count > 0 {
                self.metrics.skipped.with(&[kind]).add(count);
            }
        }
    }
}
