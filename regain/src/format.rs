//! What a data directory keeps its old samples in: segments of Regain's store, or blocks of Prometheus beside it.
//!
//! It is decided once, and a file in the store's directory says that it was blocks (`docs/formats/format.md`), so that a
//! later start does the same however many of them are there by then.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::Timestamp;
use regain_prometheus_tsdb::{
    Blocks, BlocksOptions, holds_foreign_blocks, holds_samples, open_blocks,
};
use regain_storage::fs::Fs;
use regain_storage::{Error, Result, Retention};
use regain_tsdb::Db;

/// The directory of Regain's store in a data directory.
pub(crate) const STORE_DIR: &str = "regain";
/// Says that the directory keeps blocks of Prometheus.
const FORMAT_FILE: &str = "format";
/// It, while it is written.
const UNFINISHED: &str = "format.tmp";
/// What it says.
const PROMETHEUS: &[u8] = b"prometheus\n";

/// What old samples are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Segments.
    Regain,
    /// Blocks.
    Prometheus,
}

/// Why a directory cannot be used as is wanted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormatError {
    /// There is data that would not be seen.
    #[error(
        "{dir} holds the data of a Prometheus, which would not be seen. Stop that Prometheus and run \
         `regain promtool tsdb convert --to regain {dir}`, or leave it as it is with --storage.tsdb.format=prometheus, or \
         name another directory with --storage.tsdb.path",
        dir = .0.display()
    )]
    Unseen(PathBuf),
    /// There are blocks beside a store.
    #[error(
        "{dir} holds blocks of a Prometheus beside a store that has not taken them over, so that they would not be seen. Move \
         them away, or start with --storage.tsdb.format=prometheus, which shows both",
        dir = .0.display()
    )]
    Beside(PathBuf),
    /// There are blocks that would not be seen.
    #[error(
        "{dir} keeps its samples in blocks of Prometheus, which would not be seen with --storage.tsdb.format=regain. Run \
         `regain promtool tsdb convert --to regain {dir}`, or leave the flag out",
        dir = .0.display()
    )]
    KeptInBlocks(PathBuf),
    /// Something cannot be read or written.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What the directory `dir` says that it keeps its samples in; nothing where it does not say.
pub(crate) fn kept(fs: &dyn Fs, dir: &Path) -> Result<Option<Format>> {
    let path = dir.join(STORE_DIR).join(FORMAT_FILE);
    match fs.open(&path) {
        Ok(_) => Ok(Some(Format::Prometheus)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("open", &path)(error)),
    }
}

/// Decides about the directory `dir`; `wanted` is none where the directory is to decide. Nobody else has it open.
pub(crate) fn decide(
    fs: &dyn Fs,
    dir: &Path,
    wanted: Option<Format>,
) -> std::result::Result<Format, FormatError> {
    let kept = kept(fs, dir)?;
    remove_unfinished(fs, dir)?;
    let has_store = Db::is_at(fs, dir)?;
    match (wanted, kept) {
        (None | Some(Format::Prometheus), Some(Format::Prometheus)) => Ok(Format::Prometheus),
        (Some(Format::Regain), Some(Format::Prometheus)) => {
            let (blocks, damages) = open_blocks(fs, dir)?;
            if !blocks.is_empty() || !damages.is_empty() {
                return Err(FormatError::KeptInBlocks(dir.to_owned()));
            }
            forget(fs, dir)?;
            Ok(Format::Regain)
        }
        (Some(Format::Prometheus), _) => keep(fs, dir),
        (None, _) if !has_store && holds_samples(fs, dir)? => keep(fs, dir),
        (Some(Format::Regain), _) if !has_store && holds_samples(fs, dir)? => {
            Err(FormatError::Unseen(dir.to_owned()))
        }
        _ => Ok(Format::Regain),
    }
}

/// Fails where blocks lie beside the store in `dir` that are neither made of it nor taken over by it.
pub(crate) fn check_blocks(fs: &dyn Fs, db: &Db) -> std::result::Result<(), FormatError> {
    if holds_foreign_blocks(fs, db.dir(), db.seed())? {
        return Err(FormatError::Beside(db.dir().to_owned()));
    }
    Ok(())
}

/// Opens the blocks beside a store, and tells the store up to where they reach.
pub(crate) fn open_beside(fs: &Arc<dyn Fs>, db: &Db, retention: Retention) -> Result<Blocks> {
    let options = BlocksOptions { seed: db.seed(), retention, span_max_ms: 0, with_starts: true };
    let blocks = Blocks::open(Arc::clone(fs), db.dir(), options)?;
    note_end(db, &blocks);
    Ok(blocks)
}

/// Tells a store up to where the blocks beside it reach.
pub(crate) fn note_end(db: &Db, blocks: &Blocks) {
    if let Some(Timestamp(end)) = blocks.end() {
        db.set_blocks_end(Timestamp(end.saturating_sub(1)));
    }
}

/// Notes that the directory keeps blocks.
fn keep(fs: &dyn Fs, dir: &Path) -> std::result::Result<Format, FormatError> {
    let own = dir.join(STORE_DIR);
    let (path, tmp) = (own.join(FORMAT_FILE), own.join(UNFINISHED));
    fs.create_dirs(&own).map_err(failed("create", &own))?;
    let file = fs.create(&tmp).map_err(failed("create", &tmp))?;
    file.append(PROMETHEUS).map_err(failed("write", &tmp))?;
    file.sync_data().map_err(failed("sync", &tmp))?;
    fs.rename(&tmp, &path).map_err(failed("rename", &tmp))?;
    fs.sync_dir(&own).map_err(failed("sync", &own))?;
    Ok(Format::Prometheus)
}

/// Removes what a start that was cut short has written of the file: it is no store.
fn remove_unfinished(fs: &dyn Fs, dir: &Path) -> Result<()> {
    let tmp = dir.join(STORE_DIR).join(UNFINISHED);
    match fs.remove(&tmp) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(failed("remove", &tmp)),
    }
}

fn forget(fs: &dyn Fs, dir: &Path) -> Result<()> {
    let own = dir.join(STORE_DIR);
    let path = own.join(FORMAT_FILE);
    fs.remove(&path).map_err(failed("remove", &path))?;
    fs.sync_dir(&own).map_err(failed("sync", &own))
}

fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }
}

#[cfg(test)]
mod tests {
    use regain_storage::fs::{MemFs, RealFs};

    use super::*;

    const DIR: &str = "/data";

    fn put(fs: &MemFs, path: &str) {
        fs.set_bytes(&Path::new(DIR).join(path), b"{}".to_vec());
    }

    #[test]
    fn a_directory_stays_what_it_was_unless_somebody_says_otherwise() {
        let is = |files: &[&str], wanted| {
            let fs = MemFs::new();
            for file in files {
                put(&fs, file);
            }
            let first = decide(&fs, Path::new(DIR), wanted).map_err(|error| error.to_string());
            put(&fs, "regain/00000001.segment");
            if let Ok(first) = first {
                assert_eq!(decide(&fs, Path::new(DIR), None).unwrap(), first, "{files:?}");
            }
            first.ok()
        };
        let (wal, block) = ("wal/00000000", "01BKGV7JBM69T2G1BGBGM6KB12/meta.json");
        let (regain, prometheus) = (Some(Format::Regain), Some(Format::Prometheus));
        for (files, auto, of_regain) in [
            (&[][..], regain, regain),
            (&[wal], prometheus, None),
            (&[block], prometheus, None),
            (&["regain/manifest", block], regain, regain),
            (&["regain/manifest"], regain, regain),
            (&["regain/format", block], prometheus, None),
            (&["regain/format.tmp", block], prometheus, None),
            (&["regain/format.tmp"], regain, regain),
            (&["regain/format"], prometheus, regain),
        ] {
            assert_eq!(is(files, None), auto, "{files:?}");
            assert_eq!(is(files, regain), of_regain, "{files:?}");
            assert_eq!(is(files, prometheus), prometheus, "{files:?}");
        }
    }

    #[test]
    fn what_was_decided_is_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(kept(&RealFs, dir.path()).unwrap(), None);
        decide(&RealFs, dir.path(), Some(Format::Prometheus)).unwrap();
        let path = dir.path().join("regain/format");
        assert_eq!(std::fs::read(path).unwrap(), PROMETHEUS);
        assert_eq!(kept(&RealFs, dir.path()).unwrap(), Some(Format::Prometheus));
    }
}
