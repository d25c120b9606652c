//! What the limits have refused, by job and metric.

use std::cmp::Reverse;

use hashbrown::{HashMap, HashSet};
use regain_model::SeriesKey;

/// The most pairs of a job and a metric that are told apart. What is refused beyond them is told together, without names.
const ENTRIES_MAX: usize = 1000;
/// The most series that are known not to be counted twice. Beyond them each attempt counts.
const KEYS_MAX: usize = 1 << 16;

/// Why a series is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Its metric has as many series as it may have.
    Metric,
    /// Its job has as many series as it may have.
    Job,
    /// Memory is short.
    Memory,
}

impl Reason {
    const ALL: [Self; 3] = [Self::Metric, Self::Job, Self::Memory];

    /// One word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Job => "job",
            Self::Memory => "memory",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Metric => 0,
            Self::Job => 1,
            Self::Memory => 2,
        }
    }
}

/// Series of one job and metric that were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSeries {
    /// The job; empty for none.
    pub job: String,
    /// The metric; empty for all that are not told apart.
    pub metric: String,
    /// Why they were refused last.
    pub reason: Reason,
    /// How many are refused now.
    pub series: u64,
    /// How many times a series was refused since the start.
    pub total: u64,
    /// The time at which one was refused last, in milliseconds.
    pub last_ms: i64,
}

#[derive(Debug)]
struct Entry {
    reason: Reason,
    series: u64,
    total: u64,
    last_ms: i64,
}

/// The jobs and metrics with refused series.
#[derive(Debug, Default)]
pub(super) struct RefusedReport {
    entries: HashMap<(Box<str>, Box<str>), Entry>,
    /// Whether anything was refused in this epoch.
    is_dirty: bool,
    /// The halves of keys that were refused in this epoch.
    keys: HashSet<u64>,
    totals: [u64; 3],
}

impl RefusedReport {
    /// Notes a series that is refused.
    pub(super) fn note(&mut self, key: SeriesKey, of: (&str, &str), reason: Reason, now: i64) {
        self.is_dirty = true;
        let key = u64::try_from(key.0 & u128::from(u64::MAX)).expect("the lower half");
        let is_new = if self.keys.len() < KEYS_MAX {
            self.keys.insert(key)
        } else {
            !self.keys.contains(&key)
        };
        let entry = self.entry(of, reason);
        (entry.reason, entry.last_ms) = (reason, now);
        if is_new {
            entry.series += 1;
            entry.total += 1;
            self.totals[reason.index()] += 1;
        }
    }

    fn entry(&mut self, (job, metric): (&str, &str), reason: Reason) -> &mut Entry {
        let mut key = (Box::from(job), Box::from(metric));
        if self.entries.len() >= ENTRIES_MAX && !self.entries.contains_key(&key) {
            key = Default::default();
        }
        let new = || Entry { reason, series: 0, total: 0, last_ms: 0 };
        self.entries.entry(key).or_insert_with(new)
    }

    /// Forgets what is refused now, and says whether there was anything.
    pub(super) fn end_epoch(&mut self) -> bool {
        self.keys = HashSet::new();
        self.entries.values_mut().for_each(|entry| entry.series = 0);
        std::mem::take(&mut self.is_dirty)
    }

    /// How many series were refused, by reason.
    pub(super) fn totals(&self) -> [(Reason, u64); 3] {
        Reason::ALL.map(|reason| (reason, self.totals[reason.index()]))
    }

    /// The entries, most series first.
    pub(super) fn list(&self, limit: usize) -> Vec<RefusedSeries> {
        let entry = |((job, metric), entry): (&(Box<str>, Box<str>), &Entry)| RefusedSeries {
            job: job.to_string(),
            metric: metric.to_string(),
            reason: entry.reason,
            series: entry.series,
            total: entry.total,
            last_ms: entry.last_ms,
        };
        let mut list: Vec<RefusedSeries> = self.entries.iter().map(entry).collect();
        list.sort_unstable_by(|a, b| {
            let order = |one: &RefusedSeries| Reverse((one.series, one.total));
            order(a).cmp(&order(b)).then_with(|| (&a.job, &a.metric).cmp(&(&b.job, &b.metric)))
        });
        list.truncate(if limit == 0 { list.len() } else { limit });
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_that_is_refused_again_counts_once_until_the_epoch_ends() {
        let mut report = RefusedReport::default();
        assert!(!report.end_epoch());
        for (key, now) in [(1, 10), (2, 20), (1, 30)] {
            report.note(SeriesKey(key), ("job", "metric"), Reason::Job, now);
        }
        let expected = |series, total| RefusedSeries {
            job: "job".to_owned(),
            metric: "metric".to_owned(),
            reason: Reason::Job,
            series,
            total,
            last_ms: 30,
        };
        assert_eq!(report.list(0), [expected(2, 2)]);
        assert!(report.end_epoch());
        assert_eq!(report.list(0), [expected(0, 2)]);
        assert_eq!(report.totals()[1], (Reason::Job, 2));
    }

    #[test]
    fn what_there_is_no_place_for_is_told_together() {
        let mut report = RefusedReport::default();
        for key in 0..ENTRIES_MAX as u128 + 50 {
            let metric = format!("m{key}");
            report.note(SeriesKey(key), ("job", &metric), Reason::Metric, 0);
        }
        let list = report.list(1);
        assert_eq!((&*list[0].job, &*list[0].metric, list[0].series), ("", "", 50));
        assert_eq!(report.entries.len(), ENTRIES_MAX + 1);
    }
}
