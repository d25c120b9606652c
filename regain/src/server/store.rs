//! The store of a running server: opened, kept in order by timers, sealed at the end.
//!
//! It is opened with what is sealed, and reads its log while the rest of the server starts; the timers start after that.
//! Where the directory keeps blocks of Prometheus, old samples move to them, and at the end all do.

mod opening;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use regain_api::StoreFacts;
use regain_metrics::{Registry, exponential_buckets};
use regain_model::Timestamp;
use regain_prometheus_tsdb::Blocks;
use regain_storage::fs::{Fs, RealFs};
use regain_storage::{Queryable, Written};
use regain_tsdb::{Db, ReplayProgress, ReplayReport, Retention};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::HealthLog;
use super::limits::LimitsKeeper;
use super::options::StoreOptions;
use super::retention::RetentionKeeper;
use crate::format::FormatError;
use crate::{clock, logging};

/// How often the store does what is due.
const TICK: Duration = Duration::from_secs(1);
/// How often what was committed is made to survive a power cut.
const SYNC: Duration = Duration::from_secs(1);

/// How often the stale series are counted.
const STALE: Duration = Duration::from_mins(1);

/// How often segments and blocks are merged, when there are some to merge, and old samples move to blocks.
const MERGE: Duration = Duration::from_secs(5);

/// An open store and the tasks that keep it.
pub(super) struct Store {
    db: Db,
    blocks: Option<Blocks>,
    /// What queries see.
    source: Arc<dyn Queryable>,
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
    #[error(transparent)]
    Format(FormatError),
    /// The store itself says why.
    #[error("opening storage failed: {}", logging::with_sources(.0))]
    Store(#[from] regain_storage::Error),
    /// Opening it panicked.
    #[error("opening storage failed unexpectedly")]
    Panicked,
}

impl From<FormatError> for OpenError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Storage(error) => Self::Store(error),
            error => Self::Format(error),
        }
    }
}

impl Store {
    /// Opens the store with what is sealed, and begins to read its log.
    pub(super) async fn open(
        options: &StoreOptions,
        (retention, keepers): (Retention, Keepers),
        exemplars_max: usize,
        replay_progress: ReplayProgress,
    ) -> Result<(Self, Replay), OpenError> {
        tracing::info!("Starting TSDB ...");
        let started = Instant::now();
        let (dir, format) = (options.dir.clone(), options.format);
        let opened = tokio::task::spawn_blocking(move || {
            let options = opening::options(retention, exemplars_max, replay_progress);
            let fs: Arc<dyn Fs> = Arc::new(RealFs);
            opening::open(&fs, &dir, format, options)
        });
        let opening::Opened { db, blocks, read } =
            opened.await.map_err(|_| OpenError::Panicked)??;
        let reading =
            tokio::task::spawn_blocking(move || read().map(|report| (report, started.elapsed())));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let corruptions = Arc::default();
        let facts = StoreFacts { db, blocks, corruptions };
        let source = facts.source();
        let StoreFacts { db, blocks, corruptions } = facts;
        let store = Self { db, blocks, source, corruptions, tasks, stop };
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
        let facts = self.facts();
        self.keep("tick", TICK, move |db| {
            keepers.retention.follow_size(&facts);
            LimitsKeeper::measure(db);
            let done = db.tick(clock::now());
            health.look_at(&facts);
            keepers.limits.look_at(db);
            done
        });
        let took = registry.histogram(
            "prometheus_tsdb_stale_series_compaction_duration_seconds",
            "Duration of stale series compaction runs.",
            &exponential_buckets(1.0, 2.0, 14),
        );
        self.keep("stale series", STALE, move |db| {
            let begun = Instant::now();
            if db.evict_stale(clock::now())? {
                took.observe(begun.elapsed().as_secs_f64());
            }
            Ok(())
        });
        self.keep("sync", SYNC, Db::sync);
        let stop = self.stop.clone();
        self.keep("merge", MERGE, move |db| db.merge(&|| !stop.is_cancelled()).map(drop));
        if let Some(blocks) = &self.blocks {
            let (blocks, stop) = (blocks.clone(), self.stop.clone());
            let took = registry.histogram(
                "prometheus_tsdb_compaction_duration_seconds",
                "Duration of compaction runs",
                &exponential_buckets(1.0, 2.0, 14),
            );
            self.keep("cut", MERGE, move |db| {
                let go_on = || !stop.is_cancelled();
                cut(db, &blocks, &go_on)?;
                let begun = Instant::now();
                if blocks.compact(&go_on)? {
                    took.observe(begun.elapsed().as_secs_f64());
                }
                Ok(())
            });
        }
        Ok(())
    }

    /// What queries see: all who ask one another's marks ask this one.
    pub(super) fn source(&self) -> Arc<dyn Queryable> {
        Arc::clone(&self.source)
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// The store as the status pages show it.
    pub(super) fn facts(&self) -> StoreFacts {
        let (db, blocks) = (self.db.clone(), self.blocks.clone());
        StoreFacts { db, blocks, corruptions: Arc::clone(&self.corruptions) }
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

    /// Ends the tasks, seals everything, and closes the store; what is kept in blocks is in blocks then.
    pub(super) async fn close(self) {
        tracing::info!("Stopping storage...");
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let (db, blocks) = (self.db, self.blocks);
        let close = move || match blocks {
            Some(blocks) => db.close_into(&blocks).map(|written| log_cut(&written)),
            None => db.close(),
        };
        match tokio::task::spawn_blocking(close).await {
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

/// Moves what is old enough to blocks, and drops what retention does not cover.
fn cut(db: &Db, blocks: &Blocks, go_on: &dyn Fn() -> bool) -> regain_storage::Result<()> {
    log_cut(&db.cut(blocks, go_on)?);
    let stats = db.stats();
    let other_bytes = stats.segments_bytes + stats.wal_bytes + stats.series_log_bytes;
    blocks.tick(Timestamp(stats.max_time.unwrap_or(i64::MIN)), other_bytes)
}

fn log_cut(written: &Written) {
    let Written { blocks, samples, bytes, .. } = *written;
    if blocks > 0 {
        tracing::info!(component = "tsdb", blocks, samples, bytes, "Samples have moved to blocks");
    }
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
