//! Sealing: unsealed rows become a segment, and the log before them goes.
//!
//! The order is what makes it safe: a new log file; every lane's rows out of the lane (still visible
//! through the chain of seals); the segment, durable; the manifest; the new view; and only then the old
//! log files. A lane whose batch is under way is left out and keeps its log files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_model::SeriesKey;
use regain_storage::Result;

use super::{Counters, Files, Inner};
use crate::lane::{Lane, LaneData};
use crate::layout::{Kind, io_error, set_aside};
use crate::manifest::Manifest;
use crate::segment::Segment;
use crate::segment::encode::{Encoded, Frozen};
use crate::segment::write::{fill_sealed, write};
use crate::view::{Seal, View};

impl Inner {
    /// Seals all lanes.
    pub(super) fn seal(&self) -> Result<()> {
        let mut files = self.files();
        let sealed = self.seal_pending(&mut files).and_then(|()| {
            if self.all_lanes().iter().all(|lane| lane.view().is_empty()) {
                return self.drop_log(&mut files);
            }
            files.wal_closed.extend([self.wal.rotate()?]);
            self.freeze(&mut files);
            self.seal_pending(&mut files)
        });
        self.note_log_size(&files);
        let counter =
            if sealed.is_ok() { &self.counters.seals } else { &self.counters.seals_failed };
        Counters::add(counter, 1);
        sealed
    }

    /// Takes the rows out of all lanes that are not busy.
    fn freeze(&self, files: &mut Files) {
        let view = self.view();
        let seal = Arc::new(Seal::new(view.sealed + 1));
        // The chain knows the seal before any lane has given its rows away.
        view.next.set(Arc::clone(&seal)).expect("a view is followed by one seal");
        for lane in self.all_lanes() {
            self.freeze_lane(&lane, &seal);
        }
        files.pending = Some(seal);
    }

    fn freeze_lane(&self, lane: &Lane, seal: &Seal) {
        let Some(writer) = lane.try_turn() else { return };
        {
            let mut data = lane.data();
            if !data.is_empty() {
                let series = writer.slots.iter().map(|slot| slot.series).collect();
                let taken = std::mem::replace(&mut *data, Arc::new(LaneData::new(seal.epoch)));
                let sequence = writer.chain.sequence;
                self.counters.samples_unsealed.fetch_sub(taken.samples, Ordering::Relaxed);
                seal.add(Frozen { lane: lane.id, sequence, data: taken, series });
                // Ordering: under the lane's turn.
                lane.first_file.store(u64::MAX, Ordering::Relaxed);
            }
        }
        lane.give_back(writer);
    }

    /// Writes the rows that were taken, now or by an earlier attempt.
    fn seal_pending(&self, files: &mut Files) -> Result<()> {
        let Some(seal) = files.pending.clone() else { return Ok(()) };
        // Every series of the rows that were taken has a smaller id.
        let next_series = self.index().series.next_id();
        self.flush_series()?;
        let series_log_bytes = {
            let mut log = self.series_log();
            log.sync()?;
            log.synced_bytes
        };
        let lanes = seal.all();
        let encoded = Encoded::new(&lanes, |lane| self.keys_of(lane));
        let view = self.view();
        let mut segments = view.segments.clone();
        let mut manifest = files.manifest.clone();
        if !encoded.is_empty() {
            let number = manifest.next_segment;
            manifest.next_segment += 1;
            write((&*self.fs, &self.layout), number, |writer| {
                fill_sealed(writer, &lanes, &encoded)
            })?;
            segments.push(Arc::new(Segment::open(&*self.fs, &self.layout, number)?));
        }
        manifest.segments = segments.iter().map(|segment| segment.number).collect();
        manifest.series_log_bytes = series_log_bytes;
        manifest.next_series = next_series.max(manifest.next_series);
        // Until the manifest names the segment, a crash replays the log instead.
        self.write_manifest(files, manifest)?;
        {
            let mut index = self.index_mut();
            for (id, span, ends_stale) in encoded.series() {
                if let Some(series) = index.series.get_mut(id) {
                    series.add_sealed(span, ends_stale);
                }
            }
        }
        files.pending = None;
        let next = Arc::clone(&seal.next);
        self.show(files, View { sealed: seal.epoch, segments, next, ..view.successor() });
        self.drop_log(files)
    }

    /// The keys of a lane's slots with samples.
    fn keys_of(&self, lane: &Frozen) -> Vec<Option<SeriesKey>> {
        let index = self.index();
        let key = |(slot, &id): (u32, &u32)| {
            let series = index.series.get(id)?;
            lane.data.has(slot).then(|| series.key())
        };
        (0..).zip(lane.series.iter()).map(key).collect()
    }

    /// Replaces the manifest; when that fails, the one before still holds.
    pub(super) fn write_manifest(&self, files: &mut Files, mut manifest: Manifest) -> Result<()> {
        // Ordering: the lanes of sealed rows have their numbers already.
        manifest.next_lane = self.next_lane.load(Ordering::Relaxed);
        manifest.write(&*self.fs, &self.layout)?;
        files.manifest = manifest;
        Ok(())
    }

    /// Removes the log files that hold nothing unsealed.
    fn drop_log(&self, files: &mut Files) -> Result<()> {
        if files.pending.is_some() {
            return Ok(());
        }
        // The number comes first: whoever writes to an earlier file has noted that by now.
        let current = self.wal.number();
        // Ordering: a lane notes a file before it writes there, and the file's end is seen above.
        let needed =
            self.all_lanes().iter().map(|lane| lane.first_file.load(Ordering::Relaxed)).min();
        let first = needed.unwrap_or(u64::MAX).min(current);
        let before = files.manifest.wal_first;
        if first <= before {
            return Ok(());
        }
        // What they hold of exemplars is in later files before they go.
        self.log_exemplars()?;
        let mut manifest = files.manifest.clone();
        manifest.wal_first = first;
        manifest.wal_limits.retain(|&(file, _)| file >= first);
        self.write_manifest(files, manifest)?;
        for number in before..first {
            files.wal_closed.remove(&number);
            self.remove_file(&self.layout.file(Kind::Wal, number))?;
        }
        Ok(())
    }

    /// Removes a file that the manifest does not name. A damaged log gets another name instead, for
    /// whoever wants to look at it.
    pub(super) fn remove_file(&self, path: &Path) -> Result<()> {
        let is_damaged = |damaged: &Vec<PathBuf>| damaged.iter().any(|damaged| damaged == path);
        let removed = if self.damaged.get().is_some_and(is_damaged) {
            self.fs.rename(path, &set_aside(path))
        } else {
            self.fs.remove(path)
        };
        match removed {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(io_error("remove", path)),
        }
    }
}
