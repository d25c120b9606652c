//! The file-system seam: what a store does with files, as a trait.
//!
//! Stores reach files only through [`Fs`] and [`File`], so that tests can fail a write, cut the
//! power or stop at any operation ([`MemFs`]), and so that a failing disk is an error value and
//! never a signal.
//!
//! **Invariants.** Files are written by appending only. Bytes are durable after `sync_data`, names
//! (of new, renamed and removed files) after `sync_dir` of their directory.

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

mod frozen;
mod mem;
mod real;

pub use frozen::FrozenFs;
pub use mem::MemFs;
pub use real::RealFs;

/// A file system as a store needs it.
pub trait Fs: Send + Sync + Debug {
    /// Creates the directory and its parents where they are missing, durably.
    fn create_dirs(&self, path: &Path) -> io::Result<()>;

    /// Opens a file for reading.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Creates an empty file for appending, in place of one that may be there.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Opens an existing file for reading and appending.
    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn File>>;

    /// Gives a file, or a directory with all that is in it, another name in the same file system, in place of one that may be there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory with all that is in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// The names of the files in a directory, sorted; directories are left out.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// The names of the directories in a directory, sorted.
    fn list_dirs(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Locks a file for this process, or fails with [`io::ErrorKind::WouldBlock`] when another one
    /// holds it. The lock ends when the value is dropped.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn FileLock>>;
}

/// An open file.
pub trait File: Send + Sync + Debug {
    /// Fills `bytes` from `offset`, or fails with [`io::ErrorKind::UnexpectedEof`].
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;

    /// Writes all of `bytes` at the end. After an error any part of them may be there.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Makes the bytes durable.
    fn sync_data(&self) -> io::Result<()>;

    /// The length in bytes.
    fn size_bytes(&self) -> io::Result<u64>;
}

/// A lock on a file, held until it is dropped.
pub trait FileLock: Send + Sync + Debug {}

#[cfg(test)]
mod tests;
