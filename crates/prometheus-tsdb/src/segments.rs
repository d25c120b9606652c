//! The files that a block's chunks are in, and writing such.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use crate::chunk::Encoding;
use crate::cursor::{Cursor, put_uvarint};
use crate::reading::{Source, Sweep};

/// The directory of the files in their block's directory.
pub(crate) const CHUNKS_DIR: &str = "chunks";
const MAGIC: u32 = 0x85BD_40DD;
const VERSION: u8 = 1;
const HEADER_BYTES: u64 = 8;
const CHECKSUM_BYTES: u64 = 4;
/// A number in base 128 of 32 bits has at most so many bytes.
const LENGTH_BYTES_MAX: u64 = 5;
/// The longest file; the next chunk goes to another one.
const FILE_BYTES_MAX: u64 = 512 << 20;
/// So much is gathered before it is written.
const BUFFER_BYTES: usize = 1 << 20;

/// A chunk that was read.
#[derive(Clone, Debug)]
pub(crate) struct ChunkBytes {
    pub(crate) encoding: Encoding,
    pub(crate) data: Arc<[u8]>,
}

/// The files with a block's chunks.
#[derive(Debug)]
pub(crate) struct Segments(Vec<Source>);

impl Segments {
    /// Opens the files of the block in `dir`.
    pub(crate) fn open(fs: &dyn Fs, dir: &Path) -> Result<Self> {
        let dir = dir.join(CHUNKS_DIR);
        let names = fs.list(&dir).map_err(|source| Error::Io {
            operation: "list",
            path: dir.clone(),
            source,
        })?;
        let numbered = names.iter().filter_map(|name| Some((name.parse::<u32>().ok()?, name)));
        let mut numbered: Vec<(u32, &String)> = numbered.collect();
        numbered.sort_unstable();
        let mut sources = Vec::with_capacity(numbered.len());
        for (expected, (number, name)) in (1..).zip(numbered) {
            let source = Source::open(fs, &dir.join(name))?;
            if number != expected {
                return Err(source.corrupt(0, "a file of chunks before this one is missing"));
            }
            let header = source.read(0, HEADER_BYTES)?;
            if header[..4] != MAGIC.to_be_bytes() {
                return Err(source.corrupt(0, "this is no file of chunks"));
            }
            if header[4] != VERSION {
                let (path, version) = (source.path().to_owned(), u32::from(header[4]));
                return Err(Error::UnknownVersion { path, version });
            }
            sources.push(source);
        }
        Ok(Self(sources))
    }

    /// The length of all files.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.0.iter().map(Source::size_bytes).sum()
    }

    /// The chunks at `places`, which ascend.
    pub(crate) fn read(&self, places: &[u64]) -> Result<Vec<ChunkBytes>> {
        let mut chunks = Vec::with_capacity(places.len());
        for places in places.chunk_by(|a, b| a >> 32 == b >> 32) {
            let file = usize::try_from(places[0] >> 32).ok().and_then(|at| self.0.get(at));
            let Some(source) = file else {
                let path = self.0.last().map(|source| source.path().to_owned());
                let (path, offset) = (path.unwrap_or_default(), places[0] >> 32);
                return Err(Error::Corrupt { path, offset, what: "a file of chunks is missing" });
            };
            let mut sweep = Sweep::new(source, source.size_bytes());
            for at in 0..places.len() {
                sweep.seek(places[at..].iter().map(|place| place & u64::from(u32::MAX)))?;
                chunks.push(read_chunk(source, &mut sweep, places[at] & u64::from(u32::MAX))?);
            }
        }
        Ok(chunks)
    }
}

fn read_chunk(source: &Source, sweep: &mut Sweep<'_>, offset: u64) -> Result<ChunkBytes> {
    let mut cursor = Cursor::new(sweep.some(offset, LENGTH_BYTES_MAX)?);
    let len = cursor.uvarint().map_err(|fault| fault.within(source.path(), offset))?;
    let start = offset + cursor.at() as u64;
    let bytes = sweep.bytes(start, len.saturating_add(1 + CHECKSUM_BYTES))?;
    let (content, sum) = bytes.split_at(bytes.len() - 4);
    if crc32c::crc32c(content).to_be_bytes() != sum {
        return Err(source.corrupt(offset, "a chunk's checksum does not match"));
    }
    let encoding = Encoding::of(content[0]);
    let encoding = encoding.ok_or_else(|| source.corrupt(start, "a chunk's kind is not known"))?;
    Ok(ChunkBytes { encoding, data: content[1..].into() })
}

/// Writes the files with a new block's chunks.
#[derive(Debug)]
pub(crate) struct SegmentWriter {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    /// How many files there are.
    files: u64,
    open: Option<Arc<dyn File>>,
    buffer: Vec<u8>,
    /// The length of the open file with what is in the buffer.
    at: u64,
}

impl SegmentWriter {
    /// Writes into the block's directory `dir`.
    pub(crate) fn create(fs: Arc<dyn Fs>, dir: &Path) -> Result<Self> {
        let dir = dir.join(CHUNKS_DIR);
        let failed = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { operation, path, source }
        };
        fs.create_dirs(&dir).map_err(failed("create", &dir))?;
        // An attempt at the same block that was cut short may have left more files than this one makes.
        for name in fs.list(&dir).map_err(failed("list", &dir))? {
            let path = dir.join(name);
            fs.remove(&path).map_err(failed("remove", &path))?;
        }
        Ok(Self { fs, dir, files: 0, open: None, buffer: Vec::new(), at: 0 })
    }

    /// Appends a chunk and returns its place.
    pub(crate) fn append(&mut self, encoding: Encoding, data: &[u8]) -> Result<u64> {
        let entry_max = data.len() as u64 + LENGTH_BYTES_MAX + 1 + CHECKSUM_BYTES;
        if self.open.is_none() || self.at + entry_max > FILE_BYTES_MAX {
            self.close()?;
            self.start()?;
        }
        let place = (self.files - 1) << 32 | self.at;
        let before = self.buffer.len();
        put_uvarint(&mut self.buffer, data.len() as u64);
        let content = self.buffer.len();
        self.buffer.push(encoding.byte());
        self.buffer.extend_from_slice(data);
        let sum = crc32c::crc32c(&self.buffer[content..]);
        self.buffer.extend_from_slice(&sum.to_be_bytes());
        self.at += (self.buffer.len() - before) as u64;
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(place)
    }

    fn path(&self) -> PathBuf {
        self.dir.join(format!("{:06}", self.files))
    }

    fn start(&mut self) -> Result<()> {
        self.files += 1;
        let file = self.fs.create(&self.path());
        self.open = Some(file.map_err(|source| self.failed("create", source))?);
        self.buffer.extend_from_slice(&MAGIC.to_be_bytes());
        self.buffer.extend_from_slice(&[VERSION, 0, 0, 0]);
        self.at = HEADER_BYTES;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if let Some(file) = &self.open {
            file.append(&self.buffer).map_err(|source| self.failed("write", source))?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.flush()?;
        if let Some(file) = self.open.take() {
            file.sync_data().map_err(|source| self.failed("sync", source))?;
        }
        Ok(())
    }

    /// Makes everything durable.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.close()?;
        self.fs.sync_dir(&self.dir).map_err(|source| Error::Io {
            operation: "sync",
            path: self.dir.clone(),
            source,
        })
    }

    fn failed(&self, operation: &'static str, source: std::io::Error) -> Error {
        Error::Io { operation, path: self.path(), source }
    }
}
