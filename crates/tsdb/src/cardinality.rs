//! What is remembered about the number of series: how many each metric and job had, and when queries last selected a metric
//! (`docs/formats/cardinality.md`).
//!
//! It helps whoever looks for what costs memory and is of no use. Nothing else depends on it, so a file that is damaged or
//! missing costs these memories alone.

mod file;
mod usage;

use hashbrown::HashMap;
use regain_storage::Result;
use regain_storage::fs::Fs;

use crate::index::Index;
use crate::layout::Layout;
use crate::report::Damage;
pub(crate) use usage::Usage;

/// Counts are taken at the first tick in each of these.
const TAKEN_EVERY_MS: i64 = 6 * 3_600_000;
/// So many counts are kept, which is a little more than two days of them.
const COUNTS_MAX: usize = 10;
/// The most metrics, and the most jobs, of which counts are kept: those with most series.
const METRICS_MAX: usize = 1000;
const JOBS_MAX: usize = 200;
/// No counts are taken for so long after the store was opened: its writers have to come back first.
const SETTLED_MS: i64 = 5 * 60_000;
/// A metric that is selected for the first time is remembered durably after this.
const NEW_KEPT_MS: i64 = 5 * 60_000;
/// When metrics were selected is remembered durably with this precision.
const KEPT_EVERY_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// How many series there were at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) time_ms: i64,
    pub(crate) series: u64,
    /// The metrics and the jobs with most series, and whether these are all.
    pub(crate) metrics: Ranks,
    pub(crate) jobs: Ranks,
}

/// Names with their number of series, most first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranks {
    pub(crate) is_whole: bool,
    pub(crate) list: Vec<(Box<str>, u64)>,
}

impl Ranks {
    fn new<'a>(all: impl Iterator<Item = (&'a str, u64)>, most: usize) -> Self {
        let mut list: Vec<(&str, u64)> = all.filter(|&(_, series)| series > 0).collect();
        list.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let is_whole = list.len() <= most;
        list.truncate(most);
        Self { is_whole, list: list.into_iter().map(|(name, n)| (name.into(), n)).collect() }
    }

    /// By name; `None` for a name of which nothing is known.
    pub(crate) fn lookup(&self) -> impl Fn(&str) -> Option<u64> {
        let by_name: HashMap<&str, u64> = self.list.iter().map(|(name, n)| (&**name, *n)).collect();
        let unknown = self.is_whole.then_some(0);
        move |name| by_name.get(name).copied().or(unknown)
    }
}

impl Counts {
    fn of(index: &Index, time_ms: i64) -> Self {
        let metrics = index.counted_metrics().map(|(name, n)| (name, u64::from(n.series)));
        let jobs = index.counted_jobs().map(|(name, n)| (name, u64::from(n.series)));
        Self {
            time_ms,
            series: index.counted() as u64,
            metrics: Ranks::new(metrics, METRICS_MAX),
            jobs: Ranks::new(jobs, JOBS_MAX),
        }
    }
}

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// Oldest first.
    pub(crate) counts: Vec<Counts>,
    /// The time since which it is noted what queries select.
    pub(crate) since_ms: Option<i64>,
    /// By metric the last time at which a query or rule selected it.
    pub(crate) selected: HashMap<Box<str>, i64>,
}

/// What is remembered, and what of it is on disk.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) remembered: Remembered,
    opened_ms: Option<i64>,
    written_ms: i64,
    /// Whether metrics are selected of which the file knows nothing.
    has_new: bool,
    /// Whether the file has older times.
    has_later: bool,
}

impl Memory {
    /// Reads what an earlier process has left.
    pub(crate) fn read(fs: &dyn Fs, layout: &Layout, damage: &mut Vec<Damage>) -> Result<Self> {
        let remembered = Remembered::read(fs, layout, damage)?;
        Ok(Self { remembered, ..Self::default() })
    }

    /// Notes that metrics were selected at `now`.
    pub(crate) fn note_selected<'a>(&mut self, metrics: impl Iterator<Item = &'a str>, now: i64) {
        let Remembered { selected, .. } = &mut self.remembered;
        for metric in metrics {
            if let Some(last) = selected.get_mut(metric) {
                *last = now;
            } else {
                selected.insert(metric.into(), now);
                self.has_new = true;
            }
            self.has_later = true;
        }
    }

    /// Takes counts if they are due, and says whether the file should be written.
    pub(crate) fn tick(&mut self, index: &Index, now: i64) -> bool {
        let opened = *self.opened_ms.get_or_insert(now);
        if self.remembered.since_ms.is_none() {
            self.remembered.since_ms = Some(now);
            self.has_new = true;
        }
        let counts = &mut self.remembered.counts;
        // What a clock that was wrong has left would be no past to compare with.
        counts.retain(|counts| counts.time_ms <= now);
        let period = |time_ms: i64| time_ms.div_euclid(TAKEN_EVERY_MS);
        let is_due = counts.last().is_none_or(|last| period(last.time_ms) < period(now));
        let is_settled = now.saturating_sub(opened) >= SETTLED_MS;
        if is_due && is_settled && index.counted() > 0 {
            counts.push(Counts::of(index, now));
            let surplus = counts.len().saturating_sub(COUNTS_MAX);
            counts.drain(..surplus);
            return true;
        }
        let age = now.saturating_sub(self.written_ms.max(opened));
        self.has_new && age >= NEW_KEPT_MS || self.has_later && age >= KEPT_EVERY_MS
    }

    /// Whether the file does not hold all that is remembered.
    pub(crate) const fn is_dirty(&self) -> bool {
        self.has_new || self.has_later
    }

    /// What the file should hold; the metrics that have no series any more, as `has_series` knows, are left out.
    pub(crate) fn begin_write(
        &mut self,
        has_series: impl Fn(&str) -> bool,
        now: i64,
    ) -> Remembered {
        self.remembered.selected.retain(|metric, _| has_series(metric));
        (self.has_new, self.has_later) = (false, false);
        self.written_ms = now;
        self.remembered.clone()
    }

    /// The counts of about a day ago.
    pub(crate) fn a_day_ago(&self, now: i64) -> Option<&Counts> {
        let distance = |counts: &&Counts| (now - DAY_MS).abs_diff(counts.time_ms);
        let older = self.remembered.counts.iter();
        older.filter(|counts| now - counts.time_ms >= KEPT_EVERY_MS).min_by_key(distance)
    }
}
