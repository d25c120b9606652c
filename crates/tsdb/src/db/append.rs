//! The writer of a lane: verdicts, the log, publication.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::{Labels, Timestamp};
use regain_storage::{Appender, Committed, Error, Result, SeriesRef, Verdict};

use super::staged::{Staged, StagedRow};
use super::{Counters, Inner};
use crate::index::{Place, Refused};
use crate::lane::row::count;
use crate::lane::{Lane, LaneData, Newest, Writer};
use crate::record;
use crate::wal::Appended;
use crate::wal::batch::{self, Batch, BatchRow, SlotList};

/// One lane's writer.
#[derive(Debug)]
pub(super) struct LaneAppender {
    db: Arc<Inner>,
    lane: Arc<Lane>,
    /// The lane's writer side, while a batch is under way.
    writer: Option<Box<Writer>>,
    staged: Staged,
    created: u64,
    /// Whether the batch may use series that the series log does not define yet.
    defines: bool,
    record: Vec<u8>,
}

impl LaneAppender {
    pub(super) fn new(db: Arc<Inner>, lane: Arc<Lane>) -> Self {
        let staged = Staged::default();
        Self { db, lane, writer: None, staged, created: 0, defines: false, record: Vec::new() }
    }

    fn begin(&mut self) {
        if self.writer.is_none() {
            let mut writer = self.lane.take_turn();
            self.lane.take_mail(&mut writer);
            self.writer = Some(writer);
        }
    }

    fn end(&mut self) {
        self.staged.clear();
        if let Some(writer) = self.writer.take() {
            self.lane.give_back(writer);
        }
    }

    /// Opens a slot for a series that the lane has not written before.
    fn open_slot(&mut self, id: u32) -> u32 {
        let writer = self.writer.as_mut().expect("a batch is under way");
        let (slot, new) = writer.slot_for(id);
        if !new {
            return slot;
        }
        self.defines = true;
        let place = Place { lane: self.lane.id, slot };
        let mut index = self.db.index_mut();
        let before = index.add_place(id, place);
        let sealed_max = index.series.get(id).filter(|series| series.segments > 0);
        let floor = sealed_max.map(|series| series.sealed_max_ms());
        drop(index);
        if let Some(floor) = floor {
            writer.add_unproven(slot, floor);
        }
        if !before.is_empty() {
            let newest = self.db.share(id, &before);
            self.writer.as_mut().expect("a batch is under way").shared.insert(slot, newest);
        }
        slot
    }

    /// Whether every sample of a row at this time is newer than all there is.
    fn is_plain(&self, writer: &Writer, time: i64) -> bool {
        self.staged.is_empty()
            && time > writer.newest
            && time > writer.unproven_max
            && writer.shared.is_empty()
            // Ordering: a limit that moves slowly.
            && time <= self.db.time_max.load(Ordering::Relaxed)
    }

    fn stage_plain(
        &mut self,
        time: i64,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        let writer = self.writer.as_ref().expect("a batch is under way");
        let mut row = StagedRow::new(time, writer.slots.len(), false);
        for (index, (&reference, &value)) in series.iter().zip(values).enumerate() {
            let Some(slot) = writer.slot_of(reference) else {
                refused.push((index, Verdict::UnknownSeries));
                continue;
            };
            if !row.set(slot, value) && row.get(slot).map(f64::to_bits) != Some(value.to_bits()) {
                Counters::add(&self.db.counters.duplicates, 1);
                refused.push((index, Verdict::Duplicate));
            }
        }
        self.staged.add_row(row);
    }

    /// Stages one sample; `makes_row` says whether it may open a row.
    fn stage_one(
        &mut self,
        reference: SeriesRef,
        time: i64,
        value: f64,
        makes_row: bool,
    ) -> Verdict {
        let writer = self.writer.as_ref().expect("a batch is under way");
        let Some(slot) = writer.slot_of(reference) else { return Verdict::UnknownSeries };
        let counters = &self.db.counters;
        // Ordering: a limit that moves slowly.
        if time > self.db.time_max.load(Ordering::Relaxed) {
            Counters::add(&counters.too_new, 1);
            return Verdict::TooNew;
        }
        let newest = self.staged.newest(slot).max(self.committed_newest(slot, time));
        match newest {
            Some((newest, _)) if newest > time => {
                Counters::add(&counters.out_of_order, 1);
                return Verdict::OutOfOrder;
            }
            Some((newest, bits)) if newest == time => {
                if bits == value.to_bits() {
                    return Verdict::Accepted;
                }
                Counters::add(&counters.duplicates, 1);
                return Verdict::Duplicate;
            }
            _ => {}
        }
        self.place(slot, time, value, makes_row);
        Verdict::Accepted
    }

    /// Puts an accepted sample into a row, or among those that fit none.
    fn place(&mut self, slot: usize, time: i64, value: f64, makes_row: bool) {
        if let Some(row) = self.staged.row_at(time) {
            row.set(slot, value);
            return;
        }
        let writer = self.writer.as_ref().expect("a batch is under way");
        let slots = writer.slots.len();
        if time > writer.last_row && makes_row {
            self.staged.add_row(StagedRow::new(time, slots, false)).set(slot, value);
        } else if time <= writer.last_row
            && self.lane.data().open.iter().any(|row| row.time == time)
        {
            self.staged.add_row(StagedRow::new(time, slots, true)).set(slot, value);
        } else {
            self.staged.add_own(slot, time, value);
        }
    }

    /// The newest committed sample of a slot, if it may be at `time` or later.
    fn committed_newest(&self, slot: usize, time: i64) -> Option<(i64, u64)> {
        let writer = self.writer.as_ref().expect("a batch is under way");
        let slot = u32::try_from(slot).expect("slots are counted in 32 bits");
        let shared = writer.shared.get(&slot).and_then(|newest| newest.get());
        let unproven = writer.unproven.get(&slot).is_some_and(|&floor| floor >= time);
        if time > writer.newest && !unproven {
            return shared;
        }
        let here = self.lane.data().newest(slot);
        if here.is_some_and(|(newest, _)| newest >= time) {
            return here.max(shared);
        }
        // What was sealed is not newer than the rows here, but may be newer than this sample.
        let id = writer.slots[slot as usize].series;
        shared.max(here).max(self.db.newest_of(id, time))
    }

    fn write_batch(&mut self, batch: &Batch) -> Result<u64> {
        if std::mem::take(&mut self.defines) {
            self.db.flush_series().inspect_err(|_| self.defines = true)?;
        }
        let writer = self.writer.as_mut().expect("a batch is under way");
        let Writer { slots, changed, chain, .. } = &mut **writer;
        let list = SlotList { all: slots, changed };
        loop {
            let file = self.db.wal.number();
            self.record.clear();
            record::put(&mut self.record, |out| {
                batch::put(out, (self.lane.id, &self.lane.key), batch, &list, (chain, file));
            });
            // The file is noted first: a seal that comes between must not drop it.
            self.lane.note_file(file);
            match self.db.wal.append(&self.record, file) {
                Ok(Appended::Written) => break,
                Ok(Appended::Rotated) => {}
                Err(error) => {
                    chain.restart();
                    return Err(error);
                }
            }
        }
        changed.clear();
        Ok(self.record.len() as u64)
    }

    fn publish(&mut self, batch: Batch) -> u64 {
        let writer = self.writer.as_mut().expect("a batch is under way");
        let mut samples = 0;
        let fills = self.lane.makes_rows();
        let mut data = self.lane.data();
        let data: &mut LaneData = Arc::make_mut(&mut data);
        for BatchRow { row, fill } in batch.rows {
            samples += count(&row.mask);
            writer.newest = writer.newest.max(row.time);
            if fill {
                data.fill_row(&row);
            } else {
                writer.last_row = row.time;
                data.push_row(row, fills);
            }
        }
        for (slot, time, value) in batch.own {
            samples += 1;
            writer.newest = writer.newest.max(time);
            data.add_own(slot, time, value);
        }
        samples
    }

    /// Tells the other lanes of shared series how far they are now.
    fn raise_shared(&self, batch: &Batch) {
        let writer = self.writer.as_ref().expect("a batch is under way");
        for (&slot, newest) in &writer.shared {
            for row in &batch.rows {
                if let Some(value) = row.row.get(slot as usize) {
                    newest.raise((row.row.time, value.to_bits()));
                }
            }
            for &(_, time, value) in batch.own.iter().filter(|own| own.0 == slot) {
                newest.raise((time, value.to_bits()));
            }
        }
    }
}

impl Appender for LaneAppender {
    fn series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        self.db.check_open()?;
        if labels.is_empty() {
            return Err(Error::InvalidLabels { labels: labels.to_string() });
        }
        let waiting = self.writer.is_none();
        self.begin();
        let (id, new) = match self.db.find_or_create(labels) {
            Ok(found) => found,
            Err(error) => {
                if waiting {
                    self.end();
                }
                return Err(error);
            }
        };
        self.created += u64::from(new);
        let slot = self.open_slot(id);
        let writer = self.writer.as_ref().expect("a batch is under way");
        let reference = writer.reference(slot);
        if waiting {
            // Nothing is staged: others may have their turn.
            self.end();
        }
        Ok(reference)
    }

    fn stage(&mut self, series: SeriesRef, time: Timestamp, value: f64) -> Verdict {
        self.begin();
        let makes_row = self.lane.makes_rows();
        self.stage_one(series, time.0, value, makes_row)
    }

    fn stage_row(
        &mut self,
        time: Timestamp,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        self.begin();
        let writer = self.writer.as_ref().expect("a batch is under way");
        if self.is_plain(writer, time.0) {
            self.stage_plain(time.0, series, values, refused);
            return;
        }
        for (index, (&series, &value)) in series.iter().zip(values).enumerate() {
            match self.stage_one(series, time.0, value, true) {
                Verdict::Accepted => {}
                verdict => refused.push((index, verdict)),
            }
        }
    }

    fn commit(&mut self) -> Result<Committed> {
        let series_created = std::mem::take(&mut self.created);
        if self.staged.is_empty() {
            self.end();
            return Ok(Committed { samples: 0, series_created });
        }
        self.begin();
        if let Err(error) = self.db.check_open() {
            self.end();
            return Err(error);
        }
        let writer = self.writer.as_ref().expect("a batch is under way");
        let batch = self.staged.take(writer.chain.mask());
        let written = self.write_batch(&batch);
        if let Err(error) = written {
            self.end();
            return Err(error);
        }
        self.raise_shared(&batch);
        let samples = self.publish(batch);
        Counters::add(&self.db.counters.samples_appended, samples);
        Counters::add(&self.db.counters.samples_unsealed, samples);
        self.end();
        Ok(Committed { samples, series_created })
    }

    fn rollback(&mut self) {
        self.end();
    }
}

impl Drop for LaneAppender {
    fn drop(&mut self) {
        self.end();
    }
}

impl Inner {
    /// The id of the series with these labels, and whether it is new.
    fn find_or_create(&self, labels: &Labels) -> Result<(u32, bool)> {
        let found = self.index().find(labels);
        let (found, new) = match found {
            Some(found) => (found, false),
            None => {
                let mut index = self.index_mut();
                let before = index.series.next_id();
                let found = index.find_or_create(labels);
                (found, index.series.next_id() > before)
            }
        };
        match found {
            Ok(id) => {
                Counters::add(&self.counters.series_created, u64::from(new));
                Ok((id, new))
            }
            Err(Refused::Collision(key)) => {
                Err(Error::KeyCollision { key, labels: labels.to_string() })
            }
            Err(Refused::Full) => Err(Error::InvalidLabels { labels: labels.to_string() }),
        }
    }

    /// Makes a series one that several lanes write, and tells the lanes that do already.
    pub(super) fn share(&self, id: u32, places: &[Place]) -> Arc<Newest> {
        let newest = {
            let mut shared = self.shared.lock().expect("no holder of this lock panics");
            Arc::clone(shared.entry(id).or_default())
        };
        for place in places {
            let lane = self.lanes().by_id.get(&place.lane).map(Arc::clone);
            if let Some(lane) = lane {
                lane.send_mail(place.slot, Arc::clone(&newest));
            }
        }
        // Read after the lanes know: what they commit meanwhile is raised by them or seen here.
        if let Some(sample) = self.newest_of(id, i64::MIN) {
            newest.raise(sample);
        }
        newest
    }
}
