//! The write-ahead log: every batch before it becomes visible.
//!
//! Batches are encoded by their writers; one of the writers that wait then writes for all of them.
//! A file is closed, synced and followed by the next at every seal and when it is large. After a
//! failed write or sync the file is never touched again: the log is read-only until a new file
//! could be started.

pub(crate) mod batch;
pub(crate) mod decode;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use crate::layout::{HEADER_BYTES, Kind, Layout, create, io_error};

/// The log, open for appending.
#[derive(Debug)]
pub(crate) struct Wal {
    fs: Arc<dyn Fs>,
    layout: Layout,
    state: Mutex<State>,
    turn: Condvar,
    /// The number of the current file.
    number: AtomicU64,
}

#[derive(Debug)]
struct State {
    file: Arc<dyn File>,
    number: u64,
    size_bytes: u64,
    synced_bytes: u64,
    pending: Vec<u8>,
    spare: Vec<u8>,
    pushed: u64,
    written: u64,
    leading: bool,
    failed: bool,
    /// Records that failed, by their place among all that were pushed.
    lost: Vec<Range<u64>>,
    /// The number of the last file that was tried.
    tried: u64,
    /// Bytes written to all files.
    total_bytes: u64,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// It is in the file.
    Written,
    /// Another file has begun; the record must be encoded for it.
    Rotated,
}

impl Wal {
    /// Starts the file `number`, durably.
    pub(crate) fn create(fs: Arc<dyn Fs>, layout: Layout, number: u64) -> Result<Self> {
        let file = start_file(&*fs, &layout, number)?;
        let state = State {
            file,
            number,
            size_bytes: HEADER_BYTES as u64,
            synced_bytes: HEADER_BYTES as u64,
            pending: Vec::new(),
            spare: Vec::new(),
            pushed: 0,
            written: 0,
            leading: false,
            failed: false,
            lost: Vec::new(),
            tried: number,
            total_bytes: 0,
        };
        let number = AtomicU64::new(number);
        Ok(Self { fs, layout, state: Mutex::new(state), turn: Condvar::new(), number })
    }

    /// The number of the file that a record encoded now should be for.
    pub(crate) fn number(&self) -> u64 {
        // Ordering: a stale number is answered with `Rotated`.
        self.number.load(Ordering::Relaxed)
    }

    /// Writes a record that was encoded for the file `number`.
    pub(crate) fn append(&self, record: &[u8], number: u64) -> Result<Appended> {
        let mut state = self.state();
        if state.failed {
            return Err(Error::ReadOnly);
        }
        if state.number != number {
            return Ok(Appended::Rotated);
        }
        state.pending.extend_from_slice(record);
        state.pushed += 1;
        let mine = state.pushed;
        loop {
            if state.failed || state.lost.iter().any(|lost| lost.contains(&mine)) {
                return Err(Error::ReadOnly);
            }
            if state.written >= mine {
                return Ok(Appended::Written);
            }
            if state.leading {
                state = self.turn.wait(state).expect("no holder of this lock panics");
            } else {
                state = self.lead(state)?;
            }
        }
    }

    /// Writes what is pending for everybody who waits.
    fn lead<'a>(&'a self, mut state: MutexGuard<'a, State>) -> Result<MutexGuard<'a, State>> {
        let spare = std::mem::take(&mut state.spare);
        let mut bytes = std::mem::replace(&mut state.pending, spare);
        let (upto, file, number) = (state.pushed, Arc::clone(&state.file), state.number);
        state.leading = true;
        drop(state);
        let written = file.append(&bytes);
        let mut state = self.state();
        state.leading = false;
        self.turn.notify_all();
        match written {
            Ok(()) => {
                state.written = upto;
                state.size_bytes += bytes.len() as u64;
                state.total_bytes += bytes.len() as u64;
                bytes.clear();
                state.spare = bytes;
                Ok(state)
            }
            Err(error) => {
                state.failed = true;
                state.pending.clear();
                let lost = state.written + 1..state.pushed + 1;
                state.lost.push(lost);
                state.written = state.pushed;
                drop(state);
                Err(io_error("write", &self.layout.file(Kind::Wal, number))(error))
            }
        }
    }

    /// Makes everything that was written durable.
    pub(crate) fn sync(&self) -> Result<()> {
        let state = self.state();
        if state.failed {
            return Err(Error::ReadOnly);
        }
        let (file, number, size) = (Arc::clone(&state.file), state.number, state.size_bytes);
        if state.synced_bytes == size {
            return Ok(());
        }
        drop(state);
        let synced = file.sync_data();
        let mut state = self.state();
        if let Err(error) = synced {
            // A file that has been left was synced by whoever left it.
            state.failed |= state.number == number;
            return Err(io_error("sync", &self.layout.file(Kind::Wal, number))(error));
        }
        if state.number == number {
            state.synced_bytes = state.synced_bytes.max(size);
        }
        Ok(())
    }

    /// Closes the current file, durable, and starts the next one. Returns its number.
    pub(crate) fn rotate(&self) -> Result<u64> {
        self.sync()?;
        let mut state = self.state();
        while state.leading || !state.pending.is_empty() {
            state = if state.leading {
                self.turn.wait(state).expect("no holder of this lock panics")
            } else {
                self.lead(state)?
            };
        }
        if state.failed {
            return Err(Error::ReadOnly);
        }
        if state.size_bytes > state.synced_bytes {
            // What survives a power cut is a prefix: nothing goes to the next file before this.
            if let Err(error) = state.file.sync_data() {
                state.failed = true;
                let path = self.layout.file(Kind::Wal, state.number);
                return Err(io_error("sync", &path)(error));
            }
        }
        self.start_next(&mut state)
    }

    /// After a failure, starts a new file; does nothing otherwise.
    pub(crate) fn recover(&self) -> Result<bool> {
        let mut state = self.state();
        if !state.failed || state.leading {
            return Ok(false);
        }
        self.start_next(&mut state)?;
        state.failed = false;
        Ok(true)
    }

    fn start_next(&self, state: &mut State) -> Result<u64> {
        state.tried += 1;
        let number = state.tried;
        state.file = start_file(&*self.fs, &self.layout, number)?;
        state.number = number;
        state.size_bytes = HEADER_BYTES as u64;
        state.synced_bytes = state.size_bytes;
        // Ordering: read without the lock as a guess only.
        self.number.store(number, Ordering::Relaxed);
        Ok(number)
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.state().failed
    }

    /// The size of the current file and the bytes written in all.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        let state = self.state();
        (state.size_bytes, state.total_bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }
}

fn start_file(fs: &dyn Fs, layout: &Layout, number: u64) -> Result<Arc<dyn File>> {
    let path = layout.file(Kind::Wal, number);
    let file = create(fs, &path, Kind::Wal)?;
    file.sync_data().map_err(io_error("sync", &path))?;
    fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))?;
    Ok(file)
}
