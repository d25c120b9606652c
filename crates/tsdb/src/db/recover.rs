//! Finds series again that an archive has lost: their samples are in segments, and who they are is known elsewhere.
//!
//! What has left memory not long ago is still known there, as it is in the series log; what came back once is in an older
//! archive, too. Both have the right labels and the right id. Who is found comes back into memory, from where it leaves
//! again like any other.

use std::sync::Arc;

use hashbrown::HashMap;
use regain_model::{Labels, SeriesKey};
use regain_storage::Result;

use super::Inner;
use super::archived::Archived;
use crate::archive::Archive;
use crate::archive::sheet::Sheet;
use crate::index::{IdSet, Index, Sealed};
use crate::segment::Segment;
use crate::view::View;

/// So many sheets are read at once.
const READ_SHEETS: usize = 64;

/// Series that have samples, of which neither memory nor an archive that can be read knows when.
#[derive(Debug, Default)]
pub(super) struct Unnamed {
    sealed: HashMap<u32, Sealed>,
    /// What older archives say of them.
    older: HashMap<u32, Archived>,
}

impl Unnamed {
    /// Looks for them. Damaged pages and sheets are passed over.
    pub(super) fn find(
        living: &IdSet,
        segments: &[Arc<Segment>],
        archives: &[Arc<Archive>],
    ) -> Result<Self> {
        let mut found = Self::default();
        for segment in segments {
            segment.scan(|id, first, last| {
                if !living.contains(id) {
                    found.sealed.entry(id).or_insert(Sealed::NONE).add(first, last);
                }
            })?;
        }
        for archive in archives {
            for start in (0..archive.sheet_count()).step_by(READ_SHEETS) {
                let end = archive.sheet_count().min(start + READ_SHEETS);
                for sheet in archive.read(start..end)?.into_iter().flatten() {
                    found.leave_out(&Arc::new(sheet));
                }
            }
        }
        Ok(found)
    }

    /// Leaves out who has all samples within the times that a sheet says.
    fn leave_out(&mut self, sheet: &Arc<Sheet>) {
        for at in 0..sheet.len() {
            let (id, known) = (sheet.id(at), sheet.sealed(at));
            let Some(&sealed) = self.sealed.get(&id) else { continue };
            if sealed.unite(known) == known {
                self.sealed.remove(&id);
                self.older.remove(&id);
            } else {
                self.older.insert(id, Archived { sheet: Arc::clone(sheet), at });
            }
        }
    }

    /// Takes those of them into the index whose labels are known, and says how many these are and since when they have
    /// samples.
    pub(super) fn take_in(&self, index: &mut Index) -> (u64, Sealed) {
        let (mut count, mut since) = (0, Sealed::NONE);
        for (&id, &sealed) in &self.sealed {
            let older = self.older.get(&id).map(|older| older.labels().collect());
            let Some(labels) = index.departed_labels(id).or(older) else { continue };
            let labels = Labels::from_sorted(labels);
            let key = SeriesKey::of_labels(index.seed(), &labels);
            // It may have come back, or be another's by now.
            if index.series.get(id).is_some() || index.find(key, &labels).is_some() {
                continue;
            }
            if index.restore((id, key), &labels, sealed).is_ok() {
                (count, since) = (count + 1, since.unite(sealed));
            }
        }
        (count, since)
    }
}

impl Inner {
    /// Takes series in again that damaged sheets have lost, as far as they are known elsewhere, and says how many.
    pub(super) fn recover_series(&self, view: &View) -> Result<u64> {
        let living = self.index().living();
        let unnamed = Unnamed::find(&living, &view.segments, &view.archives)?;
        let (count, sealed) = unnamed.take_in(&mut self.index_mut());
        if count > 0 {
            self.sync_series()?;
            self.note_change(sealed.min_ms());
        }
        Ok(count)
    }

    /// The series with these labels that has left memory for a sheet that cannot be read any more, where memory still knows
    /// it; its samples lie within `sealed`.
    pub(super) fn find_departed(
        &self,
        key: SeriesKey,
        labels: &Labels,
        sealed: Sealed,
    ) -> Option<Archived> {
        let id = self.index().find_departed(labels)?;
        let sheet = Sheet::of_one(key, id, sealed, labels.iter().collect())?;
        Some(Archived { sheet: Arc::new(sheet), at: 0 })
    }

    /// The series with this id that has left memory, where memory still knows it; its samples lie within `sealed`.
    pub(super) fn departed(&self, id: u32, sealed: Sealed) -> Option<Archived> {
        let index = self.index();
        let labels = index.departed_labels(id)?;
        let key = SeriesKey::of(self.seed, labels.iter().copied());
        let sheet = Sheet::of_one(key, id, sealed, labels)?;
        Some(Archived { sheet: Arc::new(sheet), at: 0 })
    }
}
