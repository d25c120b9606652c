//! The durable memory of healing: an append-only log of records, chained by hashes.
//!
//! Whatever the machine must know after a crash is a [`Record`], appended and synced before anything is done
//! about it. The bytes are described in `docs/formats/healing-journal.md`.
//!
//! **Invariants.** An append that returns well is durable. After a failed one the file is never written again:
//! the next append begins another file with a snapshot of the machine. The records of one append are read all or
//! not at all. They carry a hash over themselves and all before them, so that whatever is changed, removed or
//! inserted shows.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_storage::fs::{File, FileLock, Fs};

use crate::machine::{Entry, Record, Recovered};

mod audit_log;
mod frame;
mod replay;
mod wire;

pub use audit_log::{AuditPage, AuditQuery};
pub use replay::{Damage, DamageKind};

use audit_log::AuditLog;
use frame::{Link, file_name, header};

/// A file that grows by more gets a successor.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Older files are removed beyond this many: with [`FILE_BYTES_MAX`], 64 MiB of audit.
const FILES_MAX: usize = 16;
/// Short files, of which each restart after a failure makes one, are not removed before there are this many.
const SHORT_FILES_MAX: usize = 256;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process uses it.
    #[error("the journal {} is used by another process", .path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The disk fails.
    #[error("{what} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is of a version that this program does not know.
    #[error("{} has version {version}, which this program does not know", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

/// The open journal.
#[derive(Debug)]
pub struct Journal {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    _lock: Box<dyn FileLock>,
    /// The files, the oldest first, with their lengths.
    files: Vec<(u64, u64)>,
    /// The last file, as long as it may be written.
    open: Option<Arc<dyn File>>,
    /// What the last file began with.
    snapshot_bytes: u64,
    link: Link,
    log: AuditLog,
    /// Decisions that could not be written yet.
    unwritten: Vec<Arc<Entry>>,
}

/// What a journal said when it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The journal.
    pub journal: Journal,
    /// What the machine has to know.
    pub recovered: Recovered,
    /// What is not as it was written.
    pub damage: Vec<Damage>,
}

impl Journal {
    /// Opens the journal in `dir`, which is created where it is missing, and reads all of it.
    pub fn open(fs: Arc<dyn Fs>, dir: &Path) -> Result<Opened, JournalError> {
        let io = |what| move |source| JournalError::Io { what, path: dir.to_owned(), source };
        fs.create_dirs(dir).map_err(io("create"))?;
        let lock = match fs.lock(&dir.join("lock")) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(JournalError::Locked { path: dir.to_owned() });
            }
            Err(source) => return Err(io("lock")(source)),
        };
        let replayed = replay::replay(&*fs, dir)?;
        let mut journal = Self {
            fs,
            dir: dir.to_owned(),
            _lock: lock,
            files: replayed.files,
            open: None,
            snapshot_bytes: 0,
            link: replayed.link,
            log: replayed.log,
            unwritten: Vec::new(),
        };
        if replayed.clean {
            journal.reopen()?;
        }
        Ok(Opened { journal, recovered: replayed.recovered, damage: replayed.damage })
    }

    /// Appends records, durably. `snapshot` says everything once more, for the beginning of another file.
    pub fn append(
        &mut self,
        records: &[Record],
        snapshot: impl FnOnce() -> Vec<Record>,
    ) -> Result<(), JournalError> {
        for record in records {
            if let Record::Entry(entry) = record {
                self.log.push(Arc::clone(entry));
            }
        }
        let result = match self.open.clone().filter(|_| !self.begins_file()) {
            Some(file) => self.extend(&*file, records),
            None => self.begin(records, &snapshot()),
        };
        if result.is_ok() {
            self.unwritten.clear();
        } else {
            self.open = None;
            self.unwritten.extend(records.iter().filter_map(|record| match record {
                Record::Entry(entry) => Some(Arc::clone(entry)),
                _ => None,
            }));
            let excess = self.unwritten.len().saturating_sub(audit_log::ENTRIES_MAX);
            self.unwritten.drain(..excess);
        }
        result
    }

    /// Whether the next append begins another file, and needs a snapshot for it.
    pub fn begins_file(&self) -> bool {
        let grown = self.files.last().map_or(0, |(_, length)| length - self.snapshot_bytes);
        self.open.is_none() || grown >= FILE_BYTES_MAX || !self.unwritten.is_empty()
    }

    /// The decisions that a question is about, the newest first.
    pub fn audit(&self, query: &AuditQuery) -> AuditPage {
        self.log.page(query)
    }

    fn reopen(&mut self) -> Result<(), JournalError> {
        let Some(&(number, _)) = self.files.last() else { return Ok(()) };
        let path = self.dir.join(file_name(number));
        let file = self.fs.open_append(&path);
        let file = file.map_err(|source| JournalError::Io { what: "open", path, source })?;
        self.open = Some(file);
        Ok(())
    }

    fn extend(&mut self, file: &dyn File, records: &[Record]) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        let link = frame::append(&mut bytes, self.link, records);
        let number = self.files.last().map_or(0, |(number, _)| *number);
        let path = self.dir.join(file_name(number));
        let failed = |what| {
            let path = path.clone();
            move |source| JournalError::Io { what, path, source }
        };
        file.append(&bytes).map_err(failed("append to"))?;
        file.sync_data().map_err(failed("sync"))?;
        self.link = link;
        if let Some((_, length)) = self.files.last_mut() {
            *length += bytes.len() as u64;
        }
        Ok(())
    }

    /// Begins another file: a snapshot, what could not be written before, and the records.
    fn begin(&mut self, records: &[Record], snapshot: &[Record]) -> Result<(), JournalError> {
        let number = self.files.last().map_or(0, |(number, _)| *number) + 1;
        let mut bytes = header(self.link);
        let link = frame::append(&mut bytes, self.link, snapshot);
        let late = self.unwritten.iter().cloned().map(Record::Entry);
        let records: Vec<Record> = late.chain(records.iter().cloned()).collect();
        let link = frame::append(&mut bytes, link, &records);
        let path = self.dir.join(file_name(number));
        let temporary = path.with_extension("tmp");
        let write = || -> io::Result<Arc<dyn File>> {
            let file = self.fs.create(&temporary)?;
            file.append(&bytes)?;
            file.sync_data()?;
            drop(file);
            self.fs.rename(&temporary, &path)?;
            self.fs.sync_dir(&self.dir)?;
            self.fs.open_append(&path)
        };
        let written = write();
        let file = match written {
            Ok(file) => file,
            Err(source) => {
                // The name may be there, durable or not; it is never used again.
                self.files.push((number, bytes.len() as u64));
                return Err(JournalError::Io { what: "write", path, source });
            }
        };
        self.files.push((number, bytes.len() as u64));
        self.snapshot_bytes = bytes.len() as u64;
        self.link = link;
        self.open = Some(file);
        self.remove_old();
        Ok(())
    }

    /// Removes files whose audit is too old to be kept. One that cannot be removed is tried again.
    fn remove_old(&mut self) {
        let long = |files: &[(u64, u64)]| {
            files.iter().filter(|(_, length)| *length >= FILE_BYTES_MAX).count()
        };
        while long(&self.files) > FILES_MAX || self.files.len() > SHORT_FILES_MAX {
            let (number, _) = self.files[0];
            match self.fs.remove(&self.dir.join(file_name(number))) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => return,
            }
            self.files.remove(0);
        }
    }
}

#[cfg(test)]
mod tests;
