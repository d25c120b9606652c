//! Samples that go to the store together.

use regain_storage::SeriesRef;

use super::cache::EntryId;

/// Samples of one lane at one time. No series is in it twice.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) lane: u32,
    pub(super) time_ms: i64,
    pub(super) entries: Vec<EntryId>,
    pub(super) series: Vec<SeriesRef>,
    pub(super) values: Vec<f64>,
}

impl Row {
    /// Starts over with an empty row.
    pub(super) fn start(&mut self, lane: u32, time_ms: i64) {
        (self.lane, self.time_ms) = (lane, time_ms);
        self.entries.clear();
        self.series.clear();
        self.values.clear();
    }

    pub(super) fn push(&mut self, entry: EntryId, series: SeriesRef, value: f64) {
        self.entries.push(entry);
        self.series.push(series);
        self.values.push(value);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.series.is_empty()
    }
}
