//! `promtool tsdb convert`: Regain's store becomes blocks of Prometheus, or what a Prometheus has left
//! becomes Regain's store. Both work on a directory that no server uses.

mod bar;
mod export;
mod import;
mod imported;
mod rows;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regain_prometheus_tsdb::{ExportError, Holdings};
use regain_storage::Error;

use super::{TsdbError, caused_by, directory};
use crate::exit;
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
    /// There is something that would be lost.
    #[error(
        "nothing was written, because the store cannot keep {} yet; --skip-unkept leaves that out",
        list(.0)
    )]
    Unkept(Holdings),
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

/// What of `holdings` the store cannot keep.
fn list(holdings: &Holdings) -> String {
    let kinds = [(holdings.exemplars, "exemplars"), (holdings.metadata, "entries of metadata")];
    let there = kinds.iter().filter(|(count, _)| *count > 0);
    let texts: Vec<String> = there.map(|(count, what)| format!("{count} {what}")).collect();
    texts.join(", ")
}

fn refusals(counts: &BTreeMap<&'static str, u64>) -> String {
    let texts: Vec<String> = counts.iter().map(|(why, count)| format!("{count} {why}")).collect();
    texts.join(", ")
}

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let dir = directory(line, 0)?;
    let to_prometheus = line.text("to") == "prometheus";
    let (flag, to) =
        if to_prometheus { ("skip-unkept", "regain") } else { ("output", "prometheus") };
    if line.is_given(flag) {
        return Err(ConvertError::Flag { flag, to }.into());
    }
    if to_prometheus {
        let output = line.given_text("output").map_or(dir, Path::new);
        export::run(dir, output)
    } else {
        import::run(dir, line.is_on("skip-unkept"))
    }
}

/// Says who holds the lock.
fn in_use(dir: &Path) -> impl FnOnce(Error) -> TsdbError {
    let dir = dir.to_owned();
    move |error| match error {
        Error::Locked { .. } => ConvertError::InUse(dir).into(),
        error => error.into(),
    }
}

/// Names something that is left out because it is damaged.
fn complain(what: &str) {
    exit::complain(&format!("left out: {what}"));
}
