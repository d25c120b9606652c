//! Late samples: those that are older than the newest of their series, and not too old to be taken.
//!
//! They go to the lane as samples of their own time, and from there they are read, sealed and merged like all that
//! fit no row. What a series has at that time already is looked up, because a late sample changes nothing that
//! a query may have seen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hashbrown::HashMap;
use regain_storage::{Value, Verdict};

use super::super::Counters;
use super::LaneAppender;
use crate::lane::row::{Sample, value_bits};

/// The samples that slots have within the time of late ones, as far as the batch under way has asked.
#[derive(Debug, Default)]
pub(super) struct Late(HashMap<usize, BTreeMap<i64, u64>>);

impl Late {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes a sample that was staged.
    pub(super) fn note(&mut self, slot: usize, sample: &Sample) {
        if let Some(known) = self.0.get_mut(&slot) {
            known.insert(sample.time, value_bits(&sample.value));
        }
    }
}

impl LaneAppender {
    /// Stages a sample that is older than the newest of its series.
    pub(super) fn stage_late(&mut self, slot: usize, mut sample: Sample) -> Verdict {
        let verdict = match self.is_new(slot, &sample) {
            Ok(false) => return Verdict::Accepted,
            Ok(true) => {
                if let Value::Histogram(histogram) = &mut sample.value {
                    // Nobody looks for the sample before it.
                    let hint = histogram.stored_hint(None);
                    Arc::make_mut(histogram).hint = hint;
                }
                self.late.note(slot, &sample);
                self.staged.add_late(slot, sample);
                return Verdict::Accepted;
            }
            Err(verdict) => verdict,
        };
        let counters = &self.db.counters;
        let counter = match verdict {
            Verdict::TooOld => &counters.too_late,
            Verdict::Duplicate => &counters.duplicates,
            _ => &counters.out_of_order,
        };
        Counters::add(counter, 1);
        verdict
    }

    /// Whether a late sample that may be taken is not there yet.
    fn is_new(&mut self, slot: usize, sample: &Sample) -> Result<bool, Verdict> {
        // Ordering: limits that move slowly.
        let late_max = self.db.late_max_ms.load(Ordering::Relaxed);
        let oldest = self.db.newest.load(Ordering::Relaxed).saturating_sub(late_max);
        if late_max <= 0 {
            return Err(Verdict::OutOfOrder);
        }
        if sample.time < oldest {
            return Err(Verdict::TooOld);
        }
        let series = self.writer().slots[slot].series;
        let view = self.db.view();
        let is_deleted = |&(first, last): &(i64, i64)| first <= sample.time && sample.time <= last;
        if view.deleted.of(series).is_some_and(|spans| spans.iter().any(is_deleted)) {
            // It would be hidden with what was there.
            return Err(Verdict::OutOfOrder);
        }
        let Self { db, late, staged, .. } = self;
        let known = late.0.entry(slot).or_insert_with(|| {
            let stored = db.samples_within(series, (oldest, i64::MAX)).known();
            stored.into_iter().chain(staged.samples_of(slot)).collect()
        });
        match known.get(&sample.time) {
            None => Ok(true),
            Some(&bits) if bits == value_bits(&sample.value) => Ok(false),
            Some(_) => Err(Verdict::Duplicate),
        }
    }
}
