//! From the records of the log to the ring.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use regain_model::{Exemplar, Labels, SeriesKey};

use super::Exemplars;
use super::log::{self, LoggedSeries};
use crate::index::Index;

/// What the log brings back: the exemplars with the highest numbers, up to as many as are kept.
#[derive(Debug)]
pub(crate) struct ReplayedExemplars {
    max: usize,
    by_number: BTreeMap<u64, (SeriesKey, Exemplar)>,
    labels: HashMap<SeriesKey, Labels>,
    /// Those of series that are not in the index, by their id; they may come from archives yet.
    unresolved: BTreeMap<u64, (u32, Exemplar)>,
    next_number: u64,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// It was taken in.
    Whole,
    /// It uses a series that is not in the series log: what survived a power cut ends here.
    Ends,
}

impl ReplayedExemplars {
    /// For a ring of `max` exemplars.
    pub(crate) fn new(max: usize) -> Self {
        let (by_number, labels) = (BTreeMap::new(), HashMap::new());
        Self { max, by_number, labels, unresolved: BTreeMap::new(), next_number: 0 }
    }

    /// Takes in a record; `None` when it cannot be read.
    pub(crate) fn read(&mut self, payload: &[u8], index: &Index) -> Option<Read> {
        let (mut key, mut unknown, mut ends) = (None, None, false);
        log::read(payload, |number, series, exemplar| {
            match series {
                None => {}
                Some(LoggedSeries::Id(id)) => {
                    ends |= id >= index.series.next_id();
                    key = self.key_of(id, index);
                    unknown = key.is_none().then_some(id);
                }
                Some(LoggedSeries::Spelled(labels)) => {
                    let spelled = SeriesKey::of_labels(index.seed(), &labels);
                    self.labels.entry(spelled).or_insert(labels);
                    (key, unknown) = (Some(spelled), None);
                }
            }
            match unknown {
                _ if ends => {}
                Some(id) => self.keep_unresolved(number, id, exemplar),
                None => self.keep(number, key, exemplar),
            }
            Some(())
        })?;
        Some(if ends { Read::Ends } else { Read::Whole })
    }

    /// The key of a series, whose labels are noted; `None` for one that has left the store or whose definition is lost.
    fn key_of(&mut self, id: u32, index: &Index) -> Option<SeriesKey> {
        let series = index.series.get(id)?;
        let key = series.key();
        self.labels.entry(key).or_insert_with(|| index.label_set(series));
        Some(key)
    }

    fn keep_unresolved(&mut self, number: u64, id: u32, exemplar: Exemplar) {
        self.next_number = self.next_number.max(number.saturating_add(1));
        self.unresolved.insert(number, (id, exemplar));
        if self.unresolved.len() > self.max {
            self.unresolved.pop_first();
        }
    }

    /// Takes in the exemplars of series that have come to the index since.
    pub(crate) fn resolve(&mut self, index: &Index) {
        for (number, (id, exemplar)) in std::mem::take(&mut self.unresolved) {
            let key = self.key_of(id, index);
            if !self.by_number.contains_key(&number) {
                self.keep(number, key, exemplar);
            }
        }
    }

    fn keep(&mut self, number: u64, key: Option<SeriesKey>, exemplar: Exemplar) {
        self.next_number = self.next_number.max(number.saturating_add(1));
        let Some(key) = key.filter(|_| self.max > 0) else { return };
        self.by_number.insert(number, (key, exemplar));
        if self.by_number.len() > self.max {
            self.by_number.pop_first();
        }
    }

    /// Fills the ring, to which nothing was added yet.
    pub(crate) fn finish(self, exemplars: &Exemplars) {
        let Self { by_number, mut labels, next_number, .. } = self;
        let mut ring = exemplars.ring_mut();
        ring.number_from(next_number);
        // How late they were was judged when they came.
        let late_max_ms = ring.set_late_max(i64::MAX);
        for (number, (key, exemplar)) in by_number {
            ring.add(key, number, exemplar, || labels.remove(&key));
        }
        ring.set_late_max(late_max_ms);
    }
}
