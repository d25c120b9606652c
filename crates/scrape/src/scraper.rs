//! Scraping one target: ask, read, write, remember.

mod lane;
mod read;
mod record;
mod repair;

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use regain_http::client::Request;
use regain_model::Timestamp;
use tokio::time::Instant;

use crate::blocking;
use crate::cache::SeriesCache;
use crate::error::{FetchError, ScrapeError, TargetLimitExceeded};
use crate::fetch::{Fetched, fetch, request};
use crate::manager::Shared;
use crate::metrics::IntervalMetrics;
use crate::scrape_loop::Assignment;
use crate::settings::JobSettings;
use crate::target::Target;

use self::lane::Lane;

/// Says from which body on reading takes too long for a task, in bytes: 500 µs at the pace of predicted lines …
const LONG_BODY_BYTES: usize = 512 << 10;
/// … and at the pace of lines whose series are new.
const LONG_NEW_BODY_BYTES: usize = 16 << 10;

/// Holds why all targets of a pool fail, if they do.
#[derive(Debug, Default)]
pub(crate) struct LimitCell(Mutex<Option<TargetLimitExceeded>>);

impl LimitCell {
    pub(crate) fn set(&self, exceeded: Option<TargetLimitExceeded>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = exceeded;
    }

    fn get(&self) -> Option<TargetLimitExceeded> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Scrapes a target, and remembers from one scrape to the next what it exposes.
pub(crate) struct Scraper {
    shared: Arc<Shared>,
    limit: Arc<LimitCell>,
    target: Arc<Target>,
    settings: Arc<JobSettings>,
    request: Option<Request>,
    interval: IntervalMetrics,
    lane: Option<Lane>,
    cache: SeriesCache,
    last_started: Option<Instant>,
    /// Counts the series of the last scrape that a limit of the store refused.
    over_limit: u64,
}

impl std::fmt::Debug for Scraper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scraper").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Scraper {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        assignment: &Assignment,
        limit: &Arc<LimitCell>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            limit: Arc::clone(limit),
            target: Arc::clone(&assignment.target),
            settings: Arc::clone(&assignment.settings),
            request: None,
            interval: shared.metrics.interval(assignment.target.interval()),
            lane: None,
            cache: SeriesCache::new(&shared.texts),
            last_started: None,
            over_limit: 0,
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Tells whether there was a scrape, so that there are series to end.
    pub(crate) fn has_scraped(&self) -> bool {
        self.last_started.is_some()
    }

    /// Goes on with another target or other settings, under which the series stay the same.
    pub(crate) fn assign(&mut self, assignment: &Assignment) {
        let Assignment { target, settings, .. } = assignment;
        if !Arc::ptr_eq(&self.target, target) {
            target.take_over(&self.target);
            self.interval = self.shared.metrics.interval(target.interval());
        }
        self.target = Arc::clone(target);
        self.settings = Arc::clone(settings);
        self.request = None;
    }

    /// Scrapes once and writes what came of it with the timestamp `at`.
    ///
    /// A panic ends this scrape alone: it counts as failed.
    pub(crate) async fn scrape(&mut self, at: Timestamp) {
        let started = Instant::now();
        if let Some(last) = self.last_started.replace(started) {
            self.interval.observe(started - last);
        }
        let cpu = Arc::clone(&self.settings.own.cpu);
        let turn = {
            let turn = pin!(AssertUnwindSafe(self.turn(at, started)).catch_unwind());
            cpu.measure(turn).await
        };
        if turn.is_err() {
            self.after_panic(at, started);
        }
        cpu.note_scrape();
    }

    async fn turn(&mut self, at: Timestamp, started: Instant) {
        let fetched = match self.limit.get() {
            Some(exceeded) => Err(exceeded.into()),
            None => self.fetch().await.map_err(ScrapeError::from),
        };
        if let Err(ScrapeError::Fetch(error)) = &fetched {
            let (now, job) = (self.shared.options.clock.now(), &self.settings.config.job_name);
            self.settings.own.failures.note(now, job, self.target.scrape_url(), error);
        }
        // A store that is still reading its log gets the samples later, with the time at which they were taken.
        let taken = Instant::now();
        self.shared.options.store.gate().pass().await;
        let started = started + taken.elapsed();
        let is_long = fetched.as_ref().is_ok_and(|fetched| self.takes_long(fetched));
        blocking::run(is_long, || self.record(at, started, fetched));
    }

    async fn fetch(&mut self) -> Result<Fetched, FetchError> {
        if self.request.is_none() {
            self.request = Some(request(&self.target, &self.settings)?);
        }
        let request = self.request.as_mut().expect("the request was built above");
        fetch(request, &self.target, &self.settings, &self.shared).await
    }

    fn takes_long(&self, fetched: &Fetched) -> bool {
        let new = self.cache.len() == 0;
        fetched.work.body.as_slice().len()
            >= if new { LONG_NEW_BODY_BYTES } else { LONG_BODY_BYTES }
    }

    /// Counts a scrape that panicked as failed, with what can still be trusted.
    fn after_panic(&mut self, at: Timestamp, started: Instant) {
        let target = self.target.scrape_url();
        tracing::error!(target_url = target, "a scrape ended in a panic");
        // An appender in the middle of a batch is of no use; its lane is open to the next one.
        self.lane = None;
        let failed = || self.record(at, started, Err(ScrapeError::Panic));
        if std::panic::catch_unwind(AssertUnwindSafe(failed)).is_err() {
            tracing::error!(
                target_url = self.target.scrape_url(),
                "its failure cannot be recorded"
            );
            self.lane = None;
            self.cache = SeriesCache::new(&self.shared.texts);
        }
    }
}
