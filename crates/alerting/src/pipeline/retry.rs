//! Telling an integration until it listens, or until the time is up.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Delivery;
use crate::clock::Sequence;
use crate::notify::{Delivered, FailureReason, Notification, NotifyError};

/// Until when attempts are made.
#[derive(Clone, Debug)]
pub(crate) struct Attempts {
    pub(crate) cancelled: CancellationToken,
    pub(crate) deadline: Instant,
}

/// A delivery that was given up; the texts are upstream's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undelivered {
    #[error("notify retry canceled due to unrecoverable error after {attempts} attempts: {source}")]
    Unrecoverable { attempts: u32, source: NotifyError },
    #[error("notify retry canceled after {attempts} attempts: {source}")]
    TimeUp { attempts: u32, source: NotifyError },
    #[error("notify retry canceled after {attempts} attempts: {why}")]
    NoAnswer { attempts: u32, why: Ended },
}

/// Why no more attempts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Ended {
    #[error("context canceled")]
    Cancelled,
    #[error("context deadline exceeded")]
    Deadline,
}

impl Undelivered {
    fn reason(&self) -> FailureReason {
        match self {
            Self::Unrecoverable { source, .. } | Self::TimeUp { source, .. } => source.reason,
            Self::NoAnswer { why: Ended::Cancelled, .. } => FailureReason::ContextCanceled,
            Self::NoAnswer { why: Ended::Deadline, .. } => FailureReason::ContextDeadlineExceeded,
        }
    }
}

/// Tells the integration of a delivery. Failures that may pass are tried again, with growing pauses.
pub(crate) async fn deliver(
    delivery: &Delivery,
    notification: &Notification,
    attempts: &Attempts,
    jitter: &Sequence,
) -> Result<Delivered, Undelivered> {
    let metrics = &delivery.outlet.metrics;
    metrics.notifications.inc();
    // What is only to be remembered counts as told.
    if delivery.alerts.is_empty() {
        return Ok(Delivered { receiver_data: delivery.told.receiver_data.clone() });
    }
    let outcome = attempt(delivery, notification, attempts, jitter).await;
    if let Err(error) = &outcome {
        metrics.fail(error.reason());
    }
    outcome
}

async fn attempt(
    delivery: &Delivery,
    notification: &Notification,
    limits: &Attempts,
    jitter: &Sequence,
) -> Result<Delivered, Undelivered> {
    let metrics = &delivery.outlet.metrics;
    let (mut attempts, mut last_error) = (0, None::<NotifyError>);
    let mut backoff = Backoff::default();
    if limits.cancelled.is_cancelled() {
        return Err(Undelivered::NoAnswer { attempts, why: Ended::Cancelled });
    }
    loop {
        // The pause counts from the start of an attempt, as upstream's ticker has it.
        let next = Instant::now() + backoff.next(jitter);
        let started = Instant::now();
        let answer = limits.within(delivery.outlet.notify.notify(notification)).await;
        attempts += 1;
        metrics.latency.observe(started.elapsed().as_secs_f64());
        metrics.requests.inc();
        match answer {
            Ok(Ok(delivered)) => {
                tracing::debug!(attempts, alerts = delivery.alerts.len(), "Notify success");
                return Ok(delivered);
            }
            Ok(Err(source)) if !source.retry => {
                metrics.requests_failed.inc();
                return Err(Undelivered::Unrecoverable { attempts, source });
            }
            Ok(Err(error)) => {
                metrics.requests_failed.inc();
                if last_error.as_ref().is_none_or(|last| last.to_string() != error.to_string()) {
                    warn(delivery, attempts, &error);
                }
                last_error = Some(error);
            }
            Err(why) => {
                metrics.requests_failed.inc();
                return Err(given_up(attempts, last_error, why));
            }
        }
        if let Err(why) = limits.within(sleep_until(next)).await {
            return Err(given_up(attempts, last_error, why));
        }
    }
}

fn given_up(attempts: u32, last_error: Option<NotifyError>, why: Ended) -> Undelivered {
    match last_error {
        Some(source) => Undelivered::TimeUp { attempts, source },
        None => Undelivered::NoAnswer { attempts, why },
    }
}

fn warn(delivery: &Delivery, attempts: u32, error: &NotifyError) {
    let recipient = &delivery.outlet.recipient;
    tracing::warn!(
        receiver = &*recipient.group_name,
        integration = format!("{}[{}]", recipient.integration, recipient.index),
        attempts,
        %error,
        "Notify attempt failed, will retry later"
    );
}

impl Attempts {
    /// Awaits something unless no more attempts are to be made.
    async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Ended> {
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(Ended::Cancelled),
            () = sleep_until(self.deadline) => Err(Ended::Deadline),
            done = work => Ok(done),
        }
    }
}

/// Pauses that grow by half each time, each lengthened or shortened by chance.
#[derive(Debug)]
struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(500);
    const GROWTH: f64 = 1.5;
    /// By which part a pause may be shorter or longer.
    const JITTER: f64 = 0.5;
    const MAX: Duration = Duration::from_mins(1);

    fn next(&mut self, jitter: &Sequence) -> Duration {
        let factor = 1.0 - Self::JITTER + 2.0 * Self::JITTER * jitter.fraction();
        let pause = self.0.mul_f64(factor);
        self.0 = self.0.mul_f64(Self::GROWTH).min(Self::MAX);
        pause
    }
}
