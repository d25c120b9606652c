//! Files as they were at one moment: what is changed from then on is in memory and nowhere else.
//!
//! Whoever looks at a directory that another process writes to holds its files in here. They keep the
//! length that they had, and stay readable when the other process removes them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{File, FileLock, Fs, MemFs};

/// Files that are held, and what becomes of them in memory. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct FrozenFs {
    held: Arc<Mutex<BTreeMap<PathBuf, Arc<HeldFile>>>>,
    changes: MemFs,
}

impl FrozenFs {
    /// Holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Holds `file` under the name `path` as long as it is now.
    pub fn hold(&self, path: &Path, file: Arc<dyn File>) -> io::Result<()> {
        let size = file.size_bytes()?;
        let held = HeldFile { file, size, more: Mutex::default() };
        self.held().insert(path.to_owned(), Arc::new(held));
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Arc<HeldFile>>> {
        self.held.lock().expect("no holder of this lock panics")
    }

    /// Names of both kinds of files, each once.
    fn names(&self, mut names: Vec<String>, of: impl Fn(&Path) -> Option<String>) -> Vec<String> {
        names.extend(self.held().keys().filter_map(|held| of(held)));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Nothing, where something was done to held files and there was nothing else to do it to.
fn unless_missing(done: io::Result<()>, was_held: bool) -> io::Result<()> {
    match done {
        Err(error) if was_held && error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

impl Fs for FrozenFs {
    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        self.changes.create_dirs(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        match self.held().get(path) {
            Some(held) => Ok(Arc::clone(held) as Arc<dyn File>),
            None => self.changes.open(path),
        }
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.held().remove(path);
        self.changes.create(path)
    }

    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut held = self.held();
        let moved: Vec<_> = held.extract_if(.., |path, _| path.starts_with(from)).collect();
        let was_held = !moved.is_empty();
        if was_held {
            // The name may be that of a file in memory, which it is no longer.
            self.changes.remove(to).ok();
        }
        held.retain(|path, _| !path.starts_with(to));
        for (path, file) in moved {
            let rest = path.strip_prefix(from).expect("it starts with it");
            let path = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
            held.insert(path, file);
        }
        unless_missing(self.changes.rename(from, to), was_held)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let was_held = self.held().remove(path).is_some();
        unless_missing(self.changes.remove(path), was_held)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut held = self.held();
        let before = held.len();
        held.retain(|file, _| !file.starts_with(path));
        unless_missing(self.changes.remove_dir_all(path), held.len() < before)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        Ok(self.names(self.changes.list(path)?, |file| {
            (file.parent() == Some(path)).then(|| file.file_name()?.to_str().map(str::to_owned))?
        }))
    }

    fn list_dirs(&self, path: &Path) -> io::Result<Vec<String>> {
        Ok(self.names(self.changes.list_dirs(path)?, |file| {
            let below = file.parent()?.strip_prefix(path).ok()?;
            below.iter().next()?.to_str().map(str::to_owned)
        }))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.changes.sync_dir(path)
    }

    /// Gives the lock on the held files to whoever shares them, whoever holds that of the directory.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn FileLock>> {
        self.changes.lock(path)
    }
}

/// The beginning of a file, and what was appended to it in memory.
#[derive(Debug)]
struct HeldFile {
    file: Arc<dyn File>,
    size: u64,
    more: Mutex<Vec<u8>>,
}

impl HeldFile {
    fn more(&self) -> MutexGuard<'_, Vec<u8>> {
        self.more.lock().expect("no holder of this lock panics")
    }
}

impl File for HeldFile {
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let left = self.size.saturating_sub(offset);
        let own = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (own, rest) = bytes.split_at_mut(own);
        if !own.is_empty() {
            self.file.read_at(offset, own)?;
        }
        if rest.is_empty() {
            return Ok(());
        }
        let start = usize::try_from(offset.saturating_sub(self.size)).map_err(io::Error::other)?;
        let more = self.more();
        let found = start.checked_add(rest.len()).and_then(|end| more.get(start..end));
        rest.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.more().extend_from_slice(bytes);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.size + self.more().len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_files_stay_as_they_were_and_change_in_memory_alone() {
        let (real, frozen) = (MemFs::new(), FrozenFs::new());
        let [a, b, c] = ["/d/a", "/d/b", "/d/sub/c"].map(Path::new);
        for path in [a, b, c] {
            real.set_bytes(path, b"start".to_vec());
            frozen.hold(path, real.open(path).unwrap()).unwrap();
        }
        // The other process goes on.
        real.open(a).unwrap().append(b" theirs").unwrap();
        real.remove(b).unwrap();

        let file = frozen.open_append(a).unwrap();
        file.append(b" ours").unwrap();
        let mut bytes = vec![0; 8];
        file.read_at(2, &mut bytes).unwrap();
        assert_eq!((bytes.as_slice(), file.size_bytes().unwrap()), (&b"art ours"[..], 10));
        let mut bytes = vec![0; 9];
        assert_eq!(file.read_at(2, &mut bytes).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(real.bytes(a).unwrap(), b"start theirs");

        frozen.create(Path::new("/d/new")).unwrap().append(b"x").unwrap();
        frozen.rename(Path::new("/d/new"), a).unwrap();
        assert_eq!(frozen.open(a).unwrap().size_bytes().unwrap(), 1);
        frozen.rename(b, Path::new("/d/aside")).unwrap();
        assert_eq!(frozen.list(Path::new("/d")).unwrap(), ["a", "aside"]);
        assert_eq!(frozen.list_dirs(Path::new("/d")).unwrap(), ["sub"]);
        frozen.remove(Path::new("/d/aside")).unwrap();
        frozen.remove_dir_all(Path::new("/d/sub")).unwrap();
        assert_eq!(frozen.list(Path::new("/d")).unwrap(), ["a"]);
        assert_eq!(frozen.list_dirs(Path::new("/d")).unwrap(), [""; 0]);
        assert_eq!(frozen.remove(b).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(real.list(Path::new("/d")).unwrap(), ["a"]);
    }
}
