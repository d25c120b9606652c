//! Series leave memory: those of which all samples are in segments, and which nobody has written for some time, go to an
//! archive.
//!
//! The order is what makes it safe: the archive, durable; the manifest; the new view; and once no query sees the store as it
//! was, the series leave the index and the series log says so. Until then, and after a crash between, they are in both,
//! and what is in memory counts.

use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::Result;

use super::{Counters, Files, Inner};
use crate::archive::Archive;
use crate::archive::sheet::{Entry, SHEET_SERIES};
use crate::archive::write::write;
use crate::index::{Place, Sealed, Series};
use crate::view::View;

/// The most series that go to one archive, so that merging two of them takes little memory.
pub(super) const ARCHIVE_SERIES_MAX: usize = 1 << 18;

/// A series that is in an archive and has not left the index yet, and what the archive says of its samples.
pub(super) type Leaving = (u32, Sealed);

/// Which of the series leave memory that nobody writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leave {
    /// Those whose last sample is older than this.
    Before(i64),
    /// Those whose last sample is a staleness marker.
    Stale,
    /// All.
    Unused,
}

impl Leave {
    fn wants(self, series: &Series) -> bool {
        let is_old = match self {
            Self::Before(time) => series.sealed.max_ms() < time,
            Self::Stale => series.stale,
            Self::Unused => true,
        };
        is_old && series.place == Place::NONE && series.sealed.is_some()
    }
}

impl Inner {
    /// Writes the series that are to leave into archives; unused ones have no slots any more. They leave the index with
    /// [`let_go`](Self::let_go).
    pub(super) fn archive_unused(&self, files: &mut Files, leave: Leave) -> Result<()> {
        let mut due: Vec<(SeriesKey, u32)> = {
            let index = self.index();
            let due = index.series.iter().filter(|(_, series)| leave.wants(series));
            due.map(|(id, series)| (series.key(), id)).collect()
        };
        if due.is_empty() {
            return Ok(());
        }
        // A crash must find their ids taken, whatever the series log has lost.
        self.sync_series()?;
        due.sort_unstable();
        let mut manifest = files.manifest.clone();
        let mut view = self.view().successor();
        let mut leaving = Vec::with_capacity(due.len());
        for due in due.chunks(ARCHIVE_SERIES_MAX) {
            let number = manifest.next_segment;
            manifest.next_segment += 1;
            write((&*self.fs, &self.layout), number, |writer| {
                due.chunks(SHEET_SERIES).try_for_each(|due| {
                    let index = self.index();
                    let entries: Vec<Entry<'_>> = due
                        .iter()
                        .filter_map(|&(key, id)| {
                            let series = index.series.get(id)?;
                            let labels = index.labels_of(series).iter();
                            let labels = labels.map(|&pair| index.pair_texts(pair)).collect();
                            Some(Entry { key, id, sealed: series.sealed, labels })
                        })
                        .collect();
                    leaving.extend(entries.iter().map(|entry| (entry.id, entry.sealed)));
                    writer.add(&entries)
                })
            })?;
            view.archives.push(Arc::new(Archive::open(&*self.fs, &self.layout, number)?));
        }
        manifest.archives = numbers(&view.archives);
        manifest.next_series = manifest.next_series.max(self.index().series.next_id());
        self.write_manifest(files, manifest)?;
        self.show(files, view);
        files.leaving.append(&mut leaving);
        Ok(())
    }

    /// Lets series go that are in an archive, unless somebody writes them again. No query sees the store without the
    /// archive.
    pub(super) fn let_go(&self, files: &mut Files) -> Result<()> {
        let leaving = std::mem::take(&mut files.leaving);
        if leaving.is_empty() {
            return Ok(());
        }
        // Held until it is noted: a series that comes back meanwhile is defined after that.
        let mut log = self.series_log();
        let gone: Vec<u32> = {
            let mut index = self.index_mut();
            let is_unused =
                |series: &Series, sealed| series.place == Place::NONE && series.sealed == sealed;
            let gone: Vec<u32> = leaving
                .into_iter()
                .filter(|&(id, sealed)| {
                    index.series.get(id).is_some_and(|series| is_unused(series, sealed))
                })
                .map(|(id, _)| id)
                .collect();
            for &id in &gone {
                index.depart(id);
            }
            gone
        };
        Counters::add(&self.counters.series_removed, gone.len() as u64);
        if gone.is_empty() { Ok(()) } else { log.append_departed(&gone) }
    }

    /// Shows the store with other archives in the place of some.
    pub(super) fn show_archives(
        &self,
        files: &mut Files,
        archives: Vec<Arc<Archive>>,
    ) -> Result<()> {
        let mut manifest = files.manifest.clone();
        manifest.archives = numbers(&archives);
        self.write_manifest(files, manifest)?;
        let view = View { archives, ..self.view().successor() };
        self.show(files, view);
        Ok(())
    }
}

pub(super) fn numbers(archives: &[Arc<Archive>]) -> Vec<u64> {
    archives.iter().map(|archive| archive.number).collect()
}
