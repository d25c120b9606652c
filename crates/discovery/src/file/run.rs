//! Following files while they change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::FileSdConfig;
use super::metrics::FileSdMetrics;
use super::read::read;
use crate::group::{Groups, TargetGroup};
use crate::paths::matching_files;

/// How long the directories must be given to settle after a change: a writer causes several events
/// for one file, and its half-written state is of no use.
const SETTLE: Duration = Duration::from_millis(50);

/// One `file_sd_configs` item at work.
#[derive(Debug)]
pub struct FileDiscovery {
    config: FileSdConfig,
    metrics: FileSdMetrics,
    files: BTreeMap<PathBuf, Known>,
}

/// What is known of one file.
#[derive(Debug, Default)]
struct Known {
    groups: Vec<TargetGroup>,
    /// The reason why the file could not be read the last time; a reason is logged once.
    failed: Option<String>,
}

impl FileDiscovery {
    /// Prepares to read the files of `config`.
    pub fn new(config: FileSdConfig, metrics: FileSdMetrics) -> Self {
        Self { config, metrics, files: BTreeMap::new() }
    }

    /// Sends the groups of all files through `groups` until `stop`: once they were read, even where there are none, and
    /// then whenever they differ.
    ///
    /// Without a working watch, which an exhausted inotify limit can cause, the files are still read
    /// at the interval.
    pub async fn run(mut self, groups: watch::Sender<Groups>, stop: CancellationToken) {
        // One slot is enough: an event only says that everything has to be read again.
        let (changed, mut changes) = mpsc::channel(1);
        let mut watcher = self.watcher(changed);
        let mut ticks = interval(self.config.refresh_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_first = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
                Some(()) = changes.recv() => {
                    sleep(SETTLE).await;
                    // The events of the same change are answered by this read.
                    if changes.try_recv().is_ok() {
                        tracing::trace!("further changes of target files while settling");
                    }
                }
            }
            self.watch(watcher.as_mut());
            let refreshed = tokio::task::spawn_blocking(move || {
                self.refresh();
                self
            });
            self = match refreshed.await {
                Ok(discovery) => discovery,
                Err(error) => {
                    tracing::error!(%error, "reading target files ended");
                    break;
                }
            };
            let now: Groups = self.files.values().flat_map(|known| known.groups.clone()).collect();
            groups.send_if_modified(|last| {
                let differs = *last != now;
                *last = now;
                differs || is_first
            });
            is_first = false;
        }
    }

    fn watcher(&self, changed: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
        let errors = self.metrics.watcher_errors.clone();
        let notice = move |event: notify::Result<Event>| match event {
            Ok(event) if is_change(event.kind) => {
                // A full channel already announces a read.
                if let Err(TrySendError::Closed(())) = changed.try_send(()) {
                    tracing::trace!("target files changed after the end of their discovery");
                }
            }
            Ok(_) => {}
            Err(error) => {
                errors.inc();
                tracing::error!(%error, "watching target files failed");
            }
        };
        match notify::recommended_watcher(notice) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                self.metrics.watcher_errors.inc();
                tracing::error!(%error, "target files cannot be watched, only read at intervals");
                None
            }
        }
    }

    /// Watches the directories of all patterns; a directory that was replaced is watched again.
    fn watch(&self, watcher: Option<&mut RecommendedWatcher>) {
        let Some(watcher) = watcher else { return };
        for pattern in &self.config.files {
            let dir = match Path::new(pattern).parent() {
                Some(dir) if !dir.as_os_str().is_empty() => dir,
                _ => Path::new("."),
            };
            if let Err(error) = watcher.watch(dir, RecursiveMode::NonRecursive) {
                self.metrics.watcher_errors.inc();
                tracing::debug!(%error, dir = %dir.display(), "directory cannot be watched");
            }
        }
    }

    /// Reads all files and forgets those that are gone.
    fn refresh(&mut self) {
        let started = Instant::now();
        let mut before = std::mem::take(&mut self.files);
        for pattern in &self.config.files {
            match matching_files(pattern) {
                Ok(paths) => {
                    for path in paths {
                        let known = before.remove(&path).unwrap_or_default();
                        let known = self.reread(&path, known);
                        self.files.entry(path).or_insert(known);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, pattern, "pattern of target files is invalid");
                }
            }
        }
        for path in before.into_keys() {
            self.metrics.mtime_seconds.remove(&[&path.to_string_lossy()]);
        }
        self.metrics.scan_duration_seconds.observe(started.elapsed().as_secs_f64());
    }

    fn reread(&self, path: &Path, known: Known) -> Known {
        match read(path) {
            Ok(content) => {
                let mtime = self.metrics.mtime_seconds.with(&[&path.to_string_lossy()]);
                mtime.set(content.mtime_seconds);
                Known { groups: content.groups, failed: None }
            }
            Err(error) => {
                self.metrics.read_errors.inc();
                let reason = error.to_string();
                if known.failed.as_ref() != Some(&reason) {
                    let path = path.display();
                    tracing::error!(%error, %path, "target file cannot be read, its last groups stay");
                }
                Known { groups: known.groups, failed: Some(reason) }
            }
        }
    }
}

/// Whether an event can mean that a file has other content; reading a file is an event too.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}
