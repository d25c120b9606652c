//! From a store that answers from its segments to one that is whole.
//!
//! Before its log is read, a store answers queries from its segments, and warns that samples may be missing. The lanes come
//! to its tables in one step, once all of the log is read. Until then nobody appends, seals, merges or deletes: each of
//! these depends on what the log holds of a series.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use regain_storage::{Ctx, Result, Trouble};

use super::health::give_reserve;
use super::open::{damaged_logs, sync_logs};
use super::replay::{Replay, Replayed};
use super::{Counters, Inner};
use crate::manifest::Manifest;
use crate::report::ReplayReport;

/// The log of a store that was opened with what is sealed.
#[derive(Debug)]
pub struct UnreadLog {
    db: Arc<Inner>,
    unread: Unread,
}

/// What opening has left for the replay.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// The files that were there.
    pub(super) names: Vec<String>,
    /// The log's files, oldest first.
    pub(super) wal_files: Vec<u64>,
    /// What was met so far.
    pub(super) report: ReplayReport,
}

impl UnreadLog {
    /// Reads the log, makes the store whole, and says what was met on the way. It takes its time; a store that is
    /// closed meanwhile ends it with [`Error::Closed`](regain_storage::Error::Closed). After a failure the store stays as it is, and the log too.
    pub fn replay(mut self) -> Result<ReplayReport> {
        let unread = std::mem::take(&mut self.unread);
        self.db.replay(unread)
    }

    pub(super) const fn new(db: Arc<Inner>, unread: Unread) -> Self {
        Self { db, unread }
    }
}

impl Drop for UnreadLog {
    fn drop(&mut self) {
        // Nobody else will read the log. Where it was read, the gate is open.
        self.db.opening.give_up();
    }
}

impl Inner {
    fn replay(&self, unread: Unread) -> Result<ReplayReport> {
        let Unread { names, wal_files, mut report } = unread;
        let mut manifest = self.files().manifest.clone();
        let segments = self.view().segments.clone();
        let mut replay = Replay::new(self, &segments, manifest.next_lane);
        replay.run(&wal_files, &mut manifest, &mut report)?;
        sync_logs(&*self.fs, &self.layout, &wal_files)?;
        replay.restore_archived()?;
        let replayed = replay.finish();
        // Ordering: nobody has a lane before the store is whole.
        self.next_lane.store(replayed.next_lane, Ordering::Relaxed);
        if !self.index().pending.is_empty() {
            // Series that were found again must be defined before the manifest forgets where they were lost.
            self.sync_series()?;
        }
        self.write_first_manifest(manifest)?;
        self.damaged.set(damaged_logs(&report)).expect("a log is replayed once");
        self.remove_leftovers(&names)?;
        self.become_whole(replayed);
        Ok(report)
    }

    /// Writes the manifest with what opening and replaying have found. On a full disk, the reserve is room enough.
    fn write_first_manifest(&self, manifest: Manifest) -> Result<()> {
        let mut files = self.files();
        let written = self.write_manifest(&mut files, manifest.clone());
        if !written.as_ref().is_err_and(|error| error.trouble() == Some(Trouble::DiskFull)) {
            return written;
        }
        give_reserve(&*self.fs, &self.layout)?;
        self.write_manifest(&mut files, manifest)
    }

    /// Shows what the log held to whoever asks from now on, and takes samples.
    fn become_whole(&self, replayed: Replayed) {
        let Replayed { lanes, newest, exemplars, .. } = replayed;
        let data: Vec<_> = lanes.by_id.values().map(|lane| lane.view()).collect();
        let earliest = data.iter().filter(|data| !data.is_empty()).map(|data| data.min_time).min();
        Counters::add(&self.counters.samples_unsealed, data.iter().map(|data| data.samples).sum());
        // Ordering: published with the store's being whole.
        self.newest.fetch_max(newest.unwrap_or(i64::MIN), Ordering::Relaxed);
        let recent = self.newest.load(Ordering::Relaxed).saturating_sub(self.options.period_ms);
        self.index_mut().count_recent(recent);
        *self.lanes.write().expect("no holder of this lock panics") = lanes;
        self.share_replayed();
        exemplars.finish(&self.exemplars);
        // Ordering: pairs with the load in `is_whole`.
        self.is_whole.store(true, Ordering::Release);
        if let Some(earliest) = earliest {
            self.note_change(earliest);
        }
        self.opening.open();
    }

    /// Warns a query that the log, or a part of it, is missing from its answer.
    pub(super) fn warn_of_unread_log(&self, ctx: &Ctx) {
        if self.is_whole() {
            return;
        }
        let progress = &self.options.replay_progress;
        let percent = progress.bytes_read().saturating_mul(100).checked_div(progress.bytes());
        let percent = percent.unwrap_or(0);
        ctx.warnings.add(format!(
            "the result may be partial: {percent}% of the log is read again since the start"
        ));
    }
}
