//! The alert state of groups on disk, so that a restart goes on where the last evaluation stopped.
//!
//! Each group with alerts has a file, which is replaced whole: a reader finds the old or the new one. It is written
//! before anybody hears of a change, so that no start time that somebody was told is lost. The format is
//! `docs/formats/alert-state.md`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use regain_storage::fs::Fs;

use crate::settings::RuleGroup;

mod format;

pub(crate) use format::{SavedGroup, SavedRule};

const EXTENSION: &str = ".alerts";
const TEMPORARY: &str = ".tmp";
/// The largest file that is read: some hundred thousand alerts.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Is where the alert state of all groups lies.
#[derive(Clone, Debug)]
pub struct StateDir {
    pub fs: Arc<dyn Fs>,
    /// Belongs to nobody else: files that are nobody's are removed.
    pub path: PathBuf,
}

/// Says why alert state could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the file is longer than {FILE_BYTES_MAX} bytes")]
    TooLong,
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    #[error("version {0} is not known")]
    Version(u32),
    #[error("the file is that of another group")]
    OtherGroup,
}

impl StateDir {
    /// Reads what is known of a group; nothing where there is no file. A file that cannot be used is reported.
    pub(crate) fn load(&self, group: &RuleGroup) -> Option<SavedGroup> {
        let path = self.path.join(file_name(group));
        match self.read(&path) {
            Ok(saved) if saved.is_of(group) => Some(saved),
            Err(StateError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            other => {
                let err = other.err().unwrap_or(StateError::OtherGroup);
                let (file, group) = (&*group.file, &*group.name);
                tracing::warn!(file, group, path = %path.display(), %err,
                    "Alert state cannot be used, it is restored from series instead");
                None
            }
        }
    }

    fn read(&self, path: &Path) -> Result<SavedGroup, StateError> {
        let file = self.fs.open(path)?;
        let size = file.size_bytes()?;
        if size > FILE_BYTES_MAX {
            return Err(StateError::TooLong);
        }
        let mut bytes = vec![0; usize::try_from(size).map_err(|_| StateError::TooLong)?];
        file.read_at(0, &mut bytes)?;
        format::decode(&bytes)
    }

    /// Replaces the file of a group, durably.
    pub(crate) fn save(&self, group: &RuleGroup, saved: &SavedGroup) -> io::Result<()> {
        let name = file_name(group);
        let temporary = self.path.join(format!("{name}{TEMPORARY}"));
        self.fs.create_dirs(&self.path)?;
        let file = self.fs.create(&temporary)?;
        file.append(&format::encode(saved))?;
        file.sync_data()?;
        self.fs.rename(&temporary, &self.path.join(name))?;
        self.fs.sync_dir(&self.path)
    }

    /// Removes the file of a group, durably.
    pub(crate) fn remove(&self, group: &RuleGroup) -> io::Result<()> {
        match self.fs.remove(&self.path.join(file_name(group))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.fs.sync_dir(&self.path),
        }
    }

    /// Removes all files but those of `groups`.
    pub(crate) fn keep<'a>(&self, groups: impl IntoIterator<Item = &'a RuleGroup>) {
        let kept: Vec<String> = groups.into_iter().map(file_name).collect();
        let names = match self.fs.list(&self.path) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(err) => {
                tracing::warn!(path = %self.path.display(), %err, "Alert state cannot be listed");
                return;
            }
        };
        for name in names {
            let is_ours = name.ends_with(EXTENSION) || name.ends_with(TEMPORARY);
            if is_ours && !kept.contains(&name) {
                let path = self.path.join(name);
                if let Err(err) = self.fs.remove(&path) {
                    tracing::warn!(path = %path.display(), %err, "Alert state cannot be removed");
                }
            }
        }
    }
}

fn file_name(group: &RuleGroup) -> String {
    format!("{:016x}{EXTENSION}", xxhash_rust::xxh64::xxh64(group.key().as_bytes(), 0))
}

/// Keeps the file of one group up to date.
#[derive(Debug)]
pub(crate) struct Saver {
    dir: Option<StateDir>,
    /// Something has changed since the file was written.
    is_dirty: bool,
    written_at: Option<Duration>,
}

impl Saver {
    /// A file says when it was written, and is rewritten this often so that it stays fresh.
    const HEARTBEAT: Duration = Duration::from_mins(1);

    /// Starts with a file that may or may not exist.
    pub(crate) const fn new(dir: Option<StateDir>) -> Self {
        Self { dir, is_dirty: true, written_at: None }
    }

    pub(crate) fn note_change(&mut self) {
        self.is_dirty = true;
    }

    /// Tells whether the file must be written at `now`, where there are alerts or not.
    pub(crate) fn is_due(&self, now: Duration, has_alerts: bool) -> bool {
        let is_stale =
            || self.written_at.is_none_or(|written| now >= written.saturating_add(Self::HEARTBEAT));
        self.dir.is_some() && (self.is_dirty || has_alerts && is_stale())
    }

    /// Writes the file, or removes it where no rule has alerts. A failure is reported, and tried again next time.
    pub(crate) fn write(&mut self, group: &RuleGroup, saved: &SavedGroup, now: Duration) -> bool {
        let Some(dir) = &self.dir else { return true };
        let written = if saved.has_alerts() { dir.save(group, saved) } else { dir.remove(group) };
        if let Err(err) = written {
            let (file, group) = (&*group.file, &*group.name);
            tracing::error!(file, group, %err, "Alert state cannot be written");
            self.is_dirty = true;
            return false;
        }
        self.is_dirty = false;
        self.written_at = Some(now);
        true
    }

    /// Removes the file of a group that is gone.
    pub(crate) fn remove(&self, group: &RuleGroup) {
        let Some(dir) = &self.dir else { return };
        if let Err(err) = dir.remove(group) {
            let (file, group) = (&*group.file, &*group.name);
            tracing::warn!(file, group, %err, "Alert state cannot be removed");
        }
    }
}
#[cfg(test)]
mod tests;
