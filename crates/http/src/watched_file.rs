//! Small files that are looked at again whenever they are used: secrets, certificates, `web.yml`.
//!
//! A look is one `stat`; the contents are read only after the file changed. No thread watches.

use std::fmt;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::os_text::os_text;

/// Is the largest file that is read.
pub(crate) const FILE_BYTES_MAX: u64 = 4 << 20;

/// Says which file could not be read, and why.
#[derive(Clone, Debug)]
pub struct FileError {
    path: PathBuf,
    source: Arc<io::Error>,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "open {}: {}", self.path.display(), os_text(&self.source))
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

/// Identifies a state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Holds the last contents of a file and gives them out as long as the file does not change.
#[derive(Debug)]
pub(crate) struct WatchedFile {
    path: PathBuf,
    last: Mutex<Option<(Stamp, Arc<[u8]>)>>,
}

impl WatchedFile {
    /// Names the file; nothing is read yet.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), last: Mutex::new(None) }
    }

    /// Returns the contents as they are now. Two calls return the same allocation exactly if the file
    /// was not touched in between.
    pub(crate) fn read(&self) -> Result<Arc<[u8]>, FileError> {
        self.try_read()
            .map_err(|source| FileError { path: self.path.clone(), source: Arc::new(source) })
    }

    fn try_read(&self) -> io::Result<Arc<[u8]>> {
        let metadata = std::fs::metadata(&self.path)?;
        let stamp = Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, contents)) = &*last
            && *seen == stamp
        {
            return Ok(Arc::clone(contents));
        }
        let mut contents = Vec::new();
        std::fs::File::open(&self.path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut contents)?;
        if contents.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "file is too large"));
        }
        let contents: Arc<[u8]> = contents.into();
        *last = Some((stamp, Arc::clone(&contents)));
        Ok(contents)
    }
}

/// Holds a text that is either fixed or in a file.
#[derive(Debug)]
pub(crate) enum Source {
    /// A text of the configuration.
    Inline(Arc<[u8]>),
    /// A file.
    File(WatchedFile),
}

impl Source {
    /// Picks the one that is configured; an empty text is not.
    pub(crate) fn pick(text: &str, file: Option<&Path>) -> Option<Self> {
        if text.is_empty() {
            file.map(|path| Self::File(WatchedFile::new(path)))
        } else {
            Some(Self::Inline(text.as_bytes().into()))
        }
    }

    /// Returns the bytes as they are now.
    pub(crate) fn read(&self) -> Result<Arc<[u8]>, FileError> {
        match self {
            Self::Inline(text) => Ok(Arc::clone(text)),
            Self::File(file) => file.read(),
        }
    }

    /// Says whether the bytes may change.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

impl fmt::Display for Source {
    /// Writes where the text is, as upstream's messages do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("inline"),
            Self::File(file) => write!(f, "file {}", file.path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_is_read_again_only_after_it_changed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let watched = WatchedFile::new(&path);
        let missing = watched.read().unwrap_err().to_string();
        assert_eq!(missing, format!("open {}: no such file or directory", path.display()));
        let write = |text: &str| {
            let mut file = std::fs::File::create(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        write("one");
        let first = watched.read().unwrap();
        assert_eq!(&*first, b"one");
        assert!(Arc::ptr_eq(&first, &watched.read().unwrap()));
        write("longer");
        assert_eq!(&*watched.read().unwrap(), b"longer");
    }
}
