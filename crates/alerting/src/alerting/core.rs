//! All state of alerting in one place, synchronous: what comes in changes it, and what is due comes out.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::files::{Files, OpenError, Opened};
use super::options::{Options, Plan};
use crate::alert::Alert;
use crate::clock::{Sequence, later};
use crate::dispatch::{DispatchOptions, Dispatcher, Flush, TimerChange};
use crate::inhibit::Inhibitor;
use crate::journal::{JournalError, Record};
use crate::metrics::{MaintenanceMetrics, Metrics};
use crate::nflog::{NotificationLog, Told};
use crate::pipeline::{Delivery, Outlet, Suppression, deliveries, outlets, suppress};
use crate::silences::{Silence, SilenceDraft, SilenceError, SilenceFilter, SilenceState, Silences};
use crate::store::{AlertStore, InvalidAlert, PostedAlert};
use crate::wire::SnapshotError;

/// What became of an alert that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken in.
    Stored,
    /// It is dropped, because as many of its name as may be are here. Its sender is not told.
    Limited,
    /// It is refused.
    Invalid(InvalidAlert),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) options: Options,
    pub(super) plan: Arc<Plan>,
    metrics: Metrics,
    ids: Arc<Sequence>,
    files: Files,
    pub(super) store: AlertStore,
    pub(super) silences: Silences,
    nflog: NotificationLog,
    pub(super) inhibitor: Inhibitor,
    pub(super) dispatcher: Dispatcher,
    outlets: HashMap<Arc<str>, Vec<Outlet>>,
    /// Ends the deliveries that belong to groups which are no more.
    generation: CancellationToken,
    /// Counts what changes for those who look.
    changes: u64,
}

/// A flush that somebody has to be told of.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) flush: Flush,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) plan: Arc<Plan>,
    pub(super) cancelled: CancellationToken,
}

impl Core {
    /// Reads the state back.
    pub(super) fn open(
        opened: Opened,
        options: Options,
        plan: Arc<Plan>,
        metrics: Metrics,
        ids: Arc<Sequence>,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let Opened { files, replay } = opened;
        let mut silences = Silences::new(options.silences(), metrics.silences.clone());
        let mut nflog = NotificationLog::new(options.retention, metrics.nflog.clone());
        files.load_silences(&mut silences, now).map_err(OpenError::Silences)?;
        files.load_nflog(&mut nflog, now).map_err(OpenError::Nflog)?;
        metrics.alerts.per_name_limit.set(options.alerts_per_name_max as f64);
        let dispatch = DispatchOptions {
            start_at: later(now, options.dispatch_start_delay),
            groups_max: options.groups_max,
            keep_state: options.keep_group_state,
        };
        let mut core = Self {
            dispatcher: Dispatcher::new(dispatch, plan.routes.clone(), metrics.dispatch.clone()),
            store: AlertStore::new(options.alerts_per_name_max),
            inhibitor: Inhibitor::new(&plan.settings.inhibit_rules),
            outlets: HashMap::new(),
            generation: CancellationToken::new(),
            changes: 0,
            options,
            plan: Arc::clone(&plan),
            metrics,
            ids,
            files,
            silences,
            nflog,
        };
        if replay.damaged > 0 {
            tracing::error!(
                places = replay.damaged,
                "the log of alerting is damaged; what was found beside it is kept as alerting.log.damaged"
            );
        }
        if replay.has_torn_end {
            tracing::info!("the log of alerting ends in a write that was cut short");
        }
        core.replay(replay.records, now);
        core.apply(plan, now);
        core.dispatcher.restored(now);
        core.rewrite_journal(false)?;
        Ok(core)
    }

    fn replay(&mut self, records: Vec<Record>, now: Timestamp) {
        let mut timers = HashMap::new();
        for record in records {
            match record {
                Record::Silence(stored) => self.silences.merge(stored, now),
                Record::Notification(entry) => self.nflog.merge(Arc::unwrap_or_clone(entry), now),
                Record::Timer(timer) => drop(timers.insert(timer.name.clone(), timer)),
                Record::NoTimer(name) => drop(timers.remove(&name)),
                // What ended while nobody was here is not told of: its sender may have been away, too.
                Record::Alert(alert)
                    if self.options.keep_group_state && !alert.is_resolved_at(now) =>
                {
                    // The limit may have been lowered since; its sender will be told.
                    self.store.put(Arc::unwrap_or_clone(alert), now).ok();
                }
                Record::Alert(_) => {}
            }
        }
        let mut timers: Vec<_> = timers.into_values().collect();
        timers.sort_by(|a, b| a.name.cmp(&b.name));
        for timer in timers {
            self.dispatcher.remember(timer);
        }
    }

    /// Goes on with another configuration.
    pub(super) fn apply(&mut self, plan: Arc<Plan>, now: Timestamp) {
        self.changes += 1;
        self.inhibitor = Inhibitor::new(&plan.settings.inhibit_rules);
        for (_, alert) in self.store.iter() {
            self.inhibitor.update(alert);
        }
        let used = used_receivers(&plan);
        let of_receiver = |(receiver, integrations): (&Arc<str>, &Vec<_>)| {
            (Arc::clone(receiver), outlets(receiver, integrations, &self.metrics.notifications))
        };
        let integrations =
            plan.integrations.iter().filter(|(receiver, _)| used.contains(*receiver));
        self.outlets = integrations.map(of_receiver).collect();
        if !self.options.keep_group_state {
            std::mem::take(&mut self.generation).cancel();
        }
        let alerts: Vec<_> = self.store.iter().map(|(_, alert)| Arc::clone(alert)).collect();
        self.dispatcher.apply(now, plan.routes.clone(), &alerts);
        let configured = &self.metrics.configured;
        configured.receivers.set(used.len() as f64);
        configured.integrations.set(self.outlets.values().map(Vec::len).sum::<usize>() as f64);
        configured.inhibition_rules.set(self.inhibitor.rule_count() as f64);
        self.warn_of_intervals(&plan);
        self.plan = plan;
    }

    fn warn_of_intervals(&self, plan: &Plan) {
        for route in plan.routes.routes() {
            let (repeat, interval) = (route.options.repeat_interval, route.options.group_interval);
            if repeat > self.options.retention {
                tracing::warn!(
                    repeat_interval = ?repeat,
                    retention = ?self.options.retention,
                    route = route.key(),
                    "repeat_interval is greater than the data retention period. It can lead to \
                     notifications being repeated more often than expected."
                );
            }
            if repeat < interval {
                tracing::warn!(
                    repeat_interval = ?repeat,
                    group_interval = ?interval,
                    route = route.key(),
                    "repeat_interval is less than group_interval. Notifications will not repeat \
                     until the next group_interval."
                );
            }
        }
    }

    /// Takes alerts in.
    pub(super) fn put(&mut self, alerts: Vec<PostedAlert>, now: Timestamp) -> Vec<Verdict> {
        self.changes += 1;
        alerts.into_iter().map(|alert| self.put_one(alert, now)).collect()
    }

    fn put_one(&mut self, alert: PostedAlert, now: Timestamp) -> Verdict {
        let metrics = &self.metrics.alerts;
        let alert = alert.complete(now, self.plan.settings.resolve_timeout);
        if alert.is_resolved_at(now) {
            metrics.received_resolved.inc();
        } else {
            metrics.received_firing.inc();
        }
        if let Err(invalid) = alert.check(self.options.matcher_mode) {
            metrics.invalid.inc();
            return Verdict::Invalid(invalid);
        }
        match self.store.put(alert, now) {
            Ok(alert) => {
                metrics.pass_on();
                self.inhibitor.update(&alert);
                self.dispatcher.put(now, &alert);
                Verdict::Stored
            }
            Err(limited) => {
                metrics.limited.with(&[]).inc();
                tracing::warn!(error = %limited, "error on set alert");
                Verdict::Limited
            }
        }
    }

    /// Starts what is due. What nobody has to be told of is done at once.
    pub(super) fn start_due(&mut self, now: Timestamp) -> Vec<Job> {
        let flushes = self.dispatcher.due(now);
        self.changes += u64::from(!flushes.is_empty());
        flushes.into_iter().filter_map(|flush| self.start(flush, now)).collect()
    }

    fn start(&mut self, flush: Flush, now: Timestamp) -> Option<Job> {
        let marks = self.dispatcher.mark(flush.group)?;
        let mut by = Suppression {
            inhibitor: &self.inhibitor,
            intervals: &self.plan.intervals,
            silences: &mut self.silences,
            metrics: &self.metrics.notifications,
        };
        let alerts = suppress(&flush, marks, &mut by, now);
        let outlets = self.outlets.get(&flush.route.options.receiver);
        let deliveries =
            deliveries(&flush, &alerts, outlets.map_or(&[], Vec::as_slice), &self.nflog);
        if deliveries.is_empty() {
            self.dispatcher.flushed(&flush, true);
            return None;
        }
        let (plan, cancelled) = (Arc::clone(&self.plan), self.generation.child_token());
        Some(Job { flush, deliveries, plan, cancelled })
    }

    /// Writes down what an integration was told.
    pub(super) fn record(&mut self, told: Told, now: Timestamp) {
        if let Some(entry) = self.nflog.record(told, now) {
            self.files.journal.append(&Record::Notification(entry), true);
        }
    }

    /// Ends a flush.
    pub(super) fn flushed(&mut self, flush: &Flush, is_success: bool) {
        self.changes += 1;
        self.dispatcher.flushed(flush, is_success);
    }

    pub(super) fn set_silence(
        &mut self,
        draft: SilenceDraft,
        now: Timestamp,
    ) -> Result<Arc<str>, SilenceError> {
        let change = self.silences.set(draft, now, &self.ids)?;
        self.changes += 1;
        for stored in change.stored {
            self.files.journal.append(&Record::Silence(stored), true);
        }
        Ok(change.id)
    }

    pub(super) fn expire_silence(&mut self, id: &str, now: Timestamp) -> Result<(), SilenceError> {
        if let Some(stored) = self.silences.expire(id, now)? {
            self.changes += 1;
            self.files.journal.append(&Record::Silence(stored), true);
        }
        Ok(())
    }

    pub(super) fn silence(&self, id: &str) -> Option<Arc<Silence>> {
        self.silences.get(id)
    }

    pub(super) fn silences(
        &self,
        filter: &SilenceFilter,
        now: Timestamp,
    ) -> Vec<(Arc<Silence>, SilenceState)> {
        self.silences.query(filter, now)
    }

    /// When [`Core::start_due`] has something to start.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.dispatcher.next_deadline()
    }

    /// See [`Dispatcher::clock_was_set`].
    pub(super) fn clock_was_set(&mut self, by: SignedDuration) {
        tracing::warn!(?by, "the clock was set; groups wait as long as before");
        self.dispatcher.clock_was_set(by);
    }

    pub(super) fn sweep_groups(&mut self, now: Timestamp) {
        self.dispatcher.sweep(now);
    }

    pub(super) fn collect_alerts(&mut self, now: Timestamp) {
        for fingerprint in self.store.collect_garbage(now) {
            self.silences.forget_alert(fingerprint);
            self.inhibitor.remove(fingerprint);
        }
    }

    /// How often anything has changed.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether a commit has anything to write.
    pub(super) const fn wants_commit(&self) -> bool {
        self.dispatcher.has_timer_changes() || self.files.journal.is_dirty()
    }

    /// Makes durable what somebody waits for, and writes the rest.
    pub(super) fn commit(&mut self) -> Result<(), JournalError> {
        for change in self.dispatcher.take_timer_changes() {
            let record = match change {
                TimerChange::Set(timer) => Record::Timer(timer),
                TimerChange::Cleared(name) => Record::NoTimer(name),
            };
            self.files.journal.append(&record, false);
        }
        if !self.files.journal.is_dirty() {
            return Ok(());
        }
        if self.files.journal.has_failed() {
            return self.rewrite_journal(false);
        }
        self.files.journal.commit()
    }

    /// Collects garbage and writes upstream's snapshots.
    pub(super) fn maintain(&mut self, now: Timestamp) {
        let silences = self.metrics.silences.maintenance.clone();
        self.silences.collect_garbage(now);
        maintained(&silences, "silences", || self.files.save_silences(&self.silences));
        let nflog = self.metrics.nflog.maintenance.clone();
        self.nflog.collect_garbage(now);
        maintained(&nflog, "notification log", || self.files.save_nflog(&self.nflog));
        if self.files.journal.wants_rewrite()
            && let Err(error) = self.rewrite_journal(false)
        {
            tracing::error!(%error, "the log of alerting could not be written anew");
        }
    }

    /// Writes everything down at the end of the process.
    pub(super) fn close(&mut self, now: Timestamp) {
        self.generation.cancel();
        self.maintain(now);
        if let Err(error) = self.rewrite_journal(true) {
            tracing::error!(%error, "the log of alerting could not be written at shutdown");
        }
    }

    /// Ends all deliveries.
    pub(super) fn cancel_deliveries(&self) {
        self.generation.cancel();
    }

    /// Sets the gauges that count alerts and silences by state.
    pub(super) fn count_states(&self, now: Timestamp) {
        for (gauge, count) in
            self.metrics.silences.states.iter().zip(self.silences.count_states(now))
        {
            gauge.set(count as f64);
        }
        let counts = super::views::count_alerts(&self.dispatcher, now);
        let alerts = &self.metrics.alerts;
        alerts.active.set(counts.active as f64);
        alerts.suppressed.set(counts.suppressed as f64);
        alerts.unprocessed.set(counts.unprocessed as f64);
    }

    /// Starts a new log with the whole state; with the alerts, too, if the process is about to end, because they
    /// are out of date soon.
    fn rewrite_journal(&mut self, with_alerts: bool) -> Result<(), JournalError> {
        let silences = self.silences.stored().cloned().map(Record::Silence);
        let entries = self.nflog.entries().map(|entry| Record::Notification(Arc::clone(entry)));
        let keeps = self.options.keep_group_state;
        let timers = if keeps { self.dispatcher.timers() } else { Vec::new() };
        let alerts: Vec<Arc<Alert>> = if keeps && with_alerts {
            self.store.iter().map(|(_, alert)| Arc::clone(alert)).collect()
        } else {
            Vec::new()
        };
        let state = silences.chain(entries).chain(timers.into_iter().map(Record::Timer));
        self.files.journal.rewrite(state.chain(alerts.into_iter().map(Record::Alert)))
    }
}

/// The receivers that a route names; others are never told anything.
fn used_receivers(plan: &Plan) -> HashSet<Arc<str>> {
    let routes = plan.routes.routes();
    routes.iter().map(|route| Arc::clone(&route.options.receiver)).collect()
}

/// Runs and counts one of upstream's maintenances, of what is called `name`.
fn maintained(
    metrics: &MaintenanceMetrics,
    name: &'static str,
    save: impl FnOnce() -> Result<usize, SnapshotError>,
) {
    metrics.total.inc();
    let saved = {
        let _timed = metrics.snapshot_duration.start();
        save()
    };
    match saved {
        Ok(bytes) => metrics.snapshot_size.set(bytes as f64),
        Err(error) => {
            metrics.errors.inc();
            tracing::error!(state = name, %error, "Running maintenance failed");
        }
    }
}
