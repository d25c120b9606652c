//! Where the files are, how they begin, and whole-file reads.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use crate::wire::Cursor;

/// The bytes before the content of every file: eight of magic, the version, their CRC-32C.
pub(crate) const HEADER_BYTES: usize = 16;

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Wal,
    SeriesLog,
    Segment,
    Deletes,
    Archive,
    Cardinality,
    Manifest,
}

impl Kind {
    const fn magic(self) -> [u8; 8] {
        match self {
            Self::Wal => *b"RgnWal\r\n",
            Self::SeriesLog => *b"RgnSer\r\n",
            Self::Segment => *b"RgnSeg\r\n",
            Self::Deletes => *b"RgnDel\r\n",
            Self::Archive => *b"RgnArc\r\n",
            Self::Cardinality => *b"RgnCar\r\n",
            Self::Manifest => *b"RgnMan\r\n",
        }
    }

    /// The version of the format that is written.
    const fn version(self) -> u32 {
        match self {
            Self::Deletes | Self::Cardinality => 1,
            Self::Wal | Self::SeriesLog | Self::Archive => 2,
            Self::Manifest => 3,
            Self::Segment => 4,
        }
    }

    /// The oldest version that is read; what came later was only added.
    const fn oldest(self) -> u32 {
        match self {
            Self::Segment => 3,
            Self::Archive => 1,
            _ => self.version(),
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Wal => "wal",
            Self::SeriesLog => "series",
            Self::Segment => "segment",
            Self::Deletes => "deletes",
            Self::Archive => "archive",
            Self::Cardinality => "cardinality",
            Self::Manifest => "manifest",
        }
    }

    /// The first bytes of a file of this kind.
    pub(crate) fn header(self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(&self.magic());
        header[8..12].copy_from_slice(&self.version().to_le_bytes());
        let crc = crc32c::crc32c(&header[..12]);
        header[12..].copy_from_slice(&crc.to_le_bytes());
        header
    }

    /// Whether `bytes`, read from `path`, begin as a file of this kind. A whole header of another
    /// version is an error and not damage: nobody may guess at what follows.
    pub(crate) fn check(self, path: &Path, bytes: &[u8]) -> Result<bool> {
        let whole = bytes.get(..HEADER_BYTES).and_then(checked);
        let Some(rest) = whole.and_then(|header| header.0.strip_prefix(&self.magic())) else {
            return Ok(false);
        };
        match Cursor(rest).u32() {
            Some(version) if (self.oldest()..=self.version()).contains(&version) => Ok(true),
            version => {
                let version = version.unwrap_or_default();
                Err(Error::UnknownVersion { path: path.to_owned(), version })
            }
        }
    }
}

/// The paths of a store's files.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    data: PathBuf,
    own: PathBuf,
}

impl Layout {
    pub(crate) fn new(data: &Path) -> Self {
        Self { data: data.to_owned(), own: data.join("regain") }
    }

    /// The directory that holds Regain's own.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Regain's own directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.own
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.data.join("lock")
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.own.join("manifest")
    }

    pub(crate) fn manifest_tmp(&self) -> PathBuf {
        self.own.join("manifest.tmp")
    }

    pub(crate) fn cardinality(&self) -> PathBuf {
        self.own.join("cardinality")
    }

    pub(crate) fn cardinality_tmp(&self) -> PathBuf {
        self.own.join("cardinality.tmp")
    }

    /// A file that takes up room for the day on which there is none.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.own.join("reserve")
    }

    /// A file that proves that there is room.
    pub(crate) fn room(&self) -> PathBuf {
        self.own.join("room.tmp")
    }

    pub(crate) fn file(&self, kind: Kind, number: u64) -> PathBuf {
        self.own.join(format!("{number:08}.{}", kind.extension()))
    }

    pub(crate) fn tmp(&self, kind: Kind, number: u64) -> PathBuf {
        self.own.join(format!("{number:08}.{}.tmp", kind.extension()))
    }

    /// The kind and number that a file name stands for.
    pub(crate) fn parse(name: &str) -> Option<(Kind, u64)> {
        let (number, extension) = name.split_once('.')?;
        let kinds = [Kind::Wal, Kind::SeriesLog, Kind::Segment, Kind::Deletes, Kind::Archive];
        let kind = kinds.into_iter().find(|kind| kind.extension() == extension)?;
        Some((kind, number.parse().ok()?))
    }
}

/// The name under which a damaged file is kept for whoever wants to look at it.
pub(crate) fn set_aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    name.into()
}

/// Turns an operating system's answer into the store's error.
pub(crate) fn io_error(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }
}

/// The error for bytes that break their format.
pub(crate) fn corrupt(path: &Path, offset: u64, what: &'static str) -> Error {
    Error::Corrupt { path: path.to_owned(), offset, what }
}

/// Gives a file its name once `write` has made it durable under a temporary one.
pub(crate) fn publish(
    (fs, layout): (&dyn Fs, &Layout),
    (kind, number): (Kind, u64),
    write: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let tmp = layout.tmp(kind, number);
    let written = write(&tmp).and_then(|()| {
        let path = layout.file(kind, number);
        fs.rename(&tmp, &path).map_err(io_error("rename", &tmp))?;
        fs.sync_dir(layout.dir()).map_err(io_error("sync", layout.dir()))
    });
    // A full disk needs the room, and what cannot be removed now goes at the next start.
    written.inspect_err(|_| fs.remove(&tmp).unwrap_or_default())
}

/// Creates a file that begins with the header of `kind`.
pub(crate) fn create(fs: &dyn Fs, path: &Path, kind: Kind) -> Result<Arc<dyn File>> {
    let file = fs.create(path).map_err(io_error("create", path))?;
    file.append(&kind.header()).map_err(io_error("write", path))?;
    Ok(file)
}

/// All bytes of a file.
pub(crate) fn read_all(fs: &dyn Fs, path: &Path) -> Result<Vec<u8>> {
    let file = fs.open(path).map_err(io_error("open", path))?;
    let size = file.size_bytes().map_err(io_error("read", path))?;
    let size = usize::try_from(size).map_err(|_| corrupt(path, 0, "a size that fits memory"))?;
    let mut bytes = vec![0; size];
    file.read_at(0, &mut bytes).map_err(io_error("read", path))?;
    Ok(bytes)
}

/// The content of a section that ends with its CRC-32C.
pub(crate) fn checked(bytes: &[u8]) -> Option<Cursor<'_>> {
    let (content, crc) = bytes.split_last_chunk::<4>()?;
    (crc32c::crc32c(content).to_le_bytes() == *crc).then_some(Cursor(content))
}
