//! What is due: seals, retention, series that have left, recovery after failures.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::Timestamp;
use regain_storage::Result;

use super::{Counters, Db, Files, Inner};
use crate::index::Place;
use crate::lane::Lane;
use crate::layout::{Kind, io_error};
use crate::segment::Segment;
use crate::series_log::SeriesLog;
use crate::view::View;

impl Db {
    /// Does what is due at `now`; meant to be called every few seconds from one thread.
    pub fn tick(&self, now: Timestamp) -> Result<()> {
        let inner = &*self.0;
        inner.check_open()?;
        if inner.options.future_max_ms > 0 {
            let limit = now.0.saturating_add(inner.options.future_max_ms);
            // Ordering: a limit that moves slowly.
            inner.time_max.store(limit, Ordering::Relaxed);
        }
        inner.recover()?;
        let (due, period_ends) = {
            let mut files = inner.files();
            let period_ends = inner.period_ends(&mut files, now.0);
            (period_ends || inner.is_seal_due(&mut files, now.0), period_ends)
        };
        if due {
            inner.seal()?;
        } else if inner.wal.sizes().0 > inner.options.wal_file_bytes_max {
            inner.wal.rotate()?;
        }
        if period_ends {
            inner.remove_unused()?;
        }
        inner.retain()
    }

    /// Seals everything that is not sealed.
    pub fn seal(&self) -> Result<()> {
        self.0.check_open()?;
        self.0.seal()
    }

    /// Lets series and lanes that have neither samples nor a writer go, as the end of a period does.
    pub fn remove_unused(&self) -> Result<()> {
        self.0.check_open()?;
        self.0.seal()?;
        self.0.remove_unused()
    }
}

impl Inner {
    fn period_ends(&self, files: &mut Files, now: i64) -> bool {
        let period = now.div_euclid(self.options.period_ms.max(1));
        files.period.replace(period).is_some_and(|before| before < period)
    }

    fn is_seal_due(&self, files: &mut Files, now: i64) -> bool {
        let unsealed = Counters::get(&self.counters.samples_unsealed);
        if files.pending.is_some() || std::mem::take(&mut files.seal_wanted) {
            return true;
        }
        if unsealed == 0 {
            return false;
        }
        let appended = Counters::get(&self.counters.samples_appended);
        if files.last_growth.0 != appended {
            files.last_growth = (appended, now);
        }
        let active = self.index().series.len() as u64;
        let many = self
            .options
            .seal_samples_min
            .max(active.saturating_mul(self.options.seal_samples_per_series));
        unsealed >= many
            || now.saturating_sub(files.last_growth.1) >= self.options.seal_silence_ms
            || self.head_bytes() as u64 >= self.options.head_bytes_max
    }

    /// The memory that unsealed samples take.
    pub(super) fn head_bytes(&self) -> usize {
        self.all_lanes().iter().map(|lane| lane.view().size_bytes()).sum()
    }

    /// After a failure: a new log file, a new series log. What is in memory is sealed next, because
    /// the old files may have lost what they were given.
    fn recover(&self) -> Result<()> {
        let mut files = self.files();
        if self.series_log().has_failed() {
            self.renew_series_log(&mut files)?;
            files.seal_wanted = true;
        }
        if self.wal.recover()? {
            files.seal_wanted = true;
        }
        Ok(())
    }

    /// Writes a series log with the living series only, and rebuilds the index.
    fn renew_series_log(&self, files: &mut Files) -> Result<()> {
        let mut log = self.series_log();
        let mut index = self.index_mut();
        let Some(mut rebuilt) = index.rebuilt() else { return Ok(()) };
        let number = log.number + 1;
        let path = self.layout.file(Kind::SeriesLog, number);
        let all = std::mem::take(&mut rebuilt.pending);
        let new = SeriesLog::create(&*self.fs, path, number, &all)?;
        self.fs.sync_dir(self.layout.dir()).map_err(io_error("sync", self.layout.dir()))?;
        let before = std::mem::replace(&mut files.manifest.series_log, number);
        self.write_manifest(files).inspect_err(|_| files.manifest.series_log = before)?;
        *index = rebuilt;
        *log = new;
        drop(index);
        drop(log);
        self.remove_file(Kind::SeriesLog, before)
    }

    /// Releases slots and lanes that nobody uses, and forgets series without samples and slots.
    fn remove_unused(&self) -> Result<()> {
        let mut files = self.files();
        if files.pending.is_some() {
            return Ok(());
        }
        for lane in self.all_lanes() {
            self.release_slots(&lane);
        }
        self.remove_lanes();
        let removed = {
            // A batch under way holds its lane's turn, and its slots keep their series.
            let mut index = self.index_mut();
            index.remove_dead()
        };
        Counters::add(&self.counters.series_removed, removed as u64);
        if self.index().wants_rebuild() { self.renew_series_log(&mut files) } else { Ok(()) }
    }

    /// Releases the slots that have no unsealed samples and were not in the lane's last row.
    fn release_slots(&self, lane: &Arc<Lane>) {
        let Some(mut writer) = lane.try_turn() else { return };
        let data = lane.view();
        // Two are the table of lanes and this one: more means that a writer has the lane open.
        let open = Arc::strong_count(lane) > 3;
        let last = writer.chain.mask().map(Arc::clone);
        let unused: Vec<u32> = (0..)
            .zip(&writer.slots)
            .filter(|(slot, entry)| {
                let kept = last
                    .as_ref()
                    .is_some_and(|last| open && crate::lane::row::has(last, *slot as usize));
                entry.series != crate::lane::Slot::NO_SERIES && !kept && !data.has(*slot)
            })
            .map(|(slot, _)| slot)
            .collect();
        if !unused.is_empty() {
            let mut index = self.index_mut();
            for slot in unused {
                let id = writer.slots[slot as usize].series;
                index.remove_place(id, Place { lane: lane.id, slot });
                writer.release(slot);
            }
        }
        lane.give_back(writer);
    }

    /// Removes lanes without slots that no writer has open.
    fn remove_lanes(&self) {
        let mut lanes = self.lanes.write().expect("no holder of this lock panics");
        let unused: Vec<u32> = lanes
            .by_id
            .values()
            .filter(|lane| Arc::strong_count(lane) == 2 && lane.view().is_empty() && lane.is_bare())
            .map(|lane| lane.id)
            .collect();
        for id in unused {
            if let Some(lane) = lanes.by_id.remove(&id) {
                lanes.by_key.remove(&lane.key);
            }
        }
    }

    /// Drops the segments that are too old or too many.
    fn retain(&self) -> Result<()> {
        let mut files = self.files();
        let view = self.view();
        let dropped = self.expired(&view.segments);
        // Where a seal has taken rows already, the next view is built by that seal.
        if dropped == 0 || files.pending.is_some() {
            return Ok(());
        }
        let (old, kept) = view.segments.split_at(dropped);
        files.manifest.segments = kept.iter().map(|segment| segment.number).collect();
        self.write_manifest(&mut files)?;
        let next =
            View { sealed: view.sealed, segments: kept.to_vec(), next: Arc::clone(&view.next) };
        *self.view.lock().expect("no holder of this lock panics") = Arc::new(next);
        for segment in old {
            self.forget_segment(segment)?;
            // A query that has the file open reads on.
            self.remove_file(Kind::Segment, segment.number)?;
        }
        Ok(())
    }

    /// How many of the oldest segments retention does not cover.
    fn expired(&self, segments: &[Arc<Segment>]) -> usize {
        let newest = segments.iter().map(|segment| segment.summary.max_time).max();
        let mut expired = 0;
        if self.options.retention_ms > 0
            && let Some(newest) = newest
        {
            let oldest = newest.saturating_sub(self.options.retention_ms);
            expired = segments.iter().take_while(|s| s.summary.max_time <= oldest).count();
        }
        if self.options.retention_bytes > 0 {
            let mut total = self.wal.sizes().0 + self.series_log().size_bytes;
            for (at, segment) in segments.iter().enumerate().rev() {
                total += segment.summary.size_bytes;
                if total > self.options.retention_bytes {
                    expired = expired.max(at + 1);
                    break;
                }
            }
        }
        expired
    }

    /// Takes a segment off its series' counts.
    fn forget_segment(&self, segment: &Segment) -> Result<()> {
        let pages = segment.pages(0..segment.groups())?;
        let mut index = self.index_mut();
        for entry in pages.iter().flat_map(|(_, entries)| entries) {
            if let Some(series) = index.series.get_mut(entry.id) {
                series.remove_segment();
            }
        }
        Ok(())
    }
}
