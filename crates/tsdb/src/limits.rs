//! Limits on series: how many a metric and a job may have, and which new ones are refused while memory is short.
//!
//! A limit is asked when a series is created and never again: a series that is known goes on, whatever happens. A series that
//! is refused gets a reference that says so, see [`Admission::reference`]. It carries an epoch, which ends when there may be
//! room again; then the writer asks anew.

mod refused;
mod shed;

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use hashbrown::HashMap;
use regain_model::{JOB_NAME, Labels, METRIC_NAME, SeriesKey};
use regain_storage::{SeriesRef, Verdict};

use crate::index::{Counted, Index};
use refused::RefusedReport;
pub use refused::{Reason, RefusedSeries};
use shed::{Candidate, Shed};

/// Limits on new series. May change while the store is open ([`Db::set_limits`](crate::Db::set_limits)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesLimits {
    /// The series of one metric; 0 for no limit.
    pub per_metric: u64,
    /// The series of a job that has no limit of its own; 0 for no limit.
    pub per_job: u64,
    /// What is different for some jobs.
    pub jobs: Vec<JobLimits>,
    /// The memory of the process, in bytes, above which new series are refused; 0 for no limit.
    pub memory_bytes: u64,
}

/// The limits of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLimits {
    /// Its name.
    pub job: String,
    /// Its series, where that is another number than that of all jobs; 0 for no limit.
    pub series: Option<u64>,
    /// Jobs with a lower number are refused new series before others when memory is short; 0 is that of all others.
    pub priority: i64,
}

/// What the limits do at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsState {
    /// The limits.
    pub limits: SeriesLimits,
    /// The memory of the process when it was last told, in bytes.
    pub memory_used_bytes: u64,
    /// Whether all new series are refused because memory is short.
    pub refuses_all: bool,
    /// The jobs whose new series are refused because memory is short, first to last.
    pub refused_jobs: Vec<String>,
    /// How many series were refused since the start, by reason.
    pub refused_total: [(Reason, u64); 3],
    /// How many samples of such series were refused since the start.
    pub samples_refused: u64,
    /// What is refused, most series first.
    pub refused: Vec<RefusedSeries>,
}

/// Decides about new series.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    known: Mutex<Known>,
    /// The epoch of references to refused series.
    epoch: AtomicU32,
    samples_refused: AtomicU64,
    /// The time of the last tick.
    now_ms: AtomicI64,
}

#[derive(Debug, Default)]
struct Known {
    limits: Arc<SeriesLimits>,
    jobs: HashMap<String, (Option<u64>, i64)>,
    memory_used_bytes: u64,
    shed: Shed,
    report: RefusedReport,
}

/// The slot of references to series that are refused; no series has it.
const REFUSED_SLOT: u64 = 0xffff_ffff;

/// Epochs stay below this, so that no reference is all ones.
const EPOCHS: u32 = 1 << 31;

impl Known {
    /// Why a new series is refused, if it is.
    fn reason(&self, index: &Index, metric: &str, job: &str) -> Option<Reason> {
        let is_reached = |limit: u64, series: u32| limit > 0 && u64::from(series) >= limit;
        if self.shed.refuses(job) {
            return Some(Reason::Memory);
        }
        let of_job = self.jobs.get(job).and_then(|of_job| of_job.0).unwrap_or(self.limits.per_job);
        if of_job > 0 && is_reached(of_job, index.counted_of_job(job)) {
            return Some(Reason::Job);
        }
        let per_metric = self.limits.per_metric;
        let of_metric = || index.counted_of_metric(metric);
        (per_metric > 0 && is_reached(per_metric, of_metric())).then_some(Reason::Metric)
    }
}

impl Admission {
    pub(crate) fn new(limits: SeriesLimits) -> Self {
        let admission = Self::default();
        admission.set(limits);
        admission
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no holder of this lock panics")
    }

    /// Puts other limits into force.
    pub(crate) fn set(&self, limits: SeriesLimits) {
        let mut known = self.known();
        let jobs = limits.jobs.iter().map(|of| (of.job.clone(), (of.series, of.priority)));
        known.jobs = jobs.collect();
        known.limits = Arc::new(limits);
        self.end_epoch(&mut known);
    }

    /// Whether a new series with these labels may be created. If not, that is noted.
    pub(crate) fn admits(&self, index: &Index, key: SeriesKey, labels: &Labels) -> bool {
        let mut known = self.known();
        let value = |name| labels.get(name).unwrap_or_default();
        let (metric, job) = (value(METRIC_NAME), value(JOB_NAME));
        let Some(reason) = known.reason(index, metric, job) else { return true };
        known.report.note(key, (job, metric), reason, self.now());
        false
    }

    /// A reference to a series that is refused for now.
    pub(crate) fn reference(&self) -> SeriesRef {
        SeriesRef(u64::from(self.epoch()) << 32 | REFUSED_SLOT)
    }

    /// The verdict on a sample whose reference names no series of the lane.
    pub(crate) fn verdict(&self, reference: SeriesRef) -> Verdict {
        if reference != self.reference() {
            return Verdict::UnknownSeries;
        }
        // Ordering: a counter guards no other memory.
        self.samples_refused.fetch_add(1, Ordering::Relaxed);
        Verdict::OverLimit
    }

    fn epoch(&self) -> u32 {
        // Ordering: a reference of the epoch before is asked about once more or once less.
        self.epoch.load(Ordering::Relaxed)
    }

    /// Lets writers ask again about what is refused, if anything is.
    fn end_epoch(&self, known: &mut Known) {
        if known.report.end_epoch() {
            // Ordering: see above; changed under the lock only.
            self.epoch.store((self.epoch() + 1) % EPOCHS, Ordering::Relaxed);
        }
    }

    /// The time of the last tick.
    pub(crate) fn now(&self) -> i64 {
        // Ordering: a time that moves slowly.
        self.now_ms.load(Ordering::Relaxed)
    }

    /// Notes that series have left.
    pub(crate) fn note_room(&self) {
        self.end_epoch(&mut self.known());
    }

    /// Notes how much memory the process has.
    pub(crate) fn note_memory(&self, used_bytes: u64) {
        self.known().memory_used_bytes = used_bytes;
    }

    /// Refuses new series of more jobs or of fewer, as memory is at `now`.
    pub(crate) fn look_at_memory(&self, now: i64, candidates: impl FnOnce() -> Vec<Candidate>) {
        // Ordering: a time that moves slowly.
        self.now_ms.store(now, Ordering::Relaxed);
        let (used, budget) = {
            let known = self.known();
            (known.memory_used_bytes, known.limits.memory_bytes)
        };
        let is_over = budget > 0 && used > budget;
        // The index is asked without this lock, which is taken inside its own elsewhere.
        let mut candidates = if is_over { candidates() } else { Vec::new() };
        let mut known = self.known();
        let Known { jobs, shed, .. } = &mut *known;
        for candidate in &mut candidates {
            candidate.priority = jobs.get(&*candidate.job).map_or(0, |of_job| of_job.1);
        }
        let is_room = shed.step(now, (used, budget), candidates);
        if is_room {
            self.end_epoch(&mut known);
        }
    }

    /// What the limits do; `limit` entries of what is refused, 0 for all.
    pub(crate) fn state(&self, limit: usize) -> LimitsState {
        let known = self.known();
        LimitsState {
            limits: (*known.limits).clone(),
            memory_used_bytes: known.memory_used_bytes,
            refuses_all: known.shed.refuses_all(),
            refused_jobs: known.shed.jobs().map(str::to_owned).collect(),
            refused_total: known.report.totals(),
            // Ordering: a counter guards no other memory.
            samples_refused: self.samples_refused.load(Ordering::Relaxed),
            refused: known.report.list(limit),
        }
    }
}

/// The jobs that series come from. Whoever has the limits adds their priorities.
pub(crate) fn candidates(index: &Index) -> Vec<Candidate> {
    let candidate = |(job, counted): (&str, Counted)| Candidate {
        job: job.into(),
        priority: 0,
        come: counted.come,
        series: counted.series,
    };
    index.counted_jobs().map(candidate).collect()
}
