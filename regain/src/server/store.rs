//! The store of a running server: opened, kept in order by three timers, sealed at the end.
//!
//! It is opened with what is sealed, and reads its log while the rest of the server starts; the timers start after that.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use regain_api::StoreFacts;
use regain_metrics::Registry;
use regain_model::KeySeed;
use regain_prometheus_tsdb::{Snapshots, holds_samples};
use regain_storage::fs::RealFs;
use regain_tsdb::{Db, Options, ReplayProgress, ReplayReport, Retention, UnreadLog};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::HealthLog;
use super::limits::LimitsKeeper;
use super::retention::RetentionKeeper;
use crate::{clock, logging};

/// How often the store does what is due.
const TICK: Duration = Duration::from_secs(1);
/// How often what was committed is made to survive a power cut.
const SYNC: Duration = Duration::from_secs(1);

/// How often segments are merged, when there are some to merge.
const MERGE: Duration = Duration::from_secs(5);

/// An open store and the tasks that keep it.
#[derive(Debug)]
pub(super) struct Store {
    db: Db,
    corruptions: Arc<AtomicU64>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Who tells the store what changes while it is open.
#[derive(Clone, Debug)]
pub(super) struct Keepers {
    pub(super) retention: Arc<RetentionKeeper>,
    pub(super) limits: Arc<LimitsKeeper>,
}

/// A store's log that is being read, and what keeps the store afterwards.
pub(super) struct Replay {
    /// Gives what was met, and how long the start of the store has taken.
    reading: JoinHandle<regain_storage::Result<(ReplayReport, Duration)>>,
    keepers: Keepers,
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// There is data that would not be seen.
    #[error(
        "{} holds the data of a Prometheus, which would not be seen. Stop that Prometheus and run \
         `regain promtool tsdb convert --to regain {}`, or name another directory with --storage.tsdb.path",
        .0.display(),
        .0.display()
    )]
    OfPrometheus(PathBuf),
    /// The store itself says why.
    #[error("opening storage failed: {}", logging::with_sources(.0))]
    Store(regain_storage::Error),
    /// Opening it panicked.
    #[error("opening storage failed unexpectedly")]
    Panicked,
}

impl Store {
    /// Opens the store in `dir` with what is sealed, and begins to read its log.
    pub(super) async fn open(
        dir: &Path,
        (retention, keepers): (Retention, Keepers),
        exemplars_max: usize,
        replay_progress: ReplayProgress,
    ) -> Result<(Self, Replay), OpenError> {
        tracing::info!("Starting TSDB ...");
        let started = Instant::now();
        let options = Options {
            seed: KeySeed(RandomState::new().hash_one(clock::since_epoch())),
            retention,
            exemplars_max,
            replay_progress,
            ..Options::default()
        };
        let dir = dir.to_owned();
        let opened = tokio::task::spawn_blocking(move || open(&dir, options));
        let (db, unread) = opened.await.map_err(|_| OpenError::Panicked)??;
        let reading = tokio::task::spawn_blocking(move || {
            unread.replay().map(|report| (report, started.elapsed()))
        });
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let store = Self { db, corruptions: Arc::default(), tasks, stop };
        tracing::info!("TSDB started");
        Ok((store, Replay { reading, keepers }))
    }

    /// Waits until the log is read, and starts to keep the store.
    pub(super) async fn become_whole(
        &self,
        replay: Replay,
        registry: &Registry,
    ) -> Result<(), OpenError> {
        let Replay { reading, keepers } = replay;
        let read = reading.await.map_err(|_| OpenError::Panicked)?;
        let (report, took) = read.map_err(OpenError::Store)?;
        log_replay(&report, took);
        let help = "Time taken to replay the data on disk.";
        registry
            .gauge("prometheus_tsdb_data_replay_duration_seconds", help)
            .set(took.as_secs_f64());
        // Ordering: a number that guards no other memory.
        self.corruptions.store(report.damage.len() as u64, Ordering::Relaxed);
        let health = Arc::new(HealthLog::default());
        self.keep("tick", TICK, move |db| {
            keepers.retention.follow_size(db);
            LimitsKeeper::measure(db);
            let done = db.tick(clock::now());
            health.look_at(db);
            keepers.limits.look_at(db);
            done
        });
        self.keep("sync", SYNC, Db::sync);
        let stop = self.stop.clone();
        self.keep("merge", MERGE, move |db| db.merge(&|| !stop.is_cancelled()).map(drop));
        Ok(())
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// The store as the status pages show it.
    pub(super) fn facts(&self) -> StoreFacts {
        StoreFacts { db: self.db.clone(), corruptions: Arc::clone(&self.corruptions) }
    }

    /// Does `work` every `period` on a thread where it may take its time. What fails again and again
    /// is logged once, and once more when it works again; that nothing can be written is told by itself.
    fn keep(
        &self,
        what: &'static str,
        period: Duration,
        work: impl Fn(&Db) -> regain_storage::Result<()> + Clone + Send + 'static,
    ) {
        let (db, stop) = (self.db.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let mut timer = interval(period);
            timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut trouble = None;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = timer.tick() => {}
                }
                let (db, work) = (db.clone(), work.clone());
                let done = tokio::task::spawn_blocking(move || work(&db)).await;
                let now = match done {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) if error.trouble().is_some() => None,
                    Ok(Err(error)) => Some(logging::with_sources(&error)),
                    Err(_) => Some("panicked".to_owned()),
                };
                match (&trouble, &now) {
                    (before, Some(error)) if before.as_ref() != Some(error) => {
                        tracing::error!(
                            component = "tsdb",
                            what,
                            err = error,
                            "The store is in trouble"
                        );
                    }
                    (Some(_), None) => {
                        tracing::info!(component = "tsdb", what, "The store has recovered");
                    }
                    _ => {}
                }
                trouble = now;
            }
        });
    }

    /// Ends the tasks, seals everything, and closes the store.
    pub(super) async fn close(self) {
        tracing::info!("Stopping storage...");
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let db = self.db;
        match tokio::task::spawn_blocking(move || db.close()).await {
            Ok(Ok(())) => tracing::info!("TSDB stopped"),
            Ok(Err(error)) => {
                tracing::error!(err = logging::with_sources(&error), "Error stopping storage");
            }
            Err(error) => tracing::error!(err = %error, "Error stopping storage"),
        }
    }
}

/// Closes a store that still reads its log, which ends that: the next start reads it again.
pub(super) fn give_up_replay(db: &Db) {
    if !db.is_whole()
        && let Err(error) = db.close()
    {
        tracing::error!(err = logging::with_sources(&error), "Error stopping storage");
    }
}

/// Opens the store, or a new one, but not beside what a Prometheus has left and nobody has converted.
fn open(dir: &Path, options: Options) -> Result<(Db, UnreadLog), OpenError> {
    Snapshots::new(Arc::new(RealFs), dir).clear().map_err(OpenError::Store)?;
    let is_new = !Db::is_at(&RealFs, dir).map_err(OpenError::Store)?;
    if is_new && holds_samples(&RealFs, dir).map_err(OpenError::Store)? {
        return Err(OpenError::OfPrometheus(dir.to_owned()));
    }
    Db::open_sealed(dir, Arc::new(RealFs), options).map_err(OpenError::Store)
}

fn log_replay(report: &ReplayReport, duration: Duration) {
    for damage in &report.damage {
        tracing::warn!(
            component = "tsdb",
            file = %damage.path.display(),
            from = damage.bytes.start,
            to = damage.bytes.end,
            "A damaged part of a file was left out"
        );
    }
    if report.torn_bytes > 0 {
        tracing::warn!(
            component = "tsdb",
            bytes = report.torn_bytes,
            "The last write was not finished and never acknowledged"
        );
    }
    if report.batches_skipped + report.series_lost > 0 {
        tracing::error!(
            component = "tsdb",
            batches = report.batches_skipped,
            series = report.series_lost,
            "Samples behind a damaged part could not be read"
        );
    }
    tracing::info!(
        component = "tsdb",
        series = report.series,
        segments = report.segments,
        samples = report.samples,
        total_replay_duration = logging::duration(duration),
        "WAL replay completed"
    );
}
