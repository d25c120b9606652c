//! Staging: the verdict on each sample, and where an accepted one goes.

use std::sync::atomic::Ordering;

use regain_storage::{SeriesRef, Value, Verdict, quieted};

use super::super::Counters;
use super::super::staged::StagedRow;
use super::LaneAppender;
use crate::histogram::BUCKETS_MAX;
use crate::lane::LookedUp;
use crate::lane::row::{Sample, value_bits};

impl LaneAppender {
    /// Why the store takes no sample of this time, whatever the series.
    pub(super) fn refusal(&self, time: i64, samples: u64) -> Option<Verdict> {
        let counters = &self.db.counters;
        // Ordering: limits that move slowly.
        let (counter, verdict) = if time > self.db.time_max.load(Ordering::Relaxed) {
            (&counters.too_new, Verdict::TooNew)
        } else if time < self.db.time_min() {
            (&counters.too_old, Verdict::TooOld)
        } else if self.db.is_full.load(Ordering::Relaxed) {
            (&counters.over_limit, Verdict::NoRoom)
        } else {
            return None;
        };
        Counters::add(counter, samples);
        Some(verdict)
    }

    /// Refuses a histogram that is larger than any may be.
    pub(super) fn too_many_buckets(&self, value: &Value) -> Option<Verdict> {
        let Value::Histogram(histogram) = value else { return None };
        let buckets = histogram.positive.len() + histogram.negative.len();
        if buckets.max(histogram.custom_bounds().len()) <= BUCKETS_MAX {
            return None;
        }
        Counters::add(&self.db.counters.over_limit, 1);
        Some(Verdict::OverLimit)
    }

    /// Whether every sample of a row at this time is newer than all there is.
    pub(super) fn is_plain(&self, time: i64) -> bool {
        let writer = self.writer();
        self.staged.is_empty()
            && time > writer.newest
            && time > writer.unproven_max
            && writer.shared.values().all(|newest| newest.get().is_none_or(|(t, _)| t < time))
    }

    pub(super) fn stage_plain(
        &mut self,
        time: i64,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        let writer = self.writer.as_ref().expect("a batch is under way");
        if let Some(first) = writer.first_of_neighbours(series) {
            self.staged.add_row(StagedRow::of_neighbours(time, first, values));
            return;
        }
        let mut row = StagedRow::new(time, writer.slots.len(), false);
        for (index, (&reference, &value)) in series.iter().zip(values).enumerate() {
            let Some(slot) = writer.slot_of(reference) else {
                refused.push((index, self.db.admission.verdict(reference)));
                continue;
            };
            let value = quieted(value);
            if !row.set(slot, value) && row.bits(slot) != Some(value.to_bits()) {
                Counters::add(&self.db.counters.duplicates, 1);
                refused.push((index, Verdict::Duplicate));
            }
        }
        if !row.is_empty() {
            self.staged.add_row(row);
        }
    }

    /// Stages one sample, whose lane decides whether it may open a row.
    pub(super) fn stage_one(&mut self, reference: SeriesRef, sample: Sample) -> Verdict {
        let makes_row = self.lane.makes_rows();
        self.stage_at(reference, sample, makes_row)
    }

    /// Stages one sample; `makes_row` says whether it may open a row.
    pub(super) fn stage_at(
        &mut self,
        reference: SeriesRef,
        sample: Sample,
        makes_row: bool,
    ) -> Verdict {
        let time = sample.time;
        let Some(slot) = self.writer().slot_of(reference) else {
            return self.db.admission.verdict(reference);
        };
        let newest = self.staged.newest(slot).max(self.committed_newest(slot, time));
        let counters = &self.db.counters;
        match newest {
            Some((newest, _)) if newest > time => return self.stage_late(slot, sample),
            Some((newest, bits)) if newest == time => {
                if bits == value_bits(&sample.value) {
                    return Verdict::Accepted;
                }
                Counters::add(&counters.duplicates, 1);
                return Verdict::Duplicate;
            }
            _ => {}
        }
        self.late.note(slot, &sample);
        self.place(slot, sample, makes_row);
        Verdict::Accepted
    }

    /// Stages a sample if its series has none that is as new.
    pub(super) fn stage_if_newest(&mut self, reference: SeriesRef, sample: Sample) {
        let Some(slot) = self.writer().slot_of(reference) else { return };
        let newest = self.staged.newest(slot).max(self.committed_newest(slot, sample.time));
        if newest.is_none_or(|(newest, _)| newest < sample.time) {
            self.late.note(slot, &sample);
            self.place(slot, sample, false);
        }
    }

    /// Puts an accepted sample into a row, or among those that fit none.
    fn place(&mut self, slot: usize, sample: Sample, makes_row: bool) {
        let Sample { time, start, .. } = sample;
        if let Some(row) = self.staged.row_at(time) {
            row.set_value(slot, start, &sample.value);
            return;
        }
        let (slots, last_row) = (self.writer().slots.len(), self.writer().last_row);
        if time > last_row && makes_row {
            let row = self.staged.add_row(StagedRow::new(time, slots, false));
            row.set_value(slot, start, &sample.value);
        } else if time <= last_row && self.lane.data().open.iter().any(|row| row.time == time) {
            let row = self.staged.add_row(StagedRow::new(time, slots, true));
            row.set_value(slot, start, &sample.value);
        } else {
            self.staged.add_own(slot, sample);
        }
    }

    /// The newest committed sample of a slot, if it may be at `time` or later.
    fn committed_newest(&mut self, slot: usize, time: i64) -> Option<(i64, u64)> {
        let at = u32::try_from(slot).expect("slots are counted in 32 bits");
        let writer = self.writer.as_mut().expect("a batch is under way");
        let shared = writer.shared.get(&at).and_then(|newest| newest.get());
        let is_unproven = writer.unproven.get(&at).is_some_and(|&floor| floor >= time);
        if time > writer.newest && !is_unproven {
            return shared;
        }
        let (here, epoch) = {
            let data = self.lane.data();
            (data.newest(at), data.epoch)
        };
        let here = here.max(shared);
        if here.is_some_and(|(newest, _)| newest >= time) {
            return here;
        }
        // What was sealed is not newer than the rows here, but may be newer than this sample.
        let known = writer.sealed.get(at, epoch, time);
        let sealed = known.unwrap_or_else(|| {
            let newest = self.db.newest_of(writer.slots[slot].series, time);
            let found = LookedUp { from: time, newest };
            writer.sealed.put(at, epoch, found);
            found
        });
        here.max(sealed.newest)
    }
}
