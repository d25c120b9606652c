//! Where the host's pseudo file systems are, and how their files are read.
//!
//! Files under `/proc` and `/sys` have no size before they are read, and some of them can be faked by
//! whoever mounts over them: every read has a limit.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::CollectError;

/// Is more than `/proc/stat` of a host with thousands of interrupts and CPUs.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Names the roots that the collectors read below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// Is the mount point of procfs.
    pub proc: PathBuf,
    /// Is the mount point of sysfs.
    pub sys: PathBuf,
    /// Is the root of the host's file system.
    pub root: PathBuf,
    /// Is the directory of udev's device database.
    pub udev_data: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            proc: PathBuf::from("/proc"),
            sys: PathBuf::from("/sys"),
            root: PathBuf::from("/"),
            udev_data: PathBuf::from("/run/udev/data"),
        }
    }
}

impl Roots {
    pub(crate) fn proc(&self, name: &str) -> PathBuf {
        self.proc.join(name)
    }

    pub(crate) fn sys(&self, name: &str) -> PathBuf {
        self.sys.join(name)
    }

    /// Places an absolute path of the host below the host's root.
    pub(crate) fn host(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Takes the host's root off a path that this process sees.
    pub(crate) fn strip_root<'a>(&self, path: &'a str) -> &'a str {
        let Some(root) = self.root.to_str().filter(|root| *root != "/") else { return path };
        match path.strip_prefix(root) {
            Some("") => "/",
            Some(stripped) => stripped,
            None => path,
        }
    }

    /// Lists `dir/prefixN…` below sysfs in the order of their names.
    pub(crate) fn sys_numbered(&self, dir: &str, prefix: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.sys(dir)) else { return Vec::new() };
        let mut found: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| {
                path.file_name()
                    .and_then(|name| name.to_str())
                    .and_then(|name| name.strip_prefix(prefix))
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            })
            .collect();
        found.sort();
        found
    }
}

/// Reads a file whole.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, CollectError> {
    let file = File::open(path).map_err(|source| CollectError::read(path, source))?;
    let mut bytes = Vec::with_capacity(4096);
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| CollectError::read(path, source))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(CollectError::TooLarge { path: path.to_path_buf(), limit: MAX_FILE_BYTES });
    }
    Ok(bytes)
}

/// Reads a file whole, as text with every invalid byte replaced.
pub(crate) fn read_text(path: &Path) -> Result<String, CollectError> {
    Ok(String::from_utf8(read_bytes(path)?)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Reads a file that holds one number.
pub(crate) fn read_number(path: &Path) -> Result<u64, CollectError> {
    read_text(path)?.trim().parse().map_err(|_| CollectError::content(path))
}
