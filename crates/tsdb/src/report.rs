//! What opening a store found.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of a file that could not be read and were left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// The bytes in it.
    pub bytes: Range<u64>,
}

impl Damage {
    pub(crate) fn of(path: &Path, bytes: Range<usize>) -> Self {
        Self { path: path.to_owned(), bytes: bytes.start as u64..bytes.end as u64 }
    }
}

/// What opening a store replayed, and what it had to leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Series that the series log defines.
    pub series: u64,
    /// Segments that were opened.
    pub segments: u64,
    /// Batches that the write-ahead log brought back.
    pub batches: u64,
    /// Samples that the write-ahead log brought back.
    pub samples: u64,
    /// Bytes of a last, unfinished write.
    pub torn_bytes: u64,
    /// Batches that could not be read because an earlier one of their lane is damaged.
    pub batches_skipped: u64,
    /// Series whose definition is lost.
    pub series_lost: u64,
    /// Damaged ranges that were left out.
    pub damage: Vec<Damage>,
}
