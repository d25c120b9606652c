//! One snapshot at a time, and how far it is.

use std::sync::Arc;

use regain_metrics::{Gauge, Registry};
use regain_prometheus_tsdb::ExportProgress;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets one snapshot be taken at a time, and shows how far it is. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotRuns {
    turn: Arc<Semaphore>,
    windows: Gauge,
    windows_done: Gauge,
}

impl SnapshotRuns {
    pub(crate) fn register(registry: &Registry) -> Self {
        let windows = registry.gauge(
            "regain_tsdb_snapshot_windows",
            "Times of two hours that the snapshot under way is made of; 0 when there is none.",
        );
        let windows_done =
            registry.gauge("regain_tsdb_snapshot_windows_done", "How many of these are written.");
        Self { turn: Arc::new(Semaphore::new(1)), windows, windows_done }
    }

    /// The turn to take a snapshot, if nobody else has it.
    pub(crate) fn begin(&self) -> Option<SnapshotRun> {
        let turn = Arc::clone(&self.turn).try_acquire_owned().ok()?;
        Some(SnapshotRun { runs: self.clone(), _turn: turn })
    }
}

/// A snapshot under way.
#[derive(Debug)]
pub(crate) struct SnapshotRun {
    runs: SnapshotRuns,
    _turn: OwnedSemaphorePermit,
}

impl SnapshotRun {
    /// Shows how far the snapshot is.
    pub(crate) fn show(&self, progress: ExportProgress) {
        self.runs.windows.set(progress.windows as f64);
        self.runs.windows_done.set(progress.windows_done as f64);
    }
}

impl Drop for SnapshotRun {
    fn drop(&mut self) {
        self.show(ExportProgress::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_snapshot_is_taken_at_a_time_and_shows_how_far_it_is() {
        let registry = Registry::new();
        let runs = SnapshotRuns::register(&registry);
        let run = runs.begin().unwrap();
        assert!(runs.begin().is_none());
        run.show(ExportProgress { windows: 3, windows_done: 2, samples: 7 });
        assert_eq!((runs.windows.get(), runs.windows_done.get()), (3.0, 2.0));
        drop(run);
        assert_eq!((runs.windows.get(), runs.windows_done.get()), (0.0, 0.0));
        assert!(runs.begin().is_some());
    }
}
