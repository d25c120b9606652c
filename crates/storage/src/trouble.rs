//! What is wrong with the place where a store keeps its files.

use std::fmt;
use std::io;

/// What is wrong with the place where a store keeps its files, as far as it matters to whoever mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no room, or the quota is used up.
    DiskFull,
    /// Nothing may be changed there.
    ReadOnlyDirectory,
    /// Writing fails for another reason, as it does when a disk dies.
    DiskFailure,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DiskFull, Self::ReadOnlyDirectory, Self::DiskFailure];

    /// What an answer of the operating system to a change of files means.
    pub fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Self::ReadOnlyDirectory
            }
            _ => Self::DiskFailure,
        }
    }

    /// Its name in metrics and in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::ReadOnlyDirectory => "read_only_directory",
            Self::DiskFailure => "disk_failure",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DiskFull => "the disk is full",
            Self::ReadOnlyDirectory => "the directory is read-only",
            Self::DiskFailure => "the disk fails",
        })
    }
}
