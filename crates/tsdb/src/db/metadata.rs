//! What is said about metrics, between its writers, the series log and whoever asks.

use std::sync::MutexGuard;

use regain_model::Metadata;
use regain_storage::Result;

use super::{Db, Inner};
use crate::metadata::{MetadataStats, MetadataTable};

impl Db {
    /// What was said about the metric `name`, or about all of them, in no particular order.
    pub fn metadata(&self, name: Option<&str>) -> Vec<(String, Vec<Metadata>)> {
        self.0.metadata().of(name)
    }

    /// Numbers of the metadata.
    pub fn metadata_stats(&self) -> MetadataStats {
        self.0.metadata().stats()
    }
}

impl Inner {
    /// Logs what is new of what is said, and shows it.
    pub(super) fn keep_metadata(&self, said: &[(&str, &Metadata)]) -> Result<()> {
        self.check_open()?;
        let news = self.metadata().news(said);
        if news.is_empty() {
            return Ok(());
        }
        // Held until it is shown: a log that is written anew must not miss it.
        let mut log = self.series_log();
        log.append_metadata(&news)?;
        let mut table = self.metadata();
        for (name, metadata) in news {
            table.add(name, metadata.clone(), true);
        }
        Ok(())
    }

    /// What a new series log begins with.
    pub(super) fn renewed_metadata(&self) -> MetadataTable {
        let archived = self.archived_metrics();
        let index = self.index();
        let in_archive =
            |metric: &str| archived.as_ref().is_none_or(|names| names.contains(metric));
        let has_metric = |metric: &str| index.has_metric(metric) || in_archive(metric);
        self.metadata().renewed(has_metric)
    }

    pub(super) fn metadata(&self) -> MutexGuard<'_, MetadataTable> {
        self.metadata.lock().expect("no holder of this lock panics")
    }
}
