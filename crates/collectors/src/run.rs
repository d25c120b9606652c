//! Runs collectors side by side, each against a deadline.
//!
//! Upstream's oldest complaint is a scrape that hangs because one collector does. Here a collector that
//! misses the deadline loses its own series and nothing else. It goes on in the background and is not
//! started a second time before it is done, so a collector holds at most one thread; scrapes that come
//! meanwhile join it while it is young and do without it once it has overrun.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use regain_exposition::MetricFamily;

use crate::error::CollectError;
use crate::pool::Pool;
use crate::sink::Sink;

/// Is how many collectors run at once while none of them hangs.
const THREADS: usize = 4;
/// Is how long a scrape sees no progress before it asks for another thread.
const STALL: Duration = Duration::from_millis(20);

/// Measures one part of the host.
pub trait Collector: Debug + Send + Sync {
    /// Writes the current numbers into the sink; what was written before an error counts.
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError>;
}

/// Is what one collector gave for one scrape.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) families: Vec<MetricFamily>,
    pub(crate) duration: Duration,
    pub(crate) success: bool,
}

/// Runs a fixed set of collectors.
#[derive(Debug)]
pub(crate) struct Runner {
    slots: BTreeMap<&'static str, Arc<Slot>>,
    pool: Pool,
}

#[derive(Debug)]
struct Slot {
    name: &'static str,
    collector: Box<dyn Collector>,
    state: Mutex<SlotState>,
}

#[derive(Debug, Default)]
struct SlotState {
    running_since: Option<Instant>,
    waiting: Vec<Sender<(&'static str, Report)>>,
    /// Is the last failure, so that one that repeats is logged once.
    failure: Option<String>,
}

impl Runner {
    pub(crate) fn new(collectors: Vec<(&'static str, Box<dyn Collector>)>) -> Self {
        let slots: BTreeMap<_, _> = collectors
            .into_iter()
            .map(|(name, collector)| {
                (name, Arc::new(Slot { name, collector, state: Mutex::default() }))
            })
            .collect();
        let pool = Pool::new("collector", THREADS, slots.len().max(THREADS));
        Self { slots, pool }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.slots.keys().copied()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.slots.contains_key(name)
    }

    /// Runs the collectors that `wanted` accepts and gives their reports by name.
    pub(crate) fn run(
        &self,
        wanted: impl Fn(&str) -> bool,
        limit: Duration,
    ) -> BTreeMap<&'static str, Report> {
        let started = Instant::now();
        let deadline = started + limit;
        let (sender, receiver) = mpsc::channel();
        let mut reports = BTreeMap::new();
        let mut missing = BTreeSet::new();
        for slot in self.slots.values().filter(|slot| wanted(slot.name)) {
            match self.start(slot, &sender, started, limit) {
                Ok(()) => {
                    missing.insert(slot.name);
                }
                Err(error) => {
                    reports.insert(slot.name, slot.failed(&error, Duration::ZERO));
                }
            }
        }
        drop(sender);
        while !missing.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left.min(STALL)) {
                Ok((name, report)) => {
                    missing.remove(name);
                    reports.insert(name, report);
                }
                Err(RecvTimeoutError::Timeout) if !left.is_zero() => self.pool.relieve(),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        for name in missing {
            let error = CollectError::TimedOut { after: limit };
            reports.insert(name, self.slots[name].failed(&error, started.elapsed()));
        }
        reports
    }

    /// Starts a collector or joins its running scrape.
    fn start(
        &self,
        slot: &Arc<Slot>,
        sender: &Sender<(&'static str, Report)>,
        now: Instant,
        limit: Duration,
    ) -> Result<(), CollectError> {
        let mut state = slot.lock();
        if let Some(since) = state.running_since {
            let since = now.saturating_duration_since(since);
            if since >= limit {
                return Err(CollectError::Stuck { since });
            }
            state.waiting.push(sender.clone());
            return Ok(());
        }
        let job = Arc::clone(slot);
        self.pool
            .submit(Box::new(move || job.work(now + limit)))
            .map_err(|source| CollectError::Thread { source })?;
        state.running_since = Some(now);
        state.waiting.push(sender.clone());
        Ok(())
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, SlotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, deadline: Instant) {
        let begin = Instant::now();
        let mut sink = Sink::new(deadline);
        let result = catch_unwind(AssertUnwindSafe(|| self.collector.update(&mut sink)))
            .unwrap_or(Err(CollectError::Panicked));
        let duration = begin.elapsed();
        let mut report = match result {
            Ok(()) => self.succeeded(duration),
            Err(error) => self.failed(&error, duration),
        };
        report.families = sink.into_families();
        let mut state = self.lock();
        state.running_since = None;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for sender in waiting {
            // A scrape that has given up no longer listens.
            drop(sender.send((self.name, report.clone())));
        }
    }

    fn succeeded(&self, duration: Duration) -> Report {
        tracing::debug!(
            name = self.name,
            duration_seconds = duration.as_secs_f64(),
            "collector succeeded"
        );
        self.lock().failure = None;
        Report { families: Vec::new(), duration, success: true }
    }

    fn failed(&self, error: &CollectError, duration: Duration) -> Report {
        let duration_seconds = duration.as_secs_f64();
        if matches!(error, CollectError::NoData) {
            tracing::debug!(name = self.name, duration_seconds, "collector returned no data");
        } else {
            // What hangs hangs a different time in each scrape; that is no news.
            let text = match error {
                CollectError::Stuck { .. } | CollectError::TimedOut { .. } => "timeout".to_owned(),
                other => other.to_string(),
            };
            let mut state = self.lock();
            if state.failure.as_ref() == Some(&text) {
                tracing::debug!(name = self.name, duration_seconds, err = %error, "collector failed again");
            } else {
                tracing::error!(name = self.name, duration_seconds, err = %error, "collector failed");
                state.failure = Some(text);
            }
        }
        Report { families: Vec::new(), duration, success: false }
    }
}
