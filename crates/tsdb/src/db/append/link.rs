//! What is known about counter resets: found out once, from the sample before, when histograms are
//! committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::Histogram;
use regain_storage::Value;

use super::LaneAppender;
use crate::histogram::histogram_at;
use crate::lane::LastHistogram;
use crate::lane::row::{Row, slots};
use crate::wal::batch::Batch;

/// Where a sample of a batch is: among the rows, or among those that fit none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    Row(usize),
    Own(usize),
}

impl LaneAppender {
    /// Says of all histograms of a batch what is known about resets, and notes the last ones for the next
    /// batch. A sample of another lane that came between makes it unknown.
    pub(super) fn link_histograms(&mut self, batch: &mut Batch) {
        let writer = self.writer();
        let known = !writer.histograms.is_empty();
        let here = batch.rows.iter().any(|row| !row.row.histograms().is_empty())
            || batch.own.iter().any(|(_, sample)| matches!(sample.value, Value::Histogram(_)));
        if !known && !here {
            return;
        }
        let deleted = Arc::clone(&self.db.view().deleted);
        let writer = self.writer_mut();
        if !Arc::ptr_eq(&writer.deleted, &deleted) {
            // What was noted may be among what is deleted.
            writer.histograms.clear();
            writer.deleted = deleted;
        }
        for (slot, places) in samples_of(batch, &self.writer().histograms) {
            let mut before = self.last_histogram(slot);
            for (time, at) in places {
                let now = match histogram_mut(batch, slot, at) {
                    Some(histogram) => {
                        let hint = histogram.stored_hint(before.as_deref());
                        if histogram.hint != hint {
                            Arc::make_mut(histogram).hint = hint;
                        }
                        Some(Arc::clone(histogram))
                    }
                    None => None,
                };
                before.clone_from(&now);
                self.writer_mut().histograms.insert(slot, (time, now));
            }
        }
    }

    /// The histogram that is the newest sample of a slot's series, if it is one.
    fn last_histogram(&self, slot: u32) -> Option<Arc<Histogram>> {
        let writer = self.writer();
        let Some((time, histogram)) = writer.histograms.get(&slot) else {
            return self.db.newest_histogram_of(writer.slots[slot as usize].series);
        };
        let shared = writer.shared.get(&slot).and_then(|newest| newest.get());
        let is_newest = shared.is_none_or(|(newest, _)| newest == *time);
        histogram.clone().filter(|_| is_newest)
    }
}

/// The samples of all slots with histograms, in the order of time.
fn samples_of(batch: &Batch, known: &HashMap<u32, LastHistogram>) -> Vec<(u32, Vec<(i64, At)>)> {
    let mut samples: BTreeMap<u32, Vec<(i64, At)>> = BTreeMap::new();
    let small = |slot: usize| u32::try_from(slot).expect("slots are counted in 32 bits");
    for row in batch.rows.iter().map(|row| &row.row) {
        let histograms = slots(&row.mask)
            .filter(|&slot| histogram_at(row.values[slot], row.histograms()).is_some());
        if !row.histograms().is_empty() {
            samples.extend(histograms.map(|slot| (small(slot), Vec::new())));
        }
    }
    let own = batch.own.iter().filter(|(_, sample)| matches!(sample.value, Value::Histogram(_)));
    samples.extend(own.map(|&(slot, _)| (slot, Vec::new())));
    samples.extend(known.keys().map(|&slot| (slot, Vec::new())));
    for (slot, places) in &mut samples {
        let rows = batch.rows.iter().enumerate();
        let rows = rows.filter(|(_, row)| row.row.get(*slot as usize).is_some());
        places.extend(rows.map(|(at, row)| (row.row.time, At::Row(at))));
    }
    for (at, (slot, sample)) in batch.own.iter().enumerate() {
        if let Some(places) = samples.get_mut(slot) {
            places.push((sample.time, At::Own(at)));
        }
    }
    let mut samples: Vec<_> =
        samples.into_iter().filter(|(_, places)| !places.is_empty()).collect();
    for (_, places) in &mut samples {
        places.sort_unstable();
    }
    samples
}

/// The histogram at a place of a batch, if one is there.
fn histogram_mut(batch: &mut Batch, slot: u32, at: At) -> Option<&mut Arc<Histogram>> {
    match at {
        At::Own(at) => match &mut batch.own[at].1.value {
            Value::Histogram(histogram) => Some(histogram),
            Value::Float(_) => None,
        },
        At::Row(at) => {
            let row: &mut Row = Arc::make_mut(&mut batch.rows[at].row);
            let cell = row.values[slot as usize];
            let index = regain_storage::histogram_index(cell)?;
            row.beside.as_mut()?.histograms.get_mut(index as usize)
        }
    }
}
