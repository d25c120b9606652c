//! The task that owns the state: runs what others ask for, keeps the time, and sends notifications on their way.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::core::{Core, Job};
use crate::clock::{Clock, Sequence, between};
use crate::journal::JournalError;
use crate::notify::Notification;
use crate::pipeline::{Attempts, Delivery, deliver};

/// How many requests share one write to the journal.
const BATCH_MAX: usize = 256;

/// From this on a difference between the wall clock and the time that passed means that the clock was set.
const CLOCK_STEP_MIN: SignedDuration = SignedDuration::from_millis(500);

/// How often the gauges that count alerts and silences are set.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);

type Outcome = Result<(), Arc<JournalError>>;
type Answer = Box<dyn FnOnce(&Outcome) + Send>;
type Question = Box<dyn FnOnce(&mut Core, Timestamp) -> Answer + Send>;

/// Something to be done where the state is. The answer is given once what changed is durable, or is known not to be.
pub(super) struct Request(Question);

impl Request {
    pub(super) fn new<T: Send + 'static>(
        question: impl FnOnce(&mut Core, Timestamp) -> T + Send + 'static,
        answer: impl FnOnce(T, &Outcome) + Send + 'static,
    ) -> Self {
        Self(Box::new(move |core, now| {
            let answered = question(core, now);
            Box::new(move |stored| answer(answered, stored))
        }))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request")
    }
}

/// See the module.
pub(super) struct Owner {
    core: Core,
    inbox: mpsc::Receiver<Request>,
    /// For the tasks that notify.
    requests: mpsc::WeakSender<Request>,
    clock: Clock,
    changed: watch::Sender<u64>,
    jitter: Arc<Sequence>,
    jobs: TaskTracker,
    /// The wall clock and the time that passes, when they were last compared.
    seen: (Timestamp, Instant),
}

/// What wakes the owner.
enum Wake {
    Stop,
    Requests,
    Deadline,
    Count,
    Sweep,
    CollectAlerts,
    Maintain,
}

impl Owner {
    pub(super) fn new(
        core: Core,
        inbox: mpsc::Receiver<Request>,
        requests: mpsc::WeakSender<Request>,
        clock: Clock,
        changed: watch::Sender<u64>,
        jitter: Arc<Sequence>,
    ) -> Self {
        let seen = (clock.now(), Instant::now());
        Self { core, inbox, requests, clock, changed, jitter, jobs: TaskTracker::new(), seen }
    }

    /// Runs until `stop`, then drains and writes everything down.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let options = self.core.options.clone();
        let mut count = ticker(COUNT_INTERVAL);
        let mut sweep = ticker(options.dispatch_maintenance_interval);
        let mut collect = ticker(options.alerts_gc_interval);
        let mut maintain = ticker(options.maintenance_interval);
        let mut batch = Vec::new();
        let mut counted = None;
        loop {
            let deadline = self.deadline();
            let wake = tokio::select! {
                biased;
                () = stop.cancelled() => Wake::Stop,
                _ = maintain.tick() => Wake::Maintain,
                _ = collect.tick() => Wake::CollectAlerts,
                _ = sweep.tick() => Wake::Sweep,
                _ = count.tick() => Wake::Count,
                () = sleep_until(deadline) => Wake::Deadline,
                received = self.inbox.recv_many(&mut batch, BATCH_MAX) => {
                    if received == 0 { Wake::Stop } else { Wake::Requests }
                }
            };
            let now = self.heed_clock();
            match wake {
                Wake::Stop => break,
                Wake::Requests | Wake::Deadline => {}
                Wake::Sweep => self.core.sweep_groups(now),
                Wake::CollectAlerts => self.core.collect_alerts(now),
                Wake::Maintain => blocking(|| self.core.maintain(now)),
                // Alerts resolve and silences end by themselves, so an unchanged state is counted anew, too, but
                // only every so often.
                Wake::Count => self.count(&mut counted, now),
            }
            let answers = self.ask(&mut batch, now);
            let jobs = self.core.start_due(now);
            self.answer(answers);
            self.start(jobs);
            self.changed.send_if_modified(|seen| {
                let is_new = *seen != self.core.changes();
                *seen = self.core.changes();
                is_new
            });
        }
        self.drain(options.drain_timeout).await;
        let now = self.clock.now();
        blocking(|| self.core.close(now));
    }

    fn ask(&mut self, batch: &mut Vec<Request>, now: Timestamp) -> Vec<Answer> {
        batch.drain(..).map(|Request(question)| question(&mut self.core, now)).collect()
    }

    /// Makes durable what has changed, and then answers.
    fn answer(&mut self, answers: Vec<Answer>) {
        let stored = if self.core.wants_commit() {
            blocking(|| self.core.commit()).map_err(Arc::new)
        } else {
            Ok(())
        };
        if let Err(error) = &stored {
            tracing::error!(%error, "the log of alerting could not be written");
        }
        for answer in answers {
            answer(&stored);
        }
    }

    fn count(&mut self, counted: &mut Option<(u64, Instant)>, now: Timestamp) {
        const UNCHANGED_INTERVAL: Duration = Duration::from_secs(15);
        let is_current = counted.is_some_and(|(changes, at): (u64, Instant)| {
            changes == self.core.changes() && at.elapsed() < UNCHANGED_INTERVAL
        });
        if !is_current {
            self.core.count_states(now);
            *counted = Some((self.core.changes(), Instant::now()));
        }
    }

    /// When the next group is due; far away if none is.
    fn deadline(&self) -> Instant {
        const FAR: Duration = Duration::from_hours(24);
        let wait = self.core.next_deadline().map_or(FAR, |due| between(self.clock.now(), due));
        Instant::now() + wait.min(FAR)
    }

    /// The time now. Groups wait by the time that passes, so that setting the clock neither hurries nor delays them.
    fn heed_clock(&mut self) -> Timestamp {
        let (now, instant) = (self.clock.now(), Instant::now());
        let (before, instant_before) = self.seen;
        let passed =
            SignedDuration::try_from(instant - instant_before).unwrap_or(SignedDuration::MAX);
        let step = now.duration_since(before).saturating_sub(passed);
        self.seen = (now, instant);
        if step.abs() >= CLOCK_STEP_MIN {
            self.core.clock_was_set(step);
        }
        now
    }

    fn start(&self, jobs: Vec<Job>) {
        // Without a sender left nobody is there to be told of the outcome.
        let Some(requests) = self.requests.upgrade() else { return };
        for job in jobs {
            self.jobs.spawn(run(
                job,
                requests.clone(),
                Arc::clone(&self.jitter),
                self.clock.clone(),
            ));
        }
    }

    /// Lets the flushes under way end, for a while; what is left then is cancelled. No flush starts any more.
    async fn drain(&mut self, patience: Duration) {
        self.jobs.close();
        let jobs = self.jobs.clone();
        if timeout(patience, self.serve_until(jobs.wait())).await.is_err() {
            self.core.cancel_deliveries();
            self.serve_until(jobs.wait()).await;
        }
        // Whoever still waits gets an answer.
        self.inbox.close();
        let mut rest = Vec::new();
        while self.inbox.recv_many(&mut rest, BATCH_MAX).await > 0 {
            let now = self.heed_clock();
            let answers = self.ask(&mut rest, now);
            self.answer(answers);
        }
    }

    async fn serve_until(&mut self, end: impl Future<Output = ()>) {
        let mut batch = Vec::new();
        tokio::pin!(end);
        loop {
            let received = tokio::select! {
                () = &mut end => return,
                received = self.inbox.recv_many(&mut batch, BATCH_MAX) => received,
            };
            if received == 0 {
                return end.await;
            }
            let now = self.heed_clock();
            let answers = self.ask(&mut batch, now);
            self.answer(answers);
        }
    }
}

fn ticker(period: Duration) -> Interval {
    let period = period.max(Duration::from_millis(1));
    let mut ticker = interval_at(Instant::now() + period, period);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticker
}

/// Notifies all integrations of a flush side by side and reports the outcome.
async fn run(job: Job, requests: mpsc::Sender<Request>, jitter: Arc<Sequence>, clock: Clock) {
    let Job { flush, deliveries, plan, cancelled } = job;
    let attempts = Attempts { cancelled, deadline: Instant::now() + flush.timeout };
    let options = &flush.route.options;
    let mut notification = Notification {
        receiver: Arc::clone(&options.receiver),
        group_key: flush.group_key.as_ref().to_owned(),
        group_labels: flush.group_labels.clone(),
        route_labels: options.labels.clone(),
        alerts: flush.alerts.clone(),
        reason: crate::notify::NotificationReason::Unknown,
        external_url: Arc::clone(&plan.external_url),
        now: flush.now,
        receiver_data: BTreeMap::new(),
    };
    if !options.labels.is_empty() {
        notification.route_labels = (plan.route_labels)(&notification);
    }
    let tell = |delivery: Delivery| {
        let notification = Notification {
            alerts: delivery.alerts.clone(),
            reason: delivery.reason,
            receiver_data: delivery.told.receiver_data.clone(),
            now: clock.now(),
            ..notification.clone()
        };
        tell(delivery, notification, &attempts, &jitter, &requests)
    };
    let outcomes = join_all(deliveries.into_iter().map(tell)).await;
    let is_success = outcomes.iter().all(|is_success| *is_success);
    let report = Request::new(move |core, _| core.flushed(&flush, is_success), |(), _| ());
    // The owner outlives all jobs, so this fails only when its task has panicked.
    requests.send(report).await.ok();
}

/// Tells one integration and writes down that it was told; says whether both succeeded.
async fn tell(
    delivery: Delivery,
    notification: Notification,
    attempts: &Attempts,
    jitter: &Sequence,
    requests: &mpsc::Sender<Request>,
) -> bool {
    let delivered = match deliver(&delivery, &notification, attempts, jitter).await {
        Ok(delivered) => delivered,
        Err(error) => {
            log_failure(&delivery, &error, attempts.cancelled.is_cancelled());
            return false;
        }
    };
    let mut told = delivery.told;
    told.receiver_data = delivered.receiver_data;
    let (reply, stored) = oneshot::channel();
    let record = Request::new(
        move |core, now| core.record(told, now),
        // Nobody listens once the task is cancelled.
        move |(), stored: &Outcome| reply.send(stored.is_ok()).unwrap_or_default(),
    );
    requests.send(record).await.is_ok() && stored.await.unwrap_or(false)
}

fn log_failure(delivery: &Delivery, error: &dyn std::error::Error, is_expected: bool) {
    let recipient = &delivery.outlet.recipient;
    let who = format!("{}/{}[{}]", recipient.group_name, recipient.integration, recipient.index);
    let group = &*delivery.told.group_key;
    if is_expected {
        tracing::debug!(aggr_group = group, num_alerts = delivery.alerts.len(), err = %error, who, "Notify for alerts failed");
    } else {
        tracing::error!(aggr_group = group, num_alerts = delivery.alerts.len(), err = %error, who, "Notify for alerts failed");
    }
}

/// Waits for the disk here; where it can be, other tasks of the thread are handed to another one first.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    let runtime = Handle::try_current();
    let can_hand_over =
        runtime.is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if can_hand_over { tokio::task::block_in_place(work) } else { work() }
}
