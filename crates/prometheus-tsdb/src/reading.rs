//! Reading files in few large pieces: whoever wants many small entries says where they start, and
//! neighbours come with one read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

/// Entries that lie no further apart than this are read together.
const GAP_BYTES_MAX: u64 = 32 << 10;
/// No more than this is read at once, unless one entry is longer.
const PIECE_BYTES_MAX: u64 = 1 << 20;
/// What is read behind the start of the last entry of a piece, whose length is not known.
const TAIL_BYTES: u64 = 4 << 10;

/// A file that is only read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    path: PathBuf,
    file: Arc<dyn File>,
    size: u64,
}

impl Source {
    pub(crate) fn open(fs: &dyn Fs, path: &Path) -> Result<Self> {
        let error = |source| Error::Io { operation: "read", path: path.to_owned(), source };
        let file = fs.open(path).map_err(error)?;
        let size = file.size_bytes().map_err(error)?;
        Ok(Self { path: path.to_owned(), file, size })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn size_bytes(&self) -> u64 {
        self.size
    }

    /// A fault of this file.
    pub(crate) fn corrupt(&self, offset: u64, what: &'static str) -> Error {
        Error::Corrupt { path: self.path.clone(), offset, what }
    }

    /// The bytes from `offset` on, which must be there.
    pub(crate) fn read(&self, offset: u64, len: u64) -> Result<Vec<u8>> {
        let end = offset.checked_add(len).filter(|end| *end <= self.size);
        let len = usize::try_from(len).ok().filter(|_| end.is_some());
        let len =
            len.ok_or_else(|| self.corrupt(offset, "something lies behind the file's end"))?;
        let mut bytes = vec![0; len];
        self.file.read_at(offset, &mut bytes).map_err(|source| self.failed(source))?;
        Ok(bytes)
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Io { operation: "read", path: self.path.clone(), source }
    }
}

/// A whole file of at most `max` bytes.
pub(crate) fn read_file(fs: &dyn Fs, path: &Path, max: u64) -> Result<Vec<u8>> {
    let source = Source::open(fs, path)?;
    if source.size_bytes() > max {
        return Err(source.corrupt(max, "the file is longer than any of its kind"));
    }
    source.read(0, source.size_bytes())
}

/// Reads entries that start at ascending offsets.
#[derive(Debug)]
pub(crate) struct Sweep<'a> {
    source: &'a Source,
    /// Nothing behind this belongs to the entries.
    end: u64,
    /// The piece that was read last, and where it starts.
    piece: Vec<u8>,
    start: u64,
}

impl<'a> Sweep<'a> {
    pub(crate) const fn new(source: &'a Source, end: u64) -> Self {
        Self { source, end, piece: Vec::new(), start: 0 }
    }

    /// Makes sure that the entry at the first of `offsets` is read, and its neighbours with it.
    pub(crate) fn seek(&mut self, offsets: impl IntoIterator<Item = u64>) -> Result<()> {
        let mut offsets = offsets.into_iter();
        let Some(first) = offsets.next() else { return Ok(()) };
        let read_to = self.start + self.piece.len() as u64;
        if self.start <= first && first.saturating_add(TAIL_BYTES) <= read_to {
            return Ok(());
        }
        let mut last = first;
        for offset in offsets {
            if offset < last || offset - last > GAP_BYTES_MAX || offset - first > PIECE_BYTES_MAX {
                break;
            }
            last = offset;
        }
        let end = last.saturating_add(TAIL_BYTES).min(self.end);
        let len = end.checked_sub(first).filter(|len| *len > 0);
        let len = len.ok_or_else(|| self.source.corrupt(first, "an entry lies behind the end"))?;
        self.piece = self.source.read(first, len)?;
        self.start = first;
        Ok(())
    }

    /// `len` bytes from `offset` on.
    pub(crate) fn bytes(&mut self, offset: u64, len: u64) -> Result<&[u8]> {
        let end = offset.checked_add(len).filter(|end| *end <= self.end);
        let end = end.ok_or_else(|| self.source.corrupt(offset, "an entry ends behind the end"))?;
        let read_to = self.start + self.piece.len() as u64;
        if offset < self.start || end > read_to {
            self.piece = self.source.read(offset, len)?;
            self.start = offset;
        }
        let place = |at: u64| usize::try_from(at - self.start).expect("the piece is in memory");
        Ok(&self.piece[place(offset)..place(end)])
    }

    /// Up to `len` bytes from `offset` on, fewer at the end.
    pub(crate) fn some(&mut self, offset: u64, len: u64) -> Result<&[u8]> {
        self.bytes(offset, len.min(self.end.saturating_sub(offset)))
    }
}
