//! The files in the directory of the state: upstream's two snapshots, and the journal.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use regain_storage::fs::{FileLock, Fs};

use crate::journal::{Journal, JournalError, Replay};
use crate::nflog::{Entry, NotificationLog};
use crate::silences::{Silences, StoredSilence, Undecodable};
use crate::wire::{SnapshotError, messages, put_delimited, read_file, replace_file};

/// Why the state could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or used.
    #[error("{}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// Another process uses the directory.
    #[error("{}: in use by another process", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The snapshot of the silences cannot be read.
    #[error("error creating silence: {0}")]
    Silences(#[source] SnapshotError),
    /// The snapshot of the notification log cannot be read.
    #[error("error creating notification log: {0}")]
    Nflog(#[source] SnapshotError),
}

/// The directory, locked for this process.
#[derive(Debug)]
pub(super) struct Files {
    fs: Arc<dyn Fs>,
    silences: PathBuf,
    nflog: PathBuf,
    pub(super) journal: Journal,
    /// Released when everything is written down.
    _lock: Box<dyn FileLock>,
}

/// What the files held apart from the snapshots.
pub(super) struct Opened {
    pub(super) files: Files,
    pub(super) replay: Replay,
}

impl Files {
    /// Locks the directory and reads the journal.
    pub(super) fn open(fs: Arc<dyn Fs>, dir: &Path) -> Result<Opened, OpenError> {
        let own = dir.join("regain");
        let failed = |source| OpenError::Directory { path: own.clone(), source };
        fs.create_dirs(&own).map_err(failed)?;
        let lock = match fs.lock(&own.join("alerting.lock")) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(OpenError::Locked { path: dir.to_owned() });
            }
            Err(error) => return Err(failed(error)),
        };
        let (journal, replay) = Journal::open(Arc::clone(&fs), &own.join("alerting.log"))?;
        let (silences, nflog) = (dir.join("silences"), dir.join("nflog"));
        Ok(Opened { files: Self { fs, silences, nflog, journal, _lock: lock }, replay })
    }

    /// Takes in upstream's snapshot of silences.
    pub(super) fn load_silences(
        &self,
        silences: &mut Silences,
        now: Timestamp,
    ) -> Result<(), SnapshotError> {
        let path = &self.silences;
        let bytes = read_file(&*self.fs, path).map_err(SnapshotError::io(path))?;
        for message in messages(&bytes.unwrap_or_default()) {
            let malformed = |source| SnapshotError::Malformed { path: path.clone(), source };
            match StoredSilence::decode(message.map_err(malformed)?) {
                Ok(stored) => silences.merge(stored, now),
                Err(Undecodable::Wire(source)) => return Err(malformed(source)),
                Err(Undecodable::NoSilence) => {
                    return Err(SnapshotError::InvalidState { path: path.clone() });
                }
                Err(error @ Undecodable::Regex { .. }) => {
                    silences.metrics().load_errors.inc();
                    tracing::error!(%error, "Failed to compile silence matchers during snapshot load");
                }
            }
        }
        Ok(())
    }

    /// Takes in upstream's snapshot of the notification log.
    pub(super) fn load_nflog(
        &self,
        nflog: &mut NotificationLog,
        now: Timestamp,
    ) -> Result<(), SnapshotError> {
        let path = &self.nflog;
        let bytes = read_file(&*self.fs, path).map_err(SnapshotError::io(path))?;
        for message in messages(&bytes.unwrap_or_default()) {
            let malformed = |source| SnapshotError::Malformed { path: path.clone(), source };
            let entry = Entry::decode(message.map_err(malformed)?).map_err(malformed)?;
            let entry = entry.ok_or_else(|| SnapshotError::InvalidState { path: path.clone() })?;
            nflog.merge(entry, now);
        }
        Ok(())
    }

    /// Writes upstream's snapshot of silences; gives its size in bytes.
    pub(super) fn save_silences(&self, silences: &Silences) -> Result<usize, SnapshotError> {
        let mut bytes = Vec::new();
        for stored in silences.stored() {
            put_delimited(&mut bytes, &stored.encode());
        }
        replace_file(&*self.fs, &self.silences, &bytes)
            .map_err(SnapshotError::io(&self.silences))?;
        Ok(bytes.len())
    }

    /// Writes upstream's snapshot of the notification log; gives its size in bytes.
    pub(super) fn save_nflog(&self, nflog: &NotificationLog) -> Result<usize, SnapshotError> {
        let mut bytes = Vec::new();
        for entry in nflog.entries() {
            put_delimited(&mut bytes, &entry.encode());
        }
        replace_file(&*self.fs, &self.nflog, &bytes).map_err(SnapshotError::io(&self.nflog))?;
        Ok(bytes.len())
    }
}
