//! `promtool tsdb`: looks into the data directory of a Prometheus or of Regain, makes blocks, and turns one
//! kind of directory into the other. What promtool 3.14 has as well prints what that prints.

mod analyze;
mod backfill;
mod bar;
mod bench;
mod convert;
mod dump;
mod list;
mod own;
mod sizes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use regain_model::Matcher;
use regain_prometheus_tsdb::WriteError;
use regain_promql::{ParseErrors, parse_metric_selector};
use regain_storage::Error;

use self::bar::Bar;

use crate::exit;
use crate::flags::Line;

/// The data directory where the line names none.
const DEFAULT_PATH: &str = "data/";

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
enum TsdbError {
    /// There is no such directory.
    #[error("opening the db dir: stat {}: no such file or directory", .0.display())]
    NoDirectory(PathBuf),
    /// There is nothing to look at.
    #[error("no blocks found")]
    NoBlocks,
    /// There is no block with this name.
    #[error("could not find block {0}")]
    NoBlock(String),
    /// The chunks of something are wanted that has none.
    #[error("--extended shows the chunks of a block, and {} is a store of Regain: name a block", .0.display())]
    NoChunks(PathBuf),
    /// A selector cannot be read.
    #[error(transparent)]
    Selector(#[from] ParseErrors),
    /// Something cannot be read.
    #[error("{error}{}", caused_by(.error))]
    Storage {
        /// What.
        #[from]
        error: Error,
    },
    /// A block cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The directory of new blocks cannot be made.
    #[error("create output dir: {0}")]
    CreateDir(#[source] std::io::Error),
    /// A text cannot be turned into blocks.
    #[error(transparent)]
    OpenMetrics(#[from] backfill::OpenMetricsError),
    /// Rules cannot be turned into blocks.
    #[error(transparent)]
    Rules(#[from] backfill::RulesError),
    /// Nothing can be measured.
    #[error(transparent)]
    Bench(#[from] bench::BenchError),
    /// A directory cannot be turned into another kind.
    #[error(transparent)]
    Convert(#[from] convert::ConvertError),
}

fn caused_by(error: &Error) -> String {
    std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default()
}

/// Runs the command that `line` names.
pub(super) fn main(line: &Line) -> ExitCode {
    let done = match line.commands.as_slice() {
        [_, "list"] => list::run(line),
        [_, "analyze"] => analyze::run(line),
        [_, "create-blocks-from", ..] => backfill::run(line),
        [_, "convert"] => convert::run(line),
        [_, "bench", ..] => bench::run(line),
        // What is left are the two kinds of dumps.
        _ => dump::run(line),
    };
    match done {
        Ok(()) => exit::SUCCESS,
        Err(error) => {
            exit::complain(&error.to_string());
            exit::FAILURE
        }
    }
}

/// The data directory that `line` names as its argument `number`, which must be there.
fn directory(line: &Line, number: usize) -> Result<&Path, TsdbError> {
    let path = Path::new(line.arguments.get(number).map_or(DEFAULT_PATH, String::as_str));
    if path.is_dir() { Ok(path) } else { Err(TsdbError::NoDirectory(path.to_owned())) }
}

/// Names something that is left out because it is damaged.
fn complain(what: &str) {
    exit::complain(&format!("left out: {what}"));
}

fn selector(text: &str) -> Result<Vec<Matcher>, TsdbError> {
    Ok(parse_metric_selector(text)?)
}
