//! The samples of one scrape, on their way from the body to the appender.

use regain_model::{STALE_NAN, Timestamp};
use regain_storage::{SeriesRef, Value, Verdict};

use crate::exemplars::{Exemplars, Place};

/// Says that nobody knows when what a sample counts started.
pub(crate) const NO_START: Timestamp = Timestamp(0);

/// Holds the numbers at the time of the scrape in columns, and all other samples one by one.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) series: Vec<SeriesRef>,
    pub(crate) values: Vec<f64>,
    /// Names the cache's entry of each of them.
    pub(crate) entries: Vec<u32>,
    pub(crate) singles: Vec<Single>,
    /// Says when the series of some numbers started that a sample of zero shall say so of.
    pub(crate) starts: Vec<(SeriesRef, Timestamp)>,
    pub(crate) exemplars: Exemplars,
    /// Holds the verdicts on what was not accepted, with the place in the row.
    pub(crate) refused: Vec<(usize, Verdict)>,
}

/// Is a sample that fits no column: it has a time of its own, a start, or a histogram.
#[derive(Debug, Clone)]
pub(crate) struct Single {
    pub(crate) series: SeriesRef,
    pub(crate) entry: u32,
    pub(crate) time: Timestamp,
    pub(crate) start: Timestamp,
    pub(crate) value: Value,
}

impl Row {
    /// Forgets the samples and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.series.clear();
        self.values.clear();
        self.entries.clear();
        self.singles.clear();
        self.starts.clear();
        self.exemplars.clear();
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

    /// Returns the cache's entry of a sample; those outside of the columns follow those in them.
    pub(crate) fn entry(&self, index: usize) -> u32 {
        match index.checked_sub(self.entries.len()) {
            None => self.entries[index],
            Some(single) => self.singles[single].entry,
        }
    }

    /// Returns the place of a sample among all of the row.
    pub(crate) fn index(&self, place: Place) -> usize {
        match place {
            Place::Row(index) => index,
            Place::Single(index) => self.entries.len() + index,
        }
    }

    /// Gives a sample another reference.
    pub(crate) fn set_series(&mut self, index: usize, series: SeriesRef) {
        match index.checked_sub(self.entries.len()) {
            None => self.series[index] = series,
            Some(single) => self.singles[single].series = series,
        }
    }

    /// Returns the number of samples of both kinds.
    pub(crate) fn len(&self) -> usize {
        self.series.len() + self.singles.len()
    }
}
