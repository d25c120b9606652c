//! Looking at a store as it is at this moment, whoever else has it open.

use std::path::Path;
use std::sync::Arc;

use regain_storage::fs::{FrozenFs, Fs};
use regain_storage::{Error, Result};

use super::Db;
use crate::layout::{Kind, Layout, io_error, read_all};
use crate::options::Options;
use crate::report::ReplayReport;

/// So often it is tried to hold a set of files that another process changes.
const TRIES_MAX: usize = 100;

/// A segment with its times and sizes, or the samples that are in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFacts {
    /// The file's name; `None` for samples that are not sealed.
    pub name: Option<String>,
    /// The time of the first sample.
    pub min_time: i64,
    /// The time of the last sample.
    pub max_time: i64,
    /// The number of samples.
    pub samples: u64,
    /// The number of series; of unsealed samples, the columns that hold them.
    pub series: u64,
    /// The file's size, or the log's.
    pub size_bytes: u64,
}

impl Db {
    /// Opens the store in `dir` as it is at this moment. Nothing is locked and nothing on disk is changed, neither
    /// here nor by what is done to the store afterwards: a server may have it open and go on.
    pub fn look(dir: &Path, fs: &dyn Fs, options: Options) -> Result<(Self, ReplayReport)> {
        let held = hold(fs, &Layout::new(dir))?;
        Self::open(dir, Arc::new(held), options)
    }

    /// The segments, oldest first, and behind them the samples that are not sealed, if there are any.
    pub fn segments(&self) -> Vec<SegmentFacts> {
        let name = |path: &Path| path.file_name().unwrap_or_default().display().to_string();
        let view = self.0.view();
        let sealed = view.segments.iter().map(|segment| SegmentFacts {
            name: Some(name(&segment.path)),
            min_time: segment.summary.min_time,
            max_time: segment.summary.max_time,
            samples: segment.summary.samples,
            series: u64::from(segment.summary.series),
            size_bytes: segment.summary.size_bytes,
        });
        let stats = self.stats();
        let times = stats.head.min_time.zip(stats.head.max_time);
        let head = times.map(|(min_time, max_time)| SegmentFacts {
            name: None,
            min_time,
            max_time,
            samples: stats.head.samples,
            series: stats.head.chunks,
            size_bytes: stats.wal_bytes,
        });
        sealed.chain(head).collect()
    }
}

/// Holds the files of a store that belong together: those of one manifest, and no more of the write-ahead
/// log than the series log has series for.
fn hold(fs: &dyn Fs, layout: &Layout) -> Result<FrozenFs> {
    for _ in 0..TRIES_MAX {
        let before = manifest(fs, layout)?;
        match hold_all(fs, layout) {
            Ok(held) if manifest(fs, layout)? == before => return Ok(held),
            // The other process has changed what belongs together, or removed what was listed.
            Ok(_) => {}
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Locked { path: layout.lock() })
}

/// The bytes of the manifest, which are others after each change; `None` when there is none.
fn manifest(fs: &dyn Fs, layout: &Layout) -> Result<Option<Vec<u8>>> {
    match read_all(fs, &layout.manifest()) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn hold_all(fs: &dyn Fs, layout: &Layout) -> Result<FrozenFs> {
    let names = fs.list(layout.dir()).map_err(io_error("list", layout.dir()))?;
    // A batch is in the log after its series are in theirs: whoever takes the log first finds them all.
    let is_log = |name: &&String| matches!(Layout::parse(name), Some((Kind::Wal, _)));
    let (logs, others): (Vec<&String>, Vec<&String>) = names.iter().partition(is_log);
    let held = FrozenFs::new();
    for name in logs.into_iter().chain(others) {
        let path = layout.dir().join(name);
        let file = fs.open(&path).map_err(io_error("open", &path))?;
        held.hold(&path, file).map_err(io_error("read", &path))?;
    }
    Ok(held)
}
