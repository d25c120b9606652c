//! `promtool tsdb create-blocks-from`: blocks of samples that come from elsewhere.

mod blocks;
mod open_metrics;
mod rules;

use std::path::Path;

use regain_storage::fs::Fs;

use super::{DEFAULT_PATH, TsdbError};
use crate::flags::Line;

pub(super) use open_metrics::OpenMetricsError;
pub(super) use rules::RulesError;

const MS_NS: i64 = 1_000_000;

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    match line.commands.last() {
        Some(&"rules") => rules::run(line),
        _ => open_metrics::run(line),
    }
}

/// Makes the directory that gets the blocks.
fn create_root(fs: &dyn Fs, root: &Path) -> Result<(), TsdbError> {
    fs.create_dirs(root).map_err(TsdbError::CreateDir)
}
