//! Opening a data directory: what it is kept in, the store, the blocks beside it, and what a Prometheus has left there.

use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;

use regain_model::KeySeed;
use regain_prometheus_tsdb::{Blocks, PrometheusDir, Snapshots, entries_of_head, holds_head};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result};
use regain_tsdb::{Db, Options, ReplayProgress, ReplayReport, Retention, UnreadLog};

use super::OpenError;
use crate::format::{self, Format, STORE_DIR};
use crate::import::{self, Pause, moved};
use crate::{clock, logging};

/// A store that is open with what is sealed.
pub(super) struct Opened {
    pub(super) db: Db,
    pub(super) blocks: Option<Blocks>,
    /// Reads the rest.
    pub(super) read: Box<dyn FnOnce() -> Result<ReplayReport> + Send>,
}

/// The settings of a server's store.
pub(super) fn options(
    retention: Retention,
    exemplars_max: usize,
    replay_progress: ReplayProgress,
) -> Options {
    Options {
        seed: KeySeed(RandomState::new().hash_one(clock::since_epoch())),
        retention,
        exemplars_max,
        replay_progress,
        ..Options::default()
    }
}

/// Opens the store in `dir` of `fs`, or a new one. What a Prometheus has left there is taken over: blocks serve as they are, or
/// are an error where they would not be seen, and what is in no block is read once and moved away.
pub(super) fn open(
    fs: &Arc<dyn Fs>,
    dir: &Path,
    wanted: Option<Format>,
    options: Options,
) -> std::result::Result<Opened, OpenError> {
    Snapshots::new(Arc::clone(fs), dir).clear()?;
    let format = decide(&**fs, dir, wanted)?;
    let retention = options.retention.clone();
    let (db, unread) = Db::open_sealed(dir, Arc::clone(fs), options)?;
    // What somebody before has taken over, but not moved to its end.
    moved::settle(&**fs, dir)?;
    let has_head = holds_head(&**fs, dir)?;
    if format == Format::Prometheus {
        let blocks = format::open_beside(fs, &db, retention)?;
        let read = read_beside_blocks((db.clone(), blocks.clone()), unread, has_head);
        return Ok(Opened { db, blocks: Some(blocks), read: Box::new(read) });
    }
    format::check_blocks(&**fs, &db)?;
    if !has_head {
        return Ok(Opened { db, blocks: None, read: Box::new(|| unread.replay()) });
    }
    // Samples that follow one another have to come so: nobody else writes before all of these are there.
    let report = unread.replay()?;
    append_head(&db)?;
    Ok(Opened { db, blocks: None, read: Box::new(|| Ok(report)) })
}

/// Decides what the directory is kept in, while nobody else has it open.
fn decide(
    fs: &dyn Fs,
    dir: &Path,
    wanted: Option<Format>,
) -> std::result::Result<Format, OpenError> {
    let failed = |operation, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { operation, path, source }
    };
    fs.create_dirs(dir).map_err(failed("create", dir))?;
    let path = dir.join("lock");
    let _lock = fs.lock(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => Error::Locked { path },
        _ => failed("lock", &path)(error),
    })?;
    Ok(format::decide(fs, dir, wanted)?)
}

/// Reads the log of a store with blocks beside it, and before that writes to blocks what a Prometheus has in none.
fn read_beside_blocks(
    (db, blocks): (Db, Blocks),
    unread: UnreadLog,
    has_head: bool,
) -> impl FnOnce() -> Result<ReplayReport> + Send {
    move || {
        if !has_head {
            return unread.replay();
        }
        let (found, id) = open_head(&db)?;
        let written = import::write(&found, &blocks, id)?;
        // The store takes nothing that is older.
        format::note_end(&db, &blocks);
        let report = unread.replay()?;
        import::carry(&found, &db)?;
        db.sync()?;
        move_head(&db)?;
        tell(&found, written.samples);
        Ok(report)
    }
}

/// Appends what a Prometheus has left in no block to a store that nobody else writes to.
fn append_head(db: &Db) -> Result<()> {
    let (found, _) = open_head(db)?;
    let lanes = import::survey(&found, &mut |_| {})?;
    // It may lie before what the store has, if another Prometheus has run meanwhile.
    db.set_late_max(i64::MAX);
    let answers = import::append(&found, &lanes, db, &mut |pause| match pause {
        Pause::Begin(_) => Ok(()),
        Pause::Within(_) | Pause::End(_) => db.seal(),
    })?;
    import::carry(&found, db)?;
    db.set_late_max(0);
    for (why, samples) in &answers.refused {
        tracing::warn!(
            component = "tsdb",
            samples,
            why,
            "Samples of a Prometheus were refused; they are in regain/imported"
        );
    }
    db.seal()?;
    db.sync()?;
    move_head(db)?;
    tell(&found, answers.samples);
    Ok(())
}

/// What a Prometheus has left in no block, and what tells it from all else.
fn open_head(db: &Db) -> Result<(PrometheusDir, u64)> {
    let (fs, dir) = (&**db.fs(), db.dir());
    tracing::info!(
        component = "tsdb",
        "Reading the log of a Prometheus that ran on this directory"
    );
    let id = id_of_logs(fs, dir)?;
    let found = PrometheusDir::open_head(fs, dir, db.seed(), id)?;
    for damage in found.damages() {
        tracing::warn!(
            component = "tsdb",
            err = logging::with_sources(&*damage),
            "A part of what a Prometheus has left cannot be read"
        );
    }
    if found.unknown_samples() > 0 {
        let samples = found.unknown_samples();
        tracing::warn!(
            component = "tsdb",
            samples,
            "A Prometheus has left samples without a series"
        );
    }
    Ok((found, id))
}

/// Tells the logs in a directory, which nobody changes, from others.
fn id_of_logs(fs: &dyn Fs, dir: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for entry in entries_of_head(fs, dir)? {
        let dir = dir.join(entry);
        let failed = |source| Error::Io { operation: "read", path: dir.clone(), source };
        for name in fs.list(&dir).map_err(failed)? {
            let path = dir.join(&name);
            let size = fs.open(&path).and_then(|file| file.size_bytes());
            let failed = |source| Error::Io { operation: "read", path, source };
            (&name, size.map_err(failed)?).hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

fn move_head(db: &Db) -> Result<()> {
    let (fs, dir) = (&**db.fs(), db.dir());
    moved::prepare(fs, &dir.join(STORE_DIR), &entries_of_head(fs, dir)?)?;
    moved::settle(fs, dir).map(drop)
}

fn tell(found: &PrometheusDir, samples: u64) {
    tracing::info!(
        component = "tsdb",
        series = found.head_series(),
        samples,
        "What a Prometheus had in its log was taken over; its files are in regain/imported"
    );
}

#[cfg(test)]
mod tests;
