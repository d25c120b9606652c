//! Marks: one small file for each order that may have had an effect nobody else keeps in mind.
//!
//! A program, a unit and a web server do not remember ids of executions. The mark does: it is made and synced
//! before anything is started or sent, so that a missing mark proves that nothing was.
//!
//! A mark is lines of text, each written and synced at once: `intended <microseconds>`, then
//! `started <handle>`, then `succeeded` or `failed <why>`. A line that was cut off by a crash is not there.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regain_storage::fs::Fs;

use crate::order::{ExecutionId, Order, Outcome, Triggered};

/// Is the largest mark that is read, in bytes.
const MARK_BYTES_MAX: u64 = 64 << 10;
/// Is how many marks there may be before old ones are removed.
const MARKS_MAX: usize = 1024;
/// Is how old a mark is that nobody will ask for any more.
const OLD: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Is what a mark says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) intended_at: Timestamp,
    /// What finds the started action again, as its backend wrote it.
    pub(super) started: Option<String>,
    pub(super) outcome: Option<Outcome>,
}

/// Keeps the marks of a directory, which belongs to this process alone.
#[derive(Debug)]
pub(super) struct Marks {
    fs: Arc<dyn Fs>,
    directory: PathBuf,
}

impl Marks {
    pub(super) fn new(fs: Arc<dyn Fs>, directory: PathBuf) -> Self {
        Self { fs, directory }
    }

    /// Makes the mark of an order that is about to be carried out. Where there is one already it may have
    /// been carried out before, and where none can be made nothing may be done.
    pub(super) fn make_for(&self, order: &Order) -> Result<(), Triggered> {
        match self.make(&order.id, order.intended_at) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Triggered::unknown("it was triggered before under the same id")),
            Err(error) => Err(Triggered::refused_for_now(format!("no mark can be made: {error}"))),
        }
    }

    /// Makes the mark of an id durable; false where there is one already.
    fn make(&self, id: &ExecutionId, intended_at: Timestamp) -> io::Result<bool> {
        self.fs.create_dirs(&self.directory)?;
        if self.read(id)?.is_some() {
            return Ok(false);
        }
        self.sweep(intended_at)?;
        let file = self.fs.create(&self.path(id))?;
        file.append(format!("intended {}\n", intended_at.as_microsecond()).as_bytes())?;
        file.sync_data()?;
        self.fs.sync_dir(&self.directory)?;
        Ok(true)
    }

    fn remove(&self, id: &ExecutionId) -> io::Result<()> {
        self.fs.remove(&self.path(id))?;
        self.fs.sync_dir(&self.directory)
    }

    /// Records what finds the started action again. Where that fails it goes on all the same, and after a
    /// restart nobody will know of it.
    pub(super) fn started(&self, id: &ExecutionId, handle: &str) {
        self.note(id, &format!("started {handle}\n"));
    }

    /// Records how the action ended.
    pub(super) fn ended(&self, id: &ExecutionId, outcome: &Outcome) {
        match outcome {
            Outcome::Succeeded => self.note(id, "succeeded\n"),
            Outcome::Failed { why } => {
                self.note(id, &format!("failed {}\n", why.replace('\n', " ")));
            }
        }
    }

    /// Takes back the mark of an order that certainly had no effect. One that stays makes the next answer
    /// about the order an unknown instead of a no, which is safe.
    pub(super) fn take_back(&self, id: &ExecutionId) {
        if let Err(error) = self.remove(id) {
            tracing::warn!(%error, %id, "the mark of an order without effect stays");
        }
    }

    fn note(&self, id: &ExecutionId, line: &str) {
        if let Err(error) = self.add(id, line) {
            tracing::warn!(%error, %id, "the mark of an order cannot be completed");
        }
    }

    fn add(&self, id: &ExecutionId, line: &str) -> io::Result<()> {
        let file = self.fs.open_append(&self.path(id))?;
        file.append(line.as_bytes())?;
        file.sync_data()
    }

    /// Reads the mark of an id. A mark whose first line was cut off still marks.
    pub(super) fn read(&self, id: &ExecutionId) -> io::Result<Option<Mark>> {
        let file = match self.fs.open(&self.path(id)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = file.size_bytes()?.min(MARK_BYTES_MAX);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_at(0, &mut bytes)?;
        Ok(Some(parse(&String::from_utf8_lossy(&bytes))))
    }

    /// Removes old marks of what has ended, once there are many.
    fn sweep(&self, now: Timestamp) -> io::Result<()> {
        let names = self.fs.list(&self.directory)?;
        if names.len() < MARKS_MAX {
            return Ok(());
        }
        for id in names.iter().filter_map(|name| ExecutionId::parse(name)) {
            let old = |mark: &Mark| mark.intended_at + OLD < now;
            if self.read(&id)?.is_some_and(|mark| mark.outcome.is_some() && old(&mark)) {
                self.fs.remove(&self.path(&id))?;
            }
        }
        Ok(())
    }

    fn path(&self, id: &ExecutionId) -> PathBuf {
        self.directory.join(id.as_str())
    }
}

fn parse(text: &str) -> Mark {
    let mut mark = Mark { intended_at: Timestamp::UNIX_EPOCH, started: None, outcome: None };
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("intended", time) => {
                let time = time.parse().ok().and_then(|us| Timestamp::from_microsecond(us).ok());
                mark.intended_at = time.unwrap_or(mark.intended_at);
            }
            ("started", handle) => mark.started = Some(handle.to_owned()),
            ("succeeded", _) => mark.outcome = Some(Outcome::Succeeded),
            ("failed", why) => mark.outcome = Some(Outcome::failed(why)),
            _ => {}
        }
    }
    mark
}

#[cfg(test)]
mod tests;
