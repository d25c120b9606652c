//! A file system in memory that can lose power, fail and stop.
//!
//! It keeps two directories: the one that a running process sees, and the one that a disk would
//! show after a power cut. `sync_data` and `sync_dir` carry content and names from the first to the
//! second.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{File, FileLock, Fs};

/// A file system in memory. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MemFs(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    files: Vec<Content>,
    locks: BTreeSet<PathBuf>,
    /// Changing operations so far.
    operations: u64,
    /// The operation that is cut short; every later one fails, too.
    stop_at: Option<u64>,
    /// The operation that is cut short; later ones succeed.
    fail_at: Option<u64>,
    fail_appends: Option<&'static str>,
    fail_syncs: Option<&'static str>,
    fail_reads: Option<&'static str>,
    /// The bytes that all files together may have.
    capacity: Option<usize>,
    /// Whether names can be neither made nor changed nor removed.
    is_read_only: bool,
}

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    durable: usize,
}

impl MemFs {
    /// An empty file system.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of changing operations so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Stops at the changing operation with this number (from 0): an append leaves half of its
    /// bytes, anything else leaves nothing, and every later operation fails.
    pub fn stop_at(&self, operation: u64) {
        self.state().stop_at = Some(operation);
    }

    /// Lets the changing operation with this number (from 0) fail and no other: an append leaves half
    /// of its bytes, anything else leaves nothing.
    pub fn fail_at(&self, operation: u64) {
        self.state().fail_at = Some(operation);
    }

    /// Lets every append to a file whose path contains `part` fail, until [`MemFs::heal`].
    pub fn fail_appends(&self, part: &'static str) {
        self.state().fail_appends = Some(part);
    }

    /// Lets every sync of a file whose path contains `part` fail, until [`MemFs::heal`].
    pub fn fail_syncs(&self, part: &'static str) {
        self.state().fail_syncs = Some(part);
    }

    /// Lets every read of a file whose path contains `part` fail, until [`MemFs::heal`].
    pub fn fail_reads(&self, part: &'static str) {
        self.state().fail_reads = Some(part);
    }

    /// Lets all files together have so many bytes, as on a disk that may be full, until this is called again.
    pub fn set_capacity(&self, bytes: Option<usize>) {
        self.state().capacity = bytes;
    }

    /// The bytes that all files together have.
    pub fn used(&self) -> usize {
        self.state().used()
    }

    /// Lets nobody make, rename or remove a file, as after a change of permissions; open files are written on.
    pub fn make_read_only(&self, is_read_only: bool) {
        self.state().is_read_only = is_read_only;
    }

    /// Ends all failures and releases all locks, as a new process finds the files.
    pub fn heal(&self) {
        self.heal_failures();
        self.state().locks.clear();
    }

    /// Ends all failures, under a process that goes on.
    pub fn heal_failures(&self) {
        let mut state = self.state();
        state.stop_at = None;
        state.fail_at = None;
        state.fail_appends = None;
        state.fail_syncs = None;
        state.fail_reads = None;
    }

    /// Cuts the power: of every file the synced part remains, and at most `kept` bytes of what was
    /// written after it; of the names those that were synced.
    pub fn cut_power(&self, kept: usize) {
        self.cut_power_with(false, |unsynced| unsynced.truncate(kept));
    }

    /// Cuts the power as an unlucky disk has it: `damage` turns what was written to a file after its
    /// last sync into what remains of that; names that were not synced remain when `names_remain`.
    pub fn cut_power_with(&self, names_remain: bool, mut damage: impl FnMut(&mut Vec<u8>)) {
        let mut state = self.state();
        if names_remain {
            state.durable_names = state.names.clone();
        } else {
            state.names = state.durable_names.clone();
        }
        for file in &mut state.files {
            let mut unsynced = file.bytes.split_off(file.durable);
            if !unsynced.is_empty() {
                damage(&mut unsynced);
            }
            file.bytes.append(&mut unsynced);
            file.durable = file.bytes.len();
        }
        drop(state);
        self.heal();
    }

    /// The content of a file.
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(path).map(|&file| state.files[file].bytes.clone())
    }

    /// Replaces the content of a file, durably.
    pub fn set_bytes(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        let durable = bytes.len();
        state.files.push(Content { bytes, durable });
        let file = state.files.len() - 1;
        state.names.insert(path.to_owned(), file);
        state.durable_names.insert(path.to_owned(), file);
    }

    /// The paths of all files.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder of this lock panics")
    }

    fn file(&self, path: &Path, file: usize) -> Arc<dyn File> {
        Arc::new(MemFile { fs: self.clone(), path: path.to_owned(), file })
    }
}

impl State {
    /// Counts a changing operation; an error says that the process has stopped before or at it.
    fn step(&mut self) -> io::Result<()> {
        let operation = self.operations;
        self.operations += 1;
        if self.fail_at == Some(operation) {
            return Err(io::Error::other("failed once"));
        }
        match self.stop_at {
            Some(stop) if operation >= stop => Err(io::Error::other("stopped")),
            _ => Ok(()),
        }
    }

    /// Counts an operation that changes names.
    fn step_name(&mut self) -> io::Result<()> {
        self.step()?;
        if self.is_read_only { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    }

    fn used(&self) -> usize {
        self.names.values().map(|&file| self.files[file].bytes.len()).sum()
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Fs for MemFs {
    fn create_dirs(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let file = self.state().find(path)?;
        Ok(self.file(path, file))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut state = self.state();
        state.step_name()?;
        state.files.push(Content::default());
        let file = state.files.len() - 1;
        state.names.insert(path.to_owned(), file);
        Ok(self.file(path, file))
    }

    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step_name()?;
        let moved: Vec<_> = state.names.extract_if(.., |path, _| path.starts_with(from)).collect();
        if moved.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        for (path, file) in moved {
            let rest = path.strip_prefix(from).expect("it starts with it");
            // Joining nothing would make a file a directory.
            let path = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
            state.names.insert(path, file);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step_name()?;
        state.find(path)?;
        state.names.remove(path);
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step_name()?;
        let before = state.names.len();
        state.names.retain(|file, _| !file.starts_with(path));
        if state.names.len() < before { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let names = state.names.keys().filter(|file| file.parent() == Some(path));
        Ok(names.filter_map(|file| Some(file.file_name()?.to_str()?.to_owned())).collect())
    }

    fn list_dirs(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let below = state.names.keys().filter_map(|file| file.parent()?.strip_prefix(path).ok());
        let first = |dir: &Path| Some(dir.iter().next()?.to_str()?.to_owned());
        Ok(below.filter_map(first).collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let state = &mut *state;
        // What is in a directory that got another name moves with it.
        let below = |file: &PathBuf| file.starts_with(path) && file.parent() != Some(path);
        let mut moved_names = BTreeMap::new();
        let moved =
            |file: &PathBuf, id: &mut usize| below(file) && state.names.get(file) != Some(id);
        for (_, id) in state.durable_names.extract_if(.., |file, id| moved(file, id)) {
            let named = state.names.iter().filter(|(file, other)| **other == id && below(file));
            moved_names.extend(named.map(|(file, &id)| (file.clone(), id)));
        }
        state.durable_names.append(&mut moved_names);
        state.durable_names.retain(|file, _| file.parent() != Some(path));
        let synced = state.names.iter().filter(|(file, _)| file.parent() == Some(path));
        state.durable_names.extend(synced.map(|(file, &id)| (file.clone(), id)));
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn FileLock>> {
        if self.state().locks.insert(path.to_owned()) {
            Ok(Box::new(MemLock { fs: self.clone(), path: path.to_owned() }))
        } else {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }
}

#[derive(Debug)]
struct MemFile {
    fs: MemFs,
    path: PathBuf,
    file: usize,
}

impl MemFile {
    fn is_hit(&self, part: Option<&str>) -> bool {
        part.is_some_and(|part| self.path.to_string_lossy().contains(part))
    }
}

impl File for MemFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let state = self.fs.state();
        if self.is_hit(state.fail_reads) {
            return Err(io::Error::other("read failed"));
        }
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let content = &state.files[self.file].bytes;
        let end = start.checked_add(bytes.len());
        let found = end.and_then(|end| content.get(start..end));
        bytes.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.fs.state();
        let operation = Some(state.operations);
        let step = state.step();
        let torn = step.is_err() && (state.stop_at == operation || state.fail_at == operation);
        let failed = self.is_hit(state.fail_appends);
        let written = match (&step, failed) {
            (Ok(()), false) => bytes,
            _ if torn || failed => &bytes[..bytes.len() / 2],
            _ => &[],
        };
        let room =
            state.capacity.map_or(usize::MAX, |capacity| capacity.saturating_sub(state.used()));
        let failed = failed || written.len() > room;
        let written = &written[..written.len().min(room)];
        state.files[self.file].bytes.extend_from_slice(written);
        if failed {
            return Err(io::ErrorKind::StorageFull.into());
        }
        step
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.fs.state();
        state.step()?;
        if self.is_hit(state.fail_syncs) {
            return Err(io::Error::other("sync failed"));
        }
        let content = &mut state.files[self.file];
        content.durable = content.bytes.len();
        Ok(())
    }

    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.fs.state().files[self.file].bytes.len() as u64)
    }
}

#[derive(Debug)]
struct MemLock {
    fs: MemFs,
    path: PathBuf,
}

impl FileLock for MemLock {}

impl Drop for MemLock {
    fn drop(&mut self) {
        self.fs.state().locks.remove(&self.path);
    }
}
