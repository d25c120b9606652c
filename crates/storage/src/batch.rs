//! Decoded samples, in columns that the caller owns and reuses.

use std::ops::Range;
use std::sync::Arc;

use regain_model::Histogram;

/// Samples of a run of series.
///
/// Times and values match one to one within a [`Run`]. Series that share a writer's timestamps may
/// share one range of `times`.
#[derive(Debug, Default)]
pub struct Batch {
    /// One entry for every decoded series that has samples, in the part's order.
    pub runs: Vec<Run>,
    /// Timestamps in milliseconds.
    pub times: Vec<i64>,
    /// Float values; the staleness marker comes through as it was written. Where a series has a
    /// histogram, its place ([`histogram_cell`](crate::histogram_cell)) among `histograms`.
    pub floats: Vec<f64>,
    /// The histograms. Empty for series of floats.
    pub histograms: Vec<Arc<Histogram>>,
    /// When what a sample counts has started, for each of `floats`, 0 where that is not known. Empty
    /// where nothing is known about any of them.
    pub starts: Vec<i64>,
}

impl Batch {
    /// Forgets the samples and keeps the memory.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.times.clear();
        self.floats.clear();
        self.histograms.clear();
        self.starts.clear();
    }

    /// The memory of the columns; not that of the histograms themselves.
    pub const fn size_bytes(&self) -> usize {
        self.runs.capacity() * size_of::<Run>()
            + self.times.capacity() * size_of::<i64>()
            + self.floats.capacity() * size_of::<f64>()
            + self.histograms.capacity() * size_of::<Arc<Histogram>>()
            + self.starts.capacity() * size_of::<i64>()
    }

    /// The times of `run`.
    pub fn times_of(&self, run: &Run) -> &[i64] {
        &self.times[run.times.start as usize..run.times.end as usize]
    }

    /// The start timestamps of `run`; none when none is known.
    pub fn starts_of(&self, run: &Run) -> &[i64] {
        self.starts.get(run.floats.start as usize..run.floats.end as usize).unwrap_or_default()
    }

    /// The float values of `run`.
    pub fn floats_of(&self, run: &Run) -> &[f64] {
        &self.floats[run.floats.start as usize..run.floats.end as usize]
    }
}

/// The samples of one series: whole, contiguous, merged and without duplicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The series' index in [`Part::series`](crate::Part::series).
    pub series: u32,
    /// Where its times lie in [`Batch::times`]; as long as `floats`.
    pub times: Range<u32>,
    /// Where its values lie in [`Batch::floats`].
    pub floats: Range<u32>,
}
