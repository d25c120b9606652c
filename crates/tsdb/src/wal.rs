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
use regain_storage::{Error, Result, Trouble, record};

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
    /// A length up to which the file is durable, which the next write tells.
    mark: Option<u64>,
    /// Records that came, that a leader took to write them, and that are written.
    pushed: u64,
    taken: u64,
    written: u64,
    leading: bool,
    /// How many wait for a leader to be done.
    waiting: usize,
    /// Why nothing is written any more.
    failed: Option<Trouble>,
    /// Records that will never be written, by their place among all that came.
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
            mark: None,
            pushed: 0,
            taken: 0,
            written: 0,
            leading: false,
            waiting: 0,
            failed: None,
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
        self.number.load(Ordering::Acquire)
    }

    /// Writes a record that was encoded for the file `number`.
    pub(crate) fn append(&self, record: &[u8], number: u64) -> Result<Appended> {
        let mut state = self.state();
        state.check()?;
        if state.number != number {
            return Ok(Appended::Rotated);
        }
        state.pending.extend_from_slice(record);
        state.pushed += 1;
        let mine = state.pushed;
        loop {
            if state.lost.iter().any(|lost| lost.contains(&mine)) {
                return Err(Error::ReadOnly(state.failed.unwrap_or(Trouble::DiskFailure)));
            }
            if state.written >= mine {
                return Ok(Appended::Written);
            }
            if state.leading {
                state = self.wait(state);
            } else {
                state = self.lead(state)?;
            }
        }
    }

    /// Writes what is pending for everybody who waits.
    fn lead<'a>(&'a self, mut state: MutexGuard<'a, State>) -> Result<MutexGuard<'a, State>> {
        if let Some(length) = state.mark.take() {
            record::put(&mut state.pending, |out| batch::put_mark(out, length));
        }
        let spare = std::mem::take(&mut state.spare);
        let mut bytes = std::mem::replace(&mut state.pending, spare);
        let records = state.taken + 1..state.pushed + 1;
        let (file, number) = (Arc::clone(&state.file), state.number);
        state.taken = state.pushed;
        state.leading = true;
        drop(state);
        let written = file.append(&bytes);
        let mut state = self.state();
        state.leading = false;
        self.wake(&state);
        match written {
            Ok(()) => {
                state.written = records.end - 1;
                state.size_bytes += bytes.len() as u64;
                state.total_bytes += bytes.len() as u64;
                bytes.clear();
                state.spare = bytes;
                Ok(state)
            }
            Err(error) => {
                state.lose(records);
                state.fail(&error);
                drop(state);
                Err(io_error("write", &self.layout.file(Kind::Wal, number))(error))
            }
        }
    }

    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = self.turn.wait(state).expect("no holder of this lock panics");
        state.waiting -= 1;
        state
    }

    /// Wakes those who wait, if there are any: that takes a call of the system.
    fn wake(&self, state: &State) {
        if state.waiting > 0 {
            self.turn.notify_all();
        }
    }

    /// Makes everything that was written durable.
    pub(crate) fn sync(&self) -> Result<()> {
        let state = self.state();
        state.check()?;
        let (file, number, size) = (Arc::clone(&state.file), state.number, state.size_bytes);
        if state.synced_bytes == size {
            return Ok(());
        }
        drop(state);
        let synced = file.sync_data();
        let mut state = self.state();
        if let Err(error) = synced {
            // The system tells of a lost write once: nobody else may take this file for synced.
            state.fail(&error);
            self.wake(&state);
            return Err(io_error("sync", &self.layout.file(Kind::Wal, number))(error));
        }
        if state.number == number && state.failed.is_none() {
            state.synced_bytes = state.synced_bytes.max(size);
            // A later start must know how far the file can be relied upon.
            state.mark = Some(size);
        }
        Ok(())
    }

    /// Closes the current file, durable, and goes on in the next one. Returns the number and the size
    /// of the one that was closed. One caller at a time.
    pub(crate) fn rotate(&self) -> Result<(u64, u64)> {
        self.sync()?;
        // The next file is made before anybody has to wait for it.
        let (number, file) = self.next_file()?;
        let mut state = self.state();
        while state.leading || !state.pending.is_empty() {
            state = if state.leading { self.wait(state) } else { self.lead(state)? };
        }
        state.check()?;
        if state.size_bytes > state.synced_bytes {
            // What survives a power cut is a prefix: nothing goes to the next file before this.
            if let Err(error) = state.file.sync_data() {
                state.fail(&error);
                let path = self.layout.file(Kind::Wal, state.number);
                return Err(io_error("sync", &path)(error));
            }
        }
        let closed = (state.number, state.size_bytes);
        self.switch(&mut state, number, file);
        Ok(closed)
    }

    /// After a failure, the file that failed and the length up to which it holds what was
    /// acknowledged.
    pub(crate) fn failed_end(&self) -> Option<(u64, u64)> {
        let state = self.state();
        (state.failed.is_some() && !state.leading).then_some((state.number, state.size_bytes))
    }

    /// After a failure, goes on in a new file. One caller at a time.
    pub(crate) fn restart(&self) -> Result<()> {
        let (number, file) = self.next_file()?;
        let mut state = self.state();
        self.switch(&mut state, number, file);
        state.failed = None;
        Ok(())
    }

    fn next_file(&self) -> Result<(u64, Arc<dyn File>)> {
        let number = {
            let mut state = self.state();
            state.tried += 1;
            state.tried
        };
        start_file(&*self.fs, &self.layout, number).map(|file| (number, file))
    }

    fn switch(&self, state: &mut State, number: u64, file: Arc<dyn File>) {
        state.file = file;
        state.number = number;
        state.mark = None;
        state.size_bytes = HEADER_BYTES as u64;
        state.synced_bytes = state.size_bytes;
        // Ordering: whoever sees the number sees the lanes that wrote to the files before it.
        self.number.store(number, Ordering::Release);
    }

    /// An error while nothing is written any more.
    pub(crate) fn check(&self) -> Result<()> {
        self.state().check()
    }

    /// Why nothing is written any more, if that is so.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
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

impl State {
    fn check(&self) -> Result<()> {
        self.failed.map_or(Ok(()), |trouble| Err(Error::ReadOnly(trouble)))
    }

    /// Ends writing. What a leader is writing right now is decided by how that goes.
    fn fail(&mut self, error: &std::io::Error) {
        self.failed = Some(Trouble::of(error));
        self.pending.clear();
        let waiting = self.taken + 1..self.pushed + 1;
        self.taken = self.pushed;
        self.lose(waiting);
    }

    fn lose(&mut self, records: Range<u64>) {
        match self.lost.last_mut() {
            _ if records.is_empty() => {}
            Some(last) if last.end == records.start => last.end = records.end,
            _ => self.lost.push(records),
        }
    }
}

/// Starts a file, which has its name only once its header is durable.
fn start_file(fs: &dyn Fs, layout: &Layout, number: u64) -> Result<Arc<dyn File>> {
    let (tmp, path) = (layout.tmp(Kind::Wal, number), layout.file(Kind::Wal, number));
    let file = create(fs, &tmp, Kind::Wal)?;
    file.sync_data().map_err(io_error("sync", &tmp))?;
    fs.rename(&tmp, &path).map_err(io_error("rename", &tmp))?;
    fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
