//! The samples of one scrape, on their way from the body to the appender.

use regain_model::{STALE_NAN, Timestamp};
use regain_storage::{SeriesRef, Verdict};

/// Holds samples in columns: those at the time of the scrape, and those with a time of their own.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) series: Vec<SeriesRef>,
    pub(crate) values: Vec<f64>,
    /// Names the cache's entry of each of them.
    pub(crate) entries: Vec<u32>,
    pub(crate) timed: Vec<TimedSample>,
    /// Holds the verdicts on what was not accepted, with the place in the row.
    pub(crate) refused: Vec<(usize, Verdict)>,
}

/// Is a sample with a time of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TimedSample {
    pub(crate) series: SeriesRef,
    pub(crate) entry: u32,
    pub(crate) time: Timestamp,
    pub(crate) value: f64,
}

impl Row {
    /// Forgets the samples and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.series.clear();
        self.values.clear();
        self.entries.clear();
        self.timed.clear();
        self.refused.clear();
    }

    /// Adds a sample at the time of the scrape.
    #[inline]
    pub(crate) fn push(&mut self, series: SeriesRef, value: f64, entry: u32) {
        self.series.push(series);
        self.values.push(value);
        self.entries.push(entry);
    }

    /// Adds the end of a series.
    pub(crate) fn push_stale(&mut self, series: SeriesRef) {
        self.series.push(series);
        self.values.push(STALE_NAN);
    }

    /// Returns the cache's entry of a sample; those with times of their own follow those of the row.
    pub(crate) fn entry(&self, index: usize) -> u32 {
        match index.checked_sub(self.entries.len()) {
            None => self.entries[index],
            Some(timed) => self.timed[timed].entry,
        }
    }

    /// Returns the number of samples of both kinds.
    pub(crate) fn len(&self) -> usize {
        self.series.len() + self.timed.len()
    }
}
