//! Whether the store works, and what was wrong with its files.
//!
//! A write that fails makes the store **degraded**: it answers queries, and where the log is concerned it
//! refuses appends until a new file has begun. Every tick tries that, so that nobody has to do anything but
//! mend the disk. A segment in which damage is found is written anew without the damaged part, and the
//! damaged file is kept under another name.
//!
//! A store keeps some room in **reserve**, a file of zeros. When the disk is full, that file goes first, so that
//! the manifest can be written and retention can make more room, and so that a store can be opened.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::MutexGuard;

use regain_model::Span;
use regain_storage::fs::Fs;
use regain_storage::{Ctx, Error, Result, Trouble};

use super::losses::missing;
use super::{Db, Inner};
use crate::layout::{Layout, io_error};
use crate::report::Damage;

/// The room that is kept in reserve. As much again must be there before a store that has met a full disk takes
/// samples again: where there is less, it would be full again at once.
const ROOM_BYTES: usize = 1 << 20;

/// The state of a store's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Why something cannot be written, while that is so.
    pub trouble: Option<Trouble>,
    /// Whether appends are refused because of it.
    pub is_read_only: bool,
    /// Damaged files that were set aside since the store was opened.
    pub set_aside: Vec<SetAside>,
}

/// A damaged segment or archive that was taken out of the store and kept for whoever wants to look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The file's name by now.
    pub path: PathBuf,
    /// The times between which samples may be missing.
    pub span: Span,
    /// What was damaged.
    pub damage: Vec<Damage>,
    /// Whether all that it held was found elsewhere, so that nothing is missing.
    pub is_recovered: bool,
    /// Whether it held series, and not samples.
    pub(super) is_archive: bool,
}

/// Who tells that writing fails: each of them has to succeed before its trouble is over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// Ticks, seals and syncs.
    Writing,
    Merging,
}

/// What is known about the health of a store.
#[derive(Debug, Default)]
pub(super) struct Known {
    writing: Option<Trouble>,
    merging: Option<Trouble>,
    /// Whether there is a reserve.
    has_reserve: bool,
    /// Segments and archives in which damage was found, by number.
    damaged: BTreeSet<u64>,
    set_aside: Vec<SetAside>,
}

impl Db {
    /// Whether the store works, and what was wrong with its files.
    pub fn health(&self) -> Health {
        let trouble = self.trouble();
        let set_aside = self.0.health().set_aside.clone();
        Health { trouble, is_read_only: self.is_read_only(), set_aside }
    }

    /// Why something cannot be written, while that is so.
    pub fn trouble(&self) -> Option<Trouble> {
        self.0.trouble()
    }

    /// Whether appends fail because a write or sync has failed.
    pub fn is_read_only(&self) -> bool {
        self.0.trouble_of_logs().is_some()
    }
}

impl Inner {
    fn trouble(&self) -> Option<Trouble> {
        let logs = self.trouble_of_logs();
        let known = self.health();
        logs.or(known.writing).or(known.merging)
    }

    /// Why no samples can be written, while that is so.
    pub(super) fn trouble_of_logs(&self) -> Option<Trouble> {
        self.wal.trouble().or_else(|| self.series_log().trouble())
    }

    pub(super) fn health(&self) -> MutexGuard<'_, Known> {
        self.health.lock().expect("no holder of this lock panics")
    }

    /// Takes note of how some work has gone.
    pub(super) fn watch<T>(&self, work: Work, result: Result<T>) -> Result<T> {
        let trouble = match &result {
            Ok(_) => None,
            Err(error) => match error.trouble() {
                None => return result,
                trouble => trouble,
            },
        };
        let mut known = self.health();
        let place = match work {
            Work::Writing => &mut known.writing,
            Work::Merging => &mut known.merging,
        };
        *place = trouble;
        drop(known);
        result
    }

    /// Takes note of damage to a segment or an archive, so that it is mended.
    pub(super) fn note_damage(&self, error: &Error) {
        let number = self.damaged_by(error);
        self.health().damaged.extend(number);
    }

    /// The number of the segment or archive that an error says is damaged.
    pub(super) fn damaged_by(&self, error: &Error) -> Option<u64> {
        let Error::Corrupt { path, .. } = error else { return None };
        let view = self.view();
        let segments = view.segments.iter().map(|segment| (segment.number, &segment.path));
        let archives = view.archives.iter().map(|archive| (archive.number, &archive.path));
        segments.chain(archives).find(|file| file.1 == path).map(|file| file.0)
    }

    /// Takes note of damaged segments and archives that are to be mended.
    pub(super) fn note_damaged(&self, numbers: impl IntoIterator<Item = u64>) {
        self.health().damaged.extend(numbers);
    }

    /// The segments and archives that wait to be mended.
    pub(super) fn damaged_segments(&self) -> BTreeSet<u64> {
        self.health().damaged.clone()
    }

    pub(super) fn forget_damaged(&self, number: u64) {
        self.health().damaged.remove(&number);
    }

    pub(super) fn note_set_aside(&self, set_aside: SetAside) {
        self.health().set_aside.push(set_aside);
    }

    /// Whether samples may be missing.
    pub(super) fn has_losses(&self) -> bool {
        self.health().set_aside.iter().any(|file| !file.is_recovered)
    }

    /// Warns a query that samples may be missing from what it asks for.
    pub(super) fn warn_of_losses(&self, span: Span, ctx: &Ctx) {
        for text in self.warnings_of(span, |_| true) {
            ctx.warnings.add(text);
        }
    }

    /// What warns of series that may be missing from lists of them.
    pub(super) fn warnings_of_lost_series(&self, span: Span) -> Vec<String> {
        self.warnings_of(span, |file| file.is_archive)
    }

    fn warnings_of(&self, span: Span, is_meant: impl Fn(&SetAside) -> bool) -> Vec<String> {
        let known = self.health();
        let missed = known.set_aside.iter().filter(|file| {
            let SetAside { span: lost, is_recovered, .. } = file;
            !is_recovered && lost.min <= span.max && span.min <= lost.max && is_meant(file)
        });
        let what = "a damaged file that was set aside";
        missed.map(|file| missing(file.span, &file.path, what)).collect()
    }

    /// Gives the reserve away where the disk is full.
    pub(super) fn give_reserve(&self) -> Result<()> {
        if self.trouble() != Some(Trouble::DiskFull) {
            return Ok(());
        }
        give_reserve(&*self.fs, &self.layout)?;
        self.health().has_reserve = false;
        Ok(())
    }

    /// Puts the reserve back, unless it is there.
    pub(super) fn keep_reserve(&self) -> Result<()> {
        if !self.health().has_reserve {
            self.take_room(&self.layout.reserve())?;
            self.health().has_reserve = true;
        }
        Ok(())
    }

    /// Proves that there is room again beside the reserve, by writing and removing a file.
    pub(super) fn prove_room(&self) -> Result<()> {
        let path = self.layout.room();
        self.take_room(&path)?;
        self.fs.remove(&path).map_err(io_error("remove", &path))
    }

    /// Writes a file of zeros; where it does not fit, nothing of it stays.
    fn take_room(&self, path: &Path) -> Result<()> {
        let file = self.fs.create(path).map_err(io_error("create", path))?;
        let written = file.append(&vec![0; ROOM_BYTES]).map_err(io_error("write", path));
        let written = written.and_then(|()| file.sync_data().map_err(io_error("sync", path)));
        if written.is_err() {
            self.fs.remove(path).map_err(io_error("remove", path))?;
        }
        written
    }
}

/// Removes the reserve of a store, if there is one.
pub(super) fn give_reserve(fs: &dyn Fs, layout: &Layout) -> Result<()> {
    let path = layout.reserve();
    match fs.remove(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(io_error("remove", &path)),
    }
}
