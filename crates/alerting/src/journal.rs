//! The journal: every silence, notification and timer is in it before anybody is told that it is
//! (`docs/formats/alerting-log.md`).
//!
//! Upstream writes its state down every fifteen minutes. The journal closes that gap, and it is all that a restart
//! needs; upstream's files are read and written beside it, so that its program can take over at any time.
//!
//! **Invariants.** What was committed survives a power cut. A write that failed leaves the log unusable for more;
//! then the whole state is written to a new one before anything else is acknowledged.

mod record;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_storage::fs::{File, Fs};
use regain_storage::record::{self as frame, Scan, Scanned};

use crate::wire::{read_file, replace_file};

pub(crate) use self::record::Record;

const MAGIC: [u8; 8] = *b"RgnAlr\r\n";
const VERSION: u32 = 1;
/// Magic, version and the checksum of both.
const HEADER_BYTES: usize = 16;

/// A log is written anew when it has grown to twice what it was, and to this size at least.
const REWRITE_BYTES_MIN: u64 = 1 << 20;

/// The journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{}: not a log of alerting", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another version of the program wrote the file.
    #[error("{}: unknown version {version}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What its header says.
        version: u32,
    },
    /// An earlier write failed, and the state could not be written to a new log since.
    #[error("{}: an earlier write failed", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
    },
}

/// The log, open for appending.
#[derive(Debug)]
pub(crate) struct Journal {
    fs: Arc<dyn Fs>,
    path: PathBuf,
    /// `None` until the log was written anew for the first time, and after a failed write.
    file: Option<Arc<dyn File>>,
    /// Records that are not in the file yet.
    pending: Vec<u8>,
    /// Whether `pending` or the file holds something that somebody waits for.
    must_sync: bool,
    size_bytes: u64,
    /// How large the log was when it was written anew.
    fresh_bytes: u64,
}

/// What a log held.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// The records in the order in which they were written.
    pub(crate) records: Vec<Record>,
    /// How many places before the end could not be read.
    pub(crate) damaged: usize,
    /// Whether the end could not be read: a write was cut short, and nobody was told that it succeeded.
    pub(crate) has_torn_end: bool,
}

impl Journal {
    /// Reads the log at `path`. Nothing can be committed before [`Journal::rewrite`]. A log that is damaged before
    /// its end is kept under another name.
    pub(crate) fn open(fs: Arc<dyn Fs>, path: &Path) -> Result<(Self, Replay), JournalError> {
        let failed = |source| JournalError::Io { path: path.to_owned(), source };
        let bytes = read_file(&*fs, path).map_err(failed)?.unwrap_or_default();
        let mut replay = Replay::default();
        for scanned in Scan::new(body(path, &bytes, &mut replay)?, 0) {
            match scanned {
                Scanned::Record(_, payload) => replay.take(payload),
                Scanned::Damage(_) => replay.damaged += 1,
                Scanned::Tail(_) => replay.has_torn_end = true,
            }
        }
        if replay.damaged > 0 {
            replace_file(&*fs, &path.with_extension("log.damaged"), &bytes).map_err(failed)?;
        }
        let journal = Self {
            fs,
            path: path.to_owned(),
            file: None,
            pending: Vec::new(),
            must_sync: false,
            size_bytes: 0,
            fresh_bytes: 0,
        };
        Ok((journal, replay))
    }

    /// Adds a record, to be written by the next commit. Somebody waits for those that are `awaited`.
    pub(crate) fn append(&mut self, record: &Record, awaited: bool) {
        frame::put(&mut self.pending, |out| record.put(out));
        self.must_sync |= awaited;
    }

    /// Writes what was added, and makes it durable if somebody waits for it.
    pub(crate) fn commit(&mut self) -> Result<(), JournalError> {
        let Some(file) = &self.file else {
            return Err(JournalError::Failed { path: self.path.clone() });
        };
        let mut written = Ok(());
        if !self.pending.is_empty() {
            written = file.append(&self.pending);
            self.size_bytes += self.pending.len() as u64;
            self.pending.clear();
        }
        if self.must_sync {
            written = written.and_then(|()| file.sync_data());
        }
        written.map_err(|source| {
            // What a failed write left behind is unknown, and nothing may follow it.
            self.file = None;
            JournalError::Io { path: self.path.clone(), source }
        })?;
        self.must_sync = false;
        Ok(())
    }

    /// Starts a new log with `records` in the place of the old one; what was added and not committed must be among
    /// them.
    pub(crate) fn rewrite(
        &mut self,
        records: impl Iterator<Item = Record>,
    ) -> Result<(), JournalError> {
        let mut bytes = header().to_vec();
        for record in records {
            frame::put(&mut bytes, |out| record.put(out));
        }
        let replaced = replace_file(&*self.fs, &self.path, &bytes);
        let opened = replaced.and_then(|()| self.fs.open_append(&self.path));
        match opened {
            Ok(file) => {
                self.file = Some(file);
                self.pending.clear();
                self.must_sync = false;
                self.size_bytes = bytes.len() as u64;
                self.fresh_bytes = self.size_bytes;
                Ok(())
            }
            Err(source) => {
                // The name may stand for either log now.
                self.file = None;
                Err(JournalError::Io { path: self.path.clone(), source })
            }
        }
    }

    /// Whether the log cannot be written to until it is written anew.
    pub(crate) const fn has_failed(&self) -> bool {
        self.file.is_none()
    }

    /// Whether a commit would write anything.
    pub(crate) const fn is_dirty(&self) -> bool {
        self.must_sync || !self.pending.is_empty()
    }

    /// Whether most of the log is out of date.
    pub(crate) const fn wants_rewrite(&self) -> bool {
        self.has_failed()
            || self.size_bytes > REWRITE_BYTES_MIN && self.size_bytes > 2 * self.fresh_bytes
    }
}

impl Replay {
    fn take(&mut self, payload: &[u8]) {
        match Record::read(payload) {
            Ok(record) => self.records.push(record),
            Err(error) => {
                tracing::error!(%error, "a record of the log of alerting is of no use");
                self.damaged += 1;
            }
        }
    }
}

fn header() -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    let crc = crc32c::crc32c(&header[..12]);
    header[12..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// What follows the header. A header that was cut off is that of a log without records.
fn body<'a>(path: &Path, bytes: &'a [u8], replay: &mut Replay) -> Result<&'a [u8], JournalError> {
    let path = path.to_owned();
    let Some((found, body)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        let is_cut = header().starts_with(bytes);
        return if is_cut { Ok(&[]) } else { Err(JournalError::Foreign { path }) };
    };
    let [magic @ .., v0, v1, v2, v3, _, _, _, _] = found;
    if *magic != MAGIC {
        return Err(JournalError::Foreign { path });
    }
    let crc = crc32c::crc32c(&found[..12]).to_le_bytes();
    let version = u32::from_le_bytes([*v0, *v1, *v2, *v3]);
    if found[12..] != crc {
        replay.damaged += 1;
    } else if version != VERSION {
        return Err(JournalError::Version { path, version });
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
