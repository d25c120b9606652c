//! `promtool tsdb convert`: Regain's store becomes blocks of Prometheus, or what a Prometheus has left
//! becomes Regain's store. Both work on a directory that no server uses.

mod beside;
mod export;
mod import;
mod imported;
mod rows;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regain_prometheus_tsdb::ExportError;
use regain_storage::Error;

use super::{TsdbError, caused_by, complain, directory};
use crate::flags::Line;

/// Regain's part of a data directory.
const STORE_DIR: &str = "regain";

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
        let output = line.given_text("output").map_or(dir, Path::new);
        return export::run(dir, output);
    }
    if line.is_given("output") {
        return Err(ConvertError::Flag { flag: "output", to: "prometheus" }.into());
    }
    import::run(dir)
}

/// Says who holds the lock.
fn in_use(dir: &Path) -> impl FnOnce(Error) -> TsdbError {
    let dir = dir.to_owned();
    move |error| match error {
        Error::Locked { .. } => ConvertError::InUse(dir).into(),
        error => error.into(),
    }
}
