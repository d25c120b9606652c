//! What can go wrong between a store and its users.

use std::io;
use std::path::PathBuf;

use regain_model::SeriesKey;

use crate::ctx::OverBytes;
use crate::trouble::Trouble;

/// The result of a store's operation.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of a store. The writer's single samples are answered by
/// [`Verdict`](crate::Verdict), not by an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The query's deadline passed.
    #[error("query timed out")]
    TimedOut,
    /// The query was given up by whoever asked.
    #[error("query was canceled")]
    Canceled,
    /// The query was ended by somebody else than who asked.
    #[error("query was killed")]
    Killed,
    /// The query wants more samples in memory than its budget allows.
    #[error("query processing would load too many samples into memory")]
    TooManySamples,
    /// The query wants more bytes of memory than it, or all queries together, may have.
    #[error("query needs more memory than it may have")]
    TooMuchMemory(OverBytes),
    /// A file could not be read or written.
    #[error("{operation} {}", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`, `rename`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        #[source]
        source: io::Error,
    },
    /// A file does not say what its format promises.
    #[error("corrupt {}: {what} at offset {offset}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The byte at which reading failed.
        offset: u64,
        /// What was expected there.
        what: &'static str,
    },
    /// A file of another version of the format; it is left alone.
    #[error("{} has version {version}, which this program does not know", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// Two different label sets have one key; the second is refused.
    #[error("series key {key:?} of {labels} is taken by another series")]
    KeyCollision {
        /// The key that both have.
        key: SeriesKey,
        /// The labels that were refused.
        labels: String,
    },
    /// The label set cannot name a series.
    #[error("label set {labels} has no labels or an invalid one")]
    InvalidLabels {
        /// The labels as they came.
        labels: String,
    },
    /// The directory is in use by another process.
    #[error("data directory {} is locked by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The store takes no more samples, because a write or a sync failed before.
    #[error("the store takes no samples for now: {0}")]
    ReadOnly(Trouble),
    /// The store takes no samples and changes nothing before its log is read again.
    #[error("the store is still reading its log")]
    Replaying,
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// What is wrong with the place of the files when this says that they cannot be written.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::ReadOnly(trouble) => Some(*trouble),
            Self::Io { operation: "read" | "open" | "list", .. } => None,
            Self::Io { source, .. } => Some(Trouble::of(source)),
            _ => None,
        }
    }
}
