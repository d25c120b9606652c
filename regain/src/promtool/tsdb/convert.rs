//! `promtool tsdb convert`: Regain's store becomes blocks of Prometheus, or what a Prometheus has left
//! becomes Regain's store. Both work on a directory that no server uses.

mod export;
mod import;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_prometheus_tsdb::ExportError;
use regain_storage::fs::Fs;
use regain_storage::{Error, Written};
use regain_tsdb::{Db, Options, Retention};

use super::{TsdbError, caused_by, complain, directory};
use crate::flags::Line;
use crate::format;

/// Why a directory is not converted.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConvertError {
    /// A flag belongs to the other direction.
    #[error("--{flag} goes with --to={to} only")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What it goes with.
        to: &'static str,
    },
    /// A server uses the directory.
    #[error("{} is in use: stop the server first", .0.display())]
    InUse(PathBuf),
    /// There is no store to export.
    #[error("{} has no store of Regain", .0.display())]
    NoStore(PathBuf),
    /// There is nothing to import.
    #[error("{} holds no samples of a Prometheus", .0.display())]
    NothingThere(PathBuf),
    /// There is a store already.
    #[error("{} is there already: samples are imported into a new store only", .0.display())]
    HasStore(PathBuf),
    /// The store took less than there was.
    #[error("nothing was converted, because the store refused samples: {}", refusals(.0))]
    Refused(BTreeMap<&'static str, u64>),
    /// Blocks cannot be written.
    #[error("{error}{}", export_cause(.error))]
    Export {
        /// Why.
        #[from]
        error: ExportError,
    },
}

fn export_cause(error: &ExportError) -> String {
    match error {
        ExportError::Storage(error) => caused_by(error),
        _ => String::new(),
    }
}

fn refusals(counts: &BTreeMap<&'static str, u64>) -> String {
    let texts: Vec<String> = counts.iter().map(|(why, count)| format!("{count} {why}")).collect();
    texts.join(", ")
}

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let dir = directory(line, 0)?;
    if line.text("to") == "prometheus" {
        return export::run(dir, line.given_text("output").map(Path::new));
    }
    if line.is_given("output") {
        return Err(ConvertError::Flag { flag: "output", to: "prometheus" }.into());
    }
    import::run(dir)
}

/// Opens the store in `dir`, all of which stays as it is.
fn open(dir: &Path, fs: &Arc<dyn Fs>) -> Result<Db, TsdbError> {
    // Opening and closing the store must cost it none of its exemplars, however many a server keeps.
    let exemplars_max = usize::MAX;
    let options = Options { retention: Retention::ENDLESS, exemplars_max, ..Options::default() };
    let (db, report) = Db::open(dir, Arc::clone(fs), options).map_err(in_use(dir))?;
    for damage in &report.damage {
        complain(&format!("bytes {:?} of {}", damage.bytes, damage.path.display()));
    }
    Ok(db)
}

/// Leaves nothing in a store beside blocks that is not in these.
fn hand_over(dir: &Path, fs: &Arc<dyn Fs>) -> Result<Written, TsdbError> {
    let db = open(dir, fs)?;
    let blocks = format::open_beside(fs, &db, Retention::ENDLESS)?;
    Ok(db.close_into(&blocks)?)
}

/// Says who holds the lock.
fn in_use(dir: &Path) -> impl FnOnce(Error) -> TsdbError {
    let dir = dir.to_owned();
    move |error| match error {
        Error::Locked { .. } => ConvertError::InUse(dir).into(),
        error => error.into(),
    }
}
