//! How many series each metric and each job has.
//!
//! A series counts from the moment in which a lane begins to write it to the end of the period in which no lane does any more;
//! what was written shortly before the store was opened counts, too, until it is clear whether it goes on. Counting costs two
//! look-ups when a series comes or goes and nothing in between.

use hashbrown::HashMap;
use regain_model::{JOB_NAME, METRIC_NAME};

use super::{Index, Place};

/// Stands for the pair of series without a job.
const NO_PAIR: u32 = u32::MAX;

/// The series of one metric or of one job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Those that count.
    pub(crate) series: u32,
    /// Those that have come since the last period ended.
    pub(crate) come: u32,
}

/// The counts of all metrics and jobs.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// The symbols of the two names, once they are there.
    names: [Option<u32>; 2],
    /// By pair: metrics, and jobs.
    metrics: HashMap<u32, Counted>,
    jobs: HashMap<u32, Counted>,
    series: usize,
}

impl Counted {
    fn add(counts: &mut HashMap<u32, Self>, pair: u32) {
        let counted = counts.entry(pair).or_default();
        counted.series += 1;
        counted.come = counted.come.saturating_add(1);
    }

    fn subtract(counts: &mut HashMap<u32, Self>, pair: u32) {
        let Some(counted) = counts.get_mut(&pair) else { return };
        counted.series = counted.series.saturating_sub(1);
        if counted.series == 0 && counted.come == 0 {
            counts.remove(&pair);
        }
    }
}

impl Index {
    /// Counts a series, unless it is counted already.
    pub(crate) fn count(&mut self, id: u32) {
        let Some(series) = self.series.get_mut(id) else { return };
        if std::mem::replace(&mut series.counted, true) {
            return;
        }
        let (metric, job) = self.metric_and_job(id);
        if let Some(metric) = metric {
            Counted::add(&mut self.census.metrics, metric);
        }
        Counted::add(&mut self.census.jobs, job);
        self.census.series += 1;
    }

    /// Takes a series off the counts.
    pub(super) fn uncount(&mut self, id: u32) {
        let Some(series) = self.series.get_mut(id) else { return };
        if !std::mem::replace(&mut series.counted, false) {
            return;
        }
        let (metric, job) = self.metric_and_job(id);
        if let Some(metric) = metric {
            Counted::subtract(&mut self.census.metrics, metric);
        }
        Counted::subtract(&mut self.census.jobs, job);
        self.census.series -= 1;
    }

    /// Counts the series whose newest sample was sealed at `from` or later.
    pub(crate) fn count_recent(&mut self, from: i64) {
        let is_recent = |sealed_max: i64| sealed_max >= from;
        let recent: Vec<u32> = self
            .series
            .iter()
            .filter(|(_, series)| series.sealed.is_some() && is_recent(series.sealed.max_ms()))
            .map(|(id, _)| id)
            .collect();
        for id in recent {
            self.count(id);
        }
        self.forget_who_came();
    }

    /// Takes the series that no lane writes off the counts, and says how many there were. A new period begins.
    pub(crate) fn uncount_unused(&mut self) -> usize {
        let unused: Vec<u32> = self
            .series
            .iter()
            .filter(|(_, series)| series.counted && series.place == Place::NONE)
            .map(|(id, _)| id)
            .collect();
        for &id in &unused {
            self.uncount(id);
        }
        self.forget_who_came();
        unused.len()
    }

    pub(super) fn forget_who_came(&mut self) {
        let Census { metrics, jobs, .. } = &mut self.census;
        for counts in [metrics, jobs] {
            counts.retain(|_, counted| {
                counted.come = 0;
                counted.series > 0
            });
        }
    }

    /// The number of series that count.
    pub(crate) const fn counted(&self) -> usize {
        self.census.series
    }

    /// The series of a metric.
    pub(crate) fn counted_of_metric(&self, metric: &str) -> u32 {
        self.counted_of(METRIC_NAME, metric, &self.census.metrics)
    }

    /// The series of a job; those without one have the empty name.
    pub(crate) fn counted_of_job(&self, job: &str) -> u32 {
        if job.is_empty() {
            return self.census.jobs.get(&NO_PAIR).map_or(0, |counted| counted.series);
        }
        self.counted_of(JOB_NAME, job, &self.census.jobs)
    }

    fn counted_of(&self, name: &str, value: &str, counts: &HashMap<u32, Counted>) -> u32 {
        let pair = self.symbols.find(name).and_then(|name| self.find_pair(name, value));
        pair.and_then(|pair| counts.get(&pair)).map_or(0, |counted| counted.series)
    }

    /// All metrics with their series.
    pub(crate) fn counted_metrics(&self) -> impl Iterator<Item = (&str, Counted)> {
        self.census.metrics.iter().map(|(&pair, &counted)| (self.value_text(pair), counted))
    }

    /// All jobs with their series.
    pub(crate) fn counted_jobs(&self) -> impl Iterator<Item = (&str, Counted)> {
        let text = |pair| if pair == NO_PAIR { "" } else { self.value_text(pair) };
        self.census.jobs.iter().map(move |(&pair, &counted)| (text(pair), counted))
    }

    /// The pairs of a series that name its metric and its job.
    fn metric_and_job(&mut self, id: u32) -> (Option<u32>, u32) {
        let Self { census, symbols, series, labels, pairs, .. } = self;
        for (known, name) in census.names.iter_mut().zip([METRIC_NAME, JOB_NAME]) {
            if known.is_none() {
                *known = symbols.find(name);
            }
        }
        let (mut metric, mut job) = (None, NO_PAIR);
        let Some(series) = series.get(id) else { return (metric, job) };
        let start = series.labels_start as usize;
        for &pair in &labels[start..start + usize::from(series.labels_len)] {
            let name = Some(pairs.get(pair).0);
            if name == census.names[0] {
                metric = Some(pair);
            } else if name == census.names[1] {
                job = pair;
            }
        }
        (metric, job)
    }
}
