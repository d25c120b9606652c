//! Committing: the log, then what queries see.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_storage::{Result, record};

use super::super::Counters;
use super::LaneAppender;
use super::exemplars::put_staged;
use crate::exemplars::Staged as StagedExemplar;
use crate::lane::Writer;
use crate::lane::row::count;
use crate::lane::row::value_bits;
use crate::wal::Appended;
use crate::wal::batch::{self, Batch, SlotList};

fn samples_of(batch: &Batch) -> u64 {
    batch.rows.iter().map(|row| count(&row.row.mask)).sum::<u64>() + batch.own.len() as u64
}

impl LaneAppender {
    /// Commits what is staged and returns the number of samples.
    pub(super) fn commit_staged(&mut self) -> Result<u64> {
        self.db.check_open()?;
        let lane = Arc::clone(&self.lane);
        let db = Arc::clone(&self.db);
        // Whoever makes a series of this lane a shared one waits: either this batch knows of it, or
        // the other lane sees this batch.
        let mut mail = lane.mail();
        self.writer_mut().shared.extend(mail.drain(..));
        let shares = !self.writer().shared.is_empty();
        // Lanes that share series commit one after another, so that what was staged side by side
        // keeps its order.
        let _turn =
            shares.then(|| db.shared_commits.lock().expect("no holder of this lock panics"));
        if shares {
            self.drop_overtaken();
        }
        let before = self.writer().chain.last.clone();
        let mut batch = self.staged.take(before);
        self.link_histograms(&mut batch);
        let late = self.staged.take_late();
        let late_count = late.len() as u64;
        batch.own.extend(late);
        let exemplars = std::mem::take(&mut self.exemplars);
        if batch.is_empty() && exemplars.is_empty() {
            return Ok(0);
        }
        let turn = (!exemplars.is_empty()).then(|| db.exemplars.turn(exemplars.len()));
        let first = turn.as_ref().map_or(0, |turn| turn.first);
        self.write_batch(&batch, (&exemplars, first)).inspect_err(|_| {
            Counters::add(&self.db.counters.unwritten, samples_of(&batch));
        })?;
        if let Some(turn) = turn {
            db.add_exemplars(&turn, exemplars);
        }
        if batch.is_empty() {
            return Ok(0);
        }
        if shares {
            self.raise_shared(&batch);
        }
        Counters::add(&self.db.counters.late, late_count);
        Ok(self.publish(&batch))
    }

    /// Drops staged samples that another lane has overtaken meanwhile.
    fn drop_overtaken(&mut self) {
        let Self { db, writer, staged, .. } = self;
        let writer = writer.as_ref().expect("a batch is under way");
        for (&slot, newest) in &writer.shared {
            let Some((newest, bits)) = newest.get() else { continue };
            staged.retain(slot as usize, |time, value| {
                if time == newest && bits != value {
                    Counters::add(&db.counters.duplicates, 1);
                } else if time < newest {
                    Counters::add(&db.counters.out_of_order, 1);
                }
                time > newest
            });
        }
    }

    fn write_batch(
        &mut self,
        batch: &Batch,
        (exemplars, first): (&[StagedExemplar], u64),
    ) -> Result<()> {
        let Self { db, lane, writer, record, .. } = self;
        let Writer { slots, changed, chain, histograms, .. } =
            &mut **writer.as_mut().expect("a batch is under way");
        if !changed.is_empty() {
            // A row must not be in the log before its series.
            db.flush_series()?;
        }
        let list = SlotList { all: slots, changed };
        loop {
            let file = db.wal.number();
            record.clear();
            if !batch.is_empty() {
                record::put(record, |out| {
                    batch::put(out, (lane.id, &lane.key), batch, &list, (chain, file));
                });
                // The file is noted first: a seal that comes between must not drop it.
                lane.note_file(file);
            }
            put_staged(record, exemplars, first);
            match db.wal.append(record, file) {
                Ok(Appended::Written) => break,
                Ok(Appended::Rotated) => {}
                Err(error) => {
                    chain.restart();
                    histograms.clear();
                    return Err(error);
                }
            }
        }
        if !batch.is_empty() {
            changed.clear();
        }
        Ok(())
    }

    fn publish(&mut self, batch: &Batch) -> u64 {
        let fills = self.lane.makes_rows();
        let prepared = self.lane.view().prepare(batch, fills);
        let samples = Arc::make_mut(&mut self.lane.data()).add(batch, prepared, fills);
        let times = batch.rows.iter().map(|row| row.row.time);
        let times = times.chain(batch.own.iter().map(|(_, own)| own.time));
        if let Some(lowest) = times.min() {
            self.db.note_change(lowest);
        }
        let writer = self.writer_mut();
        for row in &batch.rows {
            writer.newest = writer.newest.max(row.row.time);
            if !row.fill {
                writer.last_row = row.row.time;
            }
        }
        let own = batch.own.iter().map(|(_, own)| own.time);
        writer.newest = own.fold(writer.newest, i64::max);
        if writer.newest >= writer.unproven_max {
            // From here on every sample that is not newer than the lane is looked up.
            writer.unproven.clear();
        }
        let newest = writer.newest;
        // Ordering: a limit that moves slowly.
        self.db.newest.fetch_max(newest, Ordering::Relaxed);
        samples
    }

    /// Tells the other lanes of shared series how far they are now.
    fn raise_shared(&self, batch: &Batch) {
        for (&slot, newest) in &self.writer().shared {
            for row in &batch.rows {
                if let Some(bits) = row.row.bits(slot as usize) {
                    newest.raise((row.row.time, bits));
                }
            }
            for (_, own) in batch.own.iter().filter(|own| own.0 == slot) {
                newest.raise((own.time, value_bits(&own.value)));
            }
        }
    }
}
