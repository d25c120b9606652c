//! What is due: seals, retention, series that have left, recovery after failures.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::Timestamp;
use regain_storage::{Result, Trouble};

use super::evict::{Leave, numbers};
use super::health::Work;
use super::{Counters, Db, Files, Inner};
use crate::index::{Place, Series};
use crate::lane::{Lane, Slot, row};
use crate::layout::{Kind, io_error};
use crate::segment::Segment;
use crate::series_log::SeriesLog;
use crate::view::View;

/// Unsealed samples may take this many times the memory at which they are sealed, when that fails.
const HEAD_LIMIT: u64 = 4;

impl Db {
    /// Does what is due at `now`; meant to be called every few seconds from one thread.
    pub fn tick(&self, now: Timestamp) -> Result<()> {
        self.0.check_open()?;
        self.0.look_at_memory(now.0);
        self.0.watch(Work::Writing, self.0.tick(now))
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
        self.0.files().removal_wanted = true;
        self.0.settle()
    }

    /// Moves all series that no lane writes out of memory, however new their samples are.
    pub fn evict_unused(&self) -> Result<()> {
        self.remove_unused()?;
        let mut files = self.0.files();
        self.0.archive_unused(&mut files, Leave::Unused)?;
        drop(files);
        self.0.settle()
    }
}

impl Inner {
    fn tick(&self, now: Timestamp) -> Result<()> {
        if self.options.future_max_ms > 0 {
            let limit = now.0.saturating_add(self.options.future_max_ms);
            // Ordering: a limit that moves slowly.
            self.time_max.store(limit, Ordering::Relaxed);
        }
        // Room is made first: a full disk may be why something has failed.
        self.give_reserve()?;
        let retained = self.retain();
        self.recover()?;
        let due = {
            let mut files = self.files();
            let period_ends = self.period_ends(&mut files, now.0);
            files.removal_wanted |= period_ends;
            period_ends || self.is_seal_due(&mut files, now.0)
        };
        retained?;
        let sealed = if due { self.seal() } else { Ok(()) };
        self.limit_head();
        sealed?;
        if !due && self.wal.sizes().0 > self.options.wal_file_bytes_max {
            let mut files = self.files();
            files.wal_closed.extend([self.wal.rotate()?]);
            self.note_log_size(&files);
        }
        self.settle()?;
        self.keep_reserve()?;
        self.remember(now.0)
    }

    fn period_ends(&self, files: &mut Files, now: i64) -> bool {
        let period = now.div_euclid(self.options.period_ms.max(1));
        files.period.replace(period).is_some_and(|before| before < period)
    }

    fn is_seal_due(&self, files: &mut Files, now: i64) -> bool {
        let unsealed = Counters::get(&self.counters.samples_unsealed);
        if files.pending.is_some() || std::mem::take(&mut files.seal_wanted) {
            return true;
        }
        let appended = Counters::get(&self.counters.samples_appended);
        // A clock that jumps back must not make silence of the time until it is where it was.
        if files.last_growth.0 != appended || now < files.last_growth.1 {
            files.last_growth = (appended, now);
        }
        let quiet_ms = now.saturating_sub(files.last_growth.1);
        files.is_quiet = appended > 0 && quiet_ms >= self.options.seal_silence_ms / 2;
        if unsealed == 0 {
            return false;
        }
        let active = self.index().active() as u64;
        let some = active.saturating_mul(self.options.seal_samples_per_series);
        unsealed >= self.options.seal_samples_min.max(some)
            || quiet_ms >= self.options.seal_silence_ms
            || (files.is_quiet && unsealed >= some)
            || self.head_bytes() as u64 >= self.options.head_bytes_max
    }

    /// Takes no more samples while those that could not be sealed fill the memory.
    fn limit_head(&self) {
        let pending = self.files().pending.as_ref().map_or(0, |seal| seal.size_bytes());
        let limit = self.options.head_bytes_max.saturating_mul(HEAD_LIMIT);
        let is_full = (self.head_bytes() + pending) as u64 >= limit;
        // Ordering: a limit that moves slowly.
        self.is_full.store(is_full, Ordering::Relaxed);
    }

    /// The memory that unsealed samples take.
    pub(super) fn head_bytes(&self) -> usize {
        self.all_lanes().iter().map(|lane| lane.view().size_bytes()).sum()
    }

    /// After a failure: a new log file, a new series log. What is in memory is sealed next, because
    /// the old files may have lost what they were given.
    fn recover(&self) -> Result<()> {
        if self.trouble_of_logs() == Some(Trouble::DiskFull) {
            self.keep_reserve()?;
            self.prove_room()?;
        }
        let mut files = self.files();
        if self.series_log().trouble().is_some() {
            self.renew_series_log(&mut files)?;
            files.seal_wanted = true;
        }
        if let Some((number, length)) = self.wal.failed_end() {
            // What lies behind was not acknowledged: the same samples may come again.
            let mut manifest = files.manifest.clone();
            manifest.limit_wal(number, length);
            self.write_manifest(&mut files, manifest)?;
            self.wal.restart()?;
            files.wal_closed.insert(number, length);
            self.note_log_size(&files);
            files.seal_wanted = true;
        }
        Ok(())
    }

    /// Writes a series log with the living series only, and rebuilds the index.
    fn renew_series_log(&self, files: &mut Files) -> Result<()> {
        let mut log = self.series_log();
        let (all, next_series) = {
            let mut index = self.index_mut();
            let Some(mut rebuilt) = index.rebuilt() else { return Ok(()) };
            let all = std::mem::take(&mut rebuilt.pending);
            *index = rebuilt;
            (all, index.series.next_id())
        };
        // The old log numbers symbols in another way: without a new one, nothing can be added.
        log.retire();
        let mut manifest = files.manifest.clone();
        manifest.series_log += 1;
        manifest.next_series = next_series;
        let path = self.layout.file(Kind::SeriesLog, manifest.series_log);
        let metadata = self.renewed_metadata();
        let new = SeriesLog::create(&*self.fs, path, &all, &metadata)?;
        self.fs.sync_dir(self.layout.dir()).map_err(io_error("sync", self.layout.dir()))?;
        manifest.series_log_bytes = new.synced_bytes;
        let before = files.manifest.series_log;
        self.write_manifest(files, manifest)?;
        *self.metadata() = metadata;
        *log = new;
        drop(log);
        self.remove_file(&self.layout.file(Kind::SeriesLog, before))
    }

    /// Does what has to wait for queries that see the store as it was: releases slots, lanes and series that nobody uses.
    pub(super) fn settle(&self) -> Result<()> {
        let mut files = self.files();
        if files.pending.is_some() || files.is_looked_back_at() {
            return Ok(());
        }
        self.let_go(&mut files)?;
        if !std::mem::take(&mut files.removal_wanted) {
            let is_due = self.metadata().wants_rewrite() || self.index().wants_rebuild();
            return if is_due { self.renew_series_log(&mut files) } else { Ok(()) };
        }
        for lane in self.all_lanes() {
            self.release_slots(&lane, |_| true);
        }
        self.remove_lanes();
        self.forget_unshared();
        let floor = self.view().floor();
        // A batch under way holds its lane's turn, and its slots keep their series.
        let (uncounted, removed) = {
            let mut index = self.index_mut();
            (index.uncount_unused(), index.remove_dead(floor))
        };
        if uncounted > 0 {
            self.admission.note_room();
        }
        Counters::add(&self.counters.series_removed, removed as u64);
        // Ordering: a time that moves slowly.
        let newest = self.newest.load(Ordering::Relaxed);
        let old = Leave::Before(newest.saturating_sub(self.options.period_ms));
        self.archive_unused(&mut files, old)?;
        if !files.is_looked_back_at() {
            self.let_go(&mut files)?;
        }
        if self.index().wants_rebuild() { self.renew_series_log(&mut files) } else { Ok(()) }
    }

    /// Releases the slots that have no unsealed samples and whose series are unwanted. A writer that has the lane open keeps
    /// those of its last row, and those that it has just asked for.
    pub(super) fn release_slots(&self, lane: &Arc<Lane>, is_unwanted: impl Fn(&Series) -> bool) {
        let Some(mut writer) = lane.try_turn() else { return };
        let data = lane.view();
        // Two are in the tables of lanes, and one is here: more means that a writer has the lane open.
        let open = Arc::strong_count(lane) > 3;
        let mut kept = vec![false; writer.slots.len()];
        if open {
            for &slot in &writer.changed {
                kept[slot as usize] = true;
            }
            let last = writer.chain.mask().into_iter().flat_map(|mask| row::slots(mask));
            for slot in last.filter(|&slot| slot < writer.slots.len()) {
                kept[slot] = true;
            }
        }
        let unused: Vec<u32> = (0..)
            .zip(writer.slots.iter().zip(kept))
            .filter(|&(slot, (entry, kept))| {
                entry.series != Slot::NO_SERIES && !kept && !data.has(slot)
            })
            .map(|(slot, _)| slot)
            .collect();
        if !unused.is_empty() {
            let mut index = self.index_mut();
            for slot in unused {
                let id = writer.slots[slot as usize].series;
                if !index.series.get(id).is_none_or(&is_unwanted) {
                    continue;
                }
                index.remove_place(id, Place { lane: lane.id, slot });
                writer.release(slot);
            }
        }
        self.unshare(lane, &mut writer);
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
        let dropped = self.expired(&files, &view.segments);
        if dropped == 0 {
            return Ok(());
        }
        let (old, kept) = view.segments.split_at(dropped);
        let lowest = old.iter().map(|segment| segment.summary.min_time).min().unwrap_or(i64::MIN);
        let mut next = View { segments: kept.to_vec(), ..view.successor() };
        let empty = self.take_empty_archives(&mut next);
        let mut manifest = files.manifest.clone();
        manifest.segments = kept.iter().map(|segment| segment.number).collect();
        manifest.archives = numbers(&next.archives);
        self.write_manifest(&mut files, manifest)?;
        self.show(&mut files, next);
        self.note_change(lowest);
        // A query that has a file open reads on.
        old.iter().try_for_each(|segment| self.remove_file(&segment.path))?;
        empty.into_iter().try_for_each(|archive| self.remove_file(&archive.path))
    }

    /// How many of the oldest segments retention does not cover.
    fn expired(&self, files: &Files, segments: &[Arc<Segment>]) -> usize {
        let newest = segments.iter().map(|segment| segment.summary.max_time).max();
        let mut expired = 0;
        let retention = self.retention();
        if retention.time_ms > 0
            && let Some(newest) = newest
        {
            let oldest = newest.saturating_sub(retention.time_ms);
            expired = segments.iter().take_while(|s| s.summary.max_time <= oldest).count();
        }
        if retention.bytes > 0 {
            let mut total = files.wal_closed.values().sum::<u64>();
            let archives = self.view().archives.clone();
            total += archives.iter().map(|archive| archive.summary.size_bytes).sum::<u64>();
            total += self.wal.sizes().0 + self.series_log().size_bytes;
            for (at, segment) in segments.iter().enumerate().rev() {
                total += segment.summary.size_bytes;
                if total > retention.bytes {
                    expired = expired.max(at + 1);
                    break;
                }
            }
        }
        expired
    }
}
