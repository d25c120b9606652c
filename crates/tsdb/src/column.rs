//! The samples of one series while they are put together from its pieces.

use std::sync::Arc;

use regain_model::{Histogram, ResetHint};
use regain_storage::{Value, histogram_index};

use crate::histogram::{bits_of, histogram_at, next_cell};
use crate::lane::row::Sample;

/// Times and values, one to one, times ascending.
#[derive(Debug, Default, Clone)]
pub(crate) struct Column {
    pub(crate) times: Vec<i64>,
    /// Floats, and the places of histograms.
    pub(crate) values: Vec<f64>,
    pub(crate) histograms: Vec<Arc<Histogram>>,
    /// Start timestamps; those behind the end are 0, not known.
    pub(crate) starts: Vec<i64>,
}

impl Column {
    pub(crate) fn clear(&mut self) {
        self.truncate((0, 0));
        self.starts.clear();
    }

    /// So many samples and histograms there are.
    pub(crate) const fn lengths(&self) -> (usize, usize) {
        (self.times.len(), self.histograms.len())
    }

    /// Removes the samples and histograms behind so many.
    pub(crate) fn truncate(&mut self, (samples, histograms): (usize, usize)) {
        self.times.truncate(samples);
        self.values.truncate(samples);
        self.starts.truncate(samples);
        self.histograms.truncate(histograms);
    }

    pub(crate) fn push(&mut self, time: i64, value: f64) {
        self.times.push(time);
        self.values.push(value);
    }

    /// Adds a sample with all that is beside its value.
    pub(crate) fn push_sample(&mut self, sample: &Sample) {
        let cell = match &sample.value {
            Value::Float(value) => *value,
            Value::Histogram(histogram) => {
                self.histograms.push(Arc::clone(histogram));
                next_cell(self.histograms.len() - 1)
            }
        };
        if sample.start != 0 {
            self.starts.resize(self.times.len(), 0);
            self.starts.push(sample.start);
        }
        self.push(sample.time, cell);
    }

    /// Adds the samples of another column.
    pub(crate) fn append(&mut self, other: &Self) {
        let (samples, histograms) = self.lengths();
        if !other.starts.is_empty() {
            self.starts.resize(samples, 0);
            self.starts.extend_from_slice(&other.starts);
        }
        self.times.extend_from_slice(&other.times);
        if other.histograms.is_empty() {
            self.values.extend_from_slice(&other.values);
            return;
        }
        self.histograms.extend(other.histograms.iter().map(Arc::clone));
        self.values.extend(other.values.iter().map(|&value| match histogram_index(value) {
            Some(index) => next_cell(histograms + index as usize),
            None => value,
        }));
    }

    /// Whether there is more than times and floats.
    pub(crate) const fn has_beside(&self) -> bool {
        !self.starts.is_empty() || !self.histograms.is_empty()
    }

    /// The newest sample: time and bits.
    pub(crate) fn newest(&self) -> Option<(i64, u64)> {
        let newest = (0..self.times.len()).max_by_key(|&at| self.times[at])?;
        Some((self.times[newest], self.bits(newest)))
    }

    /// The samples in their order: times and bits.
    pub(crate) fn known(&self) -> Vec<(i64, u64)> {
        (0..self.times.len()).map(|at| (self.times[at], self.bits(at))).collect()
    }

    fn bits(&self, at: usize) -> u64 {
        let value = self.values[at];
        histogram_at(value, &self.histograms).map_or(value.to_bits(), |held| bits_of(held))
    }

    /// Gives every sample a start, known or not, where any sample has one.
    fn fill_starts(&mut self) {
        if !self.starts.is_empty() {
            self.starts.resize(self.times.len(), 0);
        }
    }

    /// Brings the histograms into the order of the samples, and drops those of none.
    pub(crate) fn settle(&mut self) {
        if self.starts.iter().all(|&start| start == 0) {
            self.starts.clear();
        }
        if self.histograms.is_empty() {
            return;
        }
        let all = std::mem::take(&mut self.histograms);
        for value in &mut self.values {
            if let Some(histogram) = histogram_at(*value, &all) {
                self.histograms.push(Arc::clone(histogram));
                *value = next_cell(self.histograms.len() - 1);
            }
        }
    }

    /// Restores the order after pieces were appended from `start` on, each ascending in itself. At
    /// equal times the sample that was appended last wins, so pieces come oldest source first.
    pub(crate) fn merge_from(&mut self, start: usize) {
        if self.times[start..].windows(2).all(|pair| pair[0] < pair[1]) {
            return;
        }
        self.fill_starts();
        let mut order: Vec<usize> = (start..self.times.len()).collect();
        order.sort_by_key(|&at| self.times[at]);
        let mut merged = Self::default();
        let (mut last, mut before) = (None, None);
        for at in order {
            let (time, value) = (self.times[at], self.values[at]);
            let known = self.starts.get(at).copied();
            if merged.times.last() == Some(&time) {
                *merged.values.last_mut().expect("as long as the times") = value;
                merged.starts.pop();
            } else {
                merged.push(time, value);
                before = last;
            }
            merged.starts.extend(known);
            last = Some(at);
            if before.map_or(start, |before| before + 1) != at {
                self.relink(at, before);
            }
        }
        self.times.truncate(start);
        self.values.truncate(start);
        self.starts.truncate(start);
        self.times.extend_from_slice(&merged.times);
        self.values.extend_from_slice(&merged.values);
        self.starts.extend_from_slice(&merged.starts);
    }

    /// Finds out anew whether the counter of a histogram went on, where the sample at `before` has come before it.
    fn relink(&mut self, at: usize, before: Option<usize>) {
        let Some(index) = histogram_index(self.values[at]).map(|index| index as usize) else {
            return;
        };
        if self.histograms[index].hint == ResetHint::NotReset {
            let before = before.and_then(|at| histogram_at(self.values[at], &self.histograms));
            let hint = self.histograms[index].stored_hint(before.map(|held| &**held));
            if hint != ResetHint::NotReset {
                Arc::make_mut(&mut self.histograms[index]).hint = hint;
            }
        }
    }

    /// Keeps the samples for which `kept` says so. Behind a gap nothing is known about counter resets.
    pub(crate) fn keep(&mut self, kept: &[bool]) {
        self.fill_starts();
        for (at, pair) in (1..).zip(kept.windows(2)) {
            if let ([false, true], Some(index)) = (pair, histogram_index(self.values[at])) {
                self.forget_hint(index as usize);
            }
        }
        let (mut times, mut values, mut starts) = (kept.iter(), kept.iter(), kept.iter());
        self.times.retain(|_| times.next().copied().unwrap_or_default());
        self.values.retain(|_| values.next().copied().unwrap_or_default());
        self.starts.retain(|_| starts.next().copied().unwrap_or_default());
    }

    /// Forgets what is known about counter resets of a histogram, as something may be missing before it.
    pub(crate) fn forget_hint(&mut self, index: usize) {
        let known = self.histograms.get_mut(index);
        if let Some(histogram) = known.filter(|histogram| histogram.hint != ResetHint::Gauge) {
            Arc::make_mut(histogram).hint = ResetHint::Unknown;
        }
    }

    /// Removes what lies outside of `min..=max` from `start` on.
    pub(crate) fn clip_from(&mut self, start: usize, min: i64, max: i64) {
        let end = start + self.times[start..].partition_point(|&time| time <= max);
        self.times.truncate(end);
        self.values.truncate(end);
        self.starts.truncate(end);
        let first = start + self.times[start..].partition_point(|&time| time < min);
        if first > start {
            self.fill_starts();
            self.times.drain(start..first);
            self.values.drain(start..first);
            if !self.starts.is_empty() {
                self.starts.drain(start..first);
            }
        }
    }
}

/// First and last time and the largest gap of times that come in ascending order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) max_gap: u64,
}

impl Times {
    /// Adds a time that lies within `min..=max`.
    #[inline]
    pub(crate) fn add(&mut self, time: i64, (min, max): (i64, i64)) {
        if time < min || time > max {
            return;
        }
        self.span = match self.span {
            None => Some((time, time)),
            Some((first, last)) => {
                self.max_gap = self.max_gap.max(time.abs_diff(last));
                Some((first, time))
            }
        };
    }
}
