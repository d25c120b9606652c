//! Limits on new series: what `regain.yml` says, how much memory there is, and a word to the log when they refuse something.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use regain_config::{LimitsOf, MemoryLimit, StorageLimits};
use regain_tsdb::{Db, JobLimits, LimitsState, SeriesLimits};
use tokio::time::Instant;

use super::memory;

/// How often series over a limit are told of at most.
const TELL_EVERY: Duration = Duration::from_mins(1);
/// How many jobs a line of the log names.
const NAMED_MAX: usize = 10;

/// Tells the store its limits, and the memory in use.
#[derive(Debug)]
pub(super) struct LimitsKeeper {
    /// The memory that the process may have, in bytes.
    memory_max: Option<u64>,
    told: Mutex<Told>,
}

/// What the store and the log were told.
#[derive(Debug, Default)]
struct Told {
    limits: Option<StorageLimits>,
    refused_jobs: Vec<String>,
    refuses_all: bool,
    refused: u64,
    refused_at: Option<Instant>,
}

impl LimitsKeeper {
    pub(super) fn new() -> Self {
        Self { memory_max: memory::max_bytes(), told: Mutex::default() }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("no holder of this lock panics")
    }

    /// Puts limits into force.
    pub(super) fn apply(&self, db: &Db, limits: &StorageLimits) {
        let mut told = self.told();
        if told.limits.as_ref() == Some(limits) {
            return;
        }
        let wanted = self.limits(limits);
        let (memory, per_metric, per_job) =
            (wanted.memory_bytes, wanted.per_metric, wanted.per_job);
        tracing::info!(
            component = "tsdb",
            memory,
            per_metric,
            per_job,
            "Limits on new series are set"
        );
        db.set_limits(wanted);
        told.limits = Some(limits.clone());
    }

    fn limits(&self, limits: &StorageLimits) -> SeriesLimits {
        let of_job = |of: &LimitsOf| JobLimits {
            job: of.job.clone(),
            series: of.series,
            priority: of.priority,
        };
        SeriesLimits {
            per_metric: limits.series_per_metric,
            per_job: limits.series_per_job,
            jobs: limits.jobs.iter().map(of_job).collect(),
            memory_bytes: match (limits.memory, self.memory_max) {
                (MemoryLimit::Bytes(bytes), _) => bytes,
                (MemoryLimit::Percent(percent), Some(max)) => part(max, percent),
                (MemoryLimit::Percent(_), None) => 0,
            },
        }
    }

    /// Tells the store how much memory is in use.
    pub(super) fn measure(db: &Db) {
        if let Some(used) = memory::used_bytes() {
            db.note_memory(used);
        }
    }

    /// Tells the log what is new about what is refused.
    pub(super) fn look_at(&self, db: &Db) {
        let state = db.limits(1);
        let mut told = self.told();
        told.tell_of_memory(&state);
        told.tell_of_series(&state);
    }
}

impl Told {
    fn tell_of_memory(&mut self, state: &LimitsState) {
        if self.refused_jobs == state.refused_jobs && self.refuses_all == state.refuses_all {
            return;
        }
        self.refused_jobs.clone_from(&state.refused_jobs);
        self.refuses_all = state.refuses_all;
        let (used, limit) = (state.memory_used_bytes, state.limits.memory_bytes);
        if !state.refuses_all && state.refused_jobs.is_empty() {
            tracing::info!(
                component = "tsdb",
                used,
                limit,
                "Memory is below its limit: new series are taken again"
            );
            return;
        }
        let named: Vec<&str> =
            state.refused_jobs.iter().take(NAMED_MAX).map(String::as_str).collect();
        let jobs = if state.refuses_all { "all".to_owned() } else { named.join(", ") };
        tracing::warn!(
            component = "tsdb",
            used,
            limit,
            jobs,
            "Memory is above its limit: new series of these jobs are refused, all others go on; give the process more memory, \
             or drop series that the page Status > Cardinality shows"
        );
    }

    fn tell_of_series(&mut self, state: &LimitsState) {
        let refused = state.refused_total.iter().map(|(_, series)| series).sum();
        if refused == self.refused || self.refused_at.is_some_and(|at| at.elapsed() < TELL_EVERY) {
            return;
        }
        let count = refused - self.refused;
        (self.refused, self.refused_at) = (refused, Some(Instant::now()));
        let Some(most) = state.refused.first() else { return };
        tracing::warn!(
            component = "tsdb",
            count,
            most_of_job = most.job,
            most_of_metric = most.metric,
            reason = most.reason.name(),
            "New series were refused because of storage.limits, and known ones go on; the page Status > Cardinality shows which"
        );
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a size is a size, and a byte more or less does not matter"
)]
fn part(max: u64, percent: f64) -> u64 {
    (max as f64 * percent / 100.0) as u64
}
