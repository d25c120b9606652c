//! The store of a running server: opened, kept in order by three timers, sealed at the end.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use regain_api::StoreFacts;
use regain_metrics::Registry;
use regain_model::KeySeed;
use regain_prometheus_tsdb::holds_samples;
use regain_storage::fs::RealFs;
use regain_tsdb::{Db, Options, ReplayProgress, ReplayReport, Retention};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::HealthLog;
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
    corruptions: u64,
    tasks: TaskTracker,
    stop: CancellationToken,
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
    /// Opens the store in `dir`, replays what its log holds, and starts to keep it.
    pub(super) async fn open(
        dir: &Path,
        (retention, keeper): (Retention, Arc<RetentionKeeper>),
        replay_progress: ReplayProgress,
        registry: &Registry,
    ) -> Result<Self, OpenError> {
        tracing::info!("Starting TSDB ...");
        let started = Instant::now();
        let options = Options {
            seed: KeySeed(RandomState::new().hash_one(clock::since_epoch())),
            retention,
            replay_progress,
            ..Options::default()
        };
        let dir = dir.to_owned();
        let opened = tokio::task::spawn_blocking(move || open(&dir, options));
        let (db, report) = opened.await.map_err(|_| OpenError::Panicked)??;
        log_replay(&report, started.elapsed());
        let took = started.elapsed();
        let help = "Time taken to replay the data on disk.";
        registry
            .gauge("prometheus_tsdb_data_replay_duration_seconds", help)
            .set(took.as_secs_f64());
        let corruptions = report.damage.len() as u64;
        let store =
            Self { db, corruptions, tasks: TaskTracker::new(), stop: CancellationToken::new() };
        let health = Arc::new(HealthLog::default());
        store.keep("tick", TICK, move |db| {
            keeper.follow_size(db);
            let done = db.tick(clock::now());
            health.look_at(db);
            done
        });
        store.keep("sync", SYNC, Db::sync);
        let stop = store.stop.clone();
        store.keep("merge", MERGE, move |db| db.merge(&|| !stop.is_cancelled()).map(drop));
        tracing::info!("TSDB started");
        Ok(store)
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// The store as the status pages show it.
    pub(super) fn facts(&self) -> StoreFacts {
        StoreFacts { db: self.db.clone(), corruptions: self.corruptions }
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

/// Opens the store, or a new one, but not beside what a Prometheus has left and nobody has converted.
fn open(dir: &Path, options: Options) -> Result<(Db, ReplayReport), OpenError> {
    let is_new = !Db::is_at(&RealFs, dir).map_err(OpenError::Store)?;
    if is_new && holds_samples(&RealFs, dir).map_err(OpenError::Store)? {
        return Err(OpenError::OfPrometheus(dir.to_owned()));
    }
    Db::open(dir, Arc::new(RealFs), options).map_err(OpenError::Store)
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
