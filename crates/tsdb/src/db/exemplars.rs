//! Exemplars between the log and the ring.

use regain_storage::Result;

use super::{Db, Inner};
use crate::exemplars::{ExemplarStats, Staged, Turn};
use crate::wal::Appended;

impl Db {
    /// Keeps so many exemplars from now on; of more, those that came last stay.
    pub fn set_exemplars_max(&self, max: usize) {
        self.0.exemplars.resize(max);
    }

    /// Numbers of the exemplars.
    pub fn exemplar_stats(&self) -> ExemplarStats {
        self.0.exemplars.stats()
    }
}

impl Inner {
    /// Shows what was logged.
    pub(super) fn add_exemplars(&self, turn: &Turn<'_>, staged: Vec<Staged>) {
        let index = self.index();
        self.exemplars
            .add(turn, staged, |id| index.series.get(id).map(|series| index.label_set(series)));
    }

    /// Logs the ring again, durably, before files go that hold what is in it.
    pub(super) fn log_exemplars(&self) -> Result<()> {
        let records = self.exemplars.logged();
        if records.is_empty() {
            return Ok(());
        }
        for record in &records {
            while self.wal.append(record, self.wal.number())? == Appended::Rotated {}
        }
        self.wal.sync()
    }
}
