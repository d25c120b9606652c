//! Writing a block that Prometheus and Thanos open.
//!
//! A block grows in a directory with a name that is none of a block's; when everything is durable, it
//! gets its name. Whatever stops in between leaves something that every Prometheus removes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::Labels;
use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use crate::chunk::Encoding;
use crate::cut::{Chunk, Cutter};
use crate::index::{ChunkMeta, INDEX_FILE, IndexBuilder, IndexWriter, Sink, TooLong};
use crate::meta::{Compaction, META_FILE, Meta};
use crate::sample::Samples;
use crate::segments::SegmentWriter;
use crate::tombstones::{TOMBSTONES_FILE, Tombstones};
use crate::ulid::Ulid;

/// What is behind a block's name while it is written.
pub(crate) const UNFINISHED: &str = ".tmp-for-creation";
/// What is behind a file's name while another one is written that takes its place.
const REPLACING: &str = ".tmp";
/// So much of the index is gathered before it is written.
const BUFFER_BYTES: usize = 1 << 20;

/// What a block can fail at, beside what files fail at.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file could not be written.
    #[error(transparent)]
    Storage(#[from] Error),
    /// The index is longer than its format allows.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Series must come in the order of their labels, each once.
    #[error("series {labels} does not come after the one before it")]
    OutOfOrder {
        /// The series that came too late.
        labels: Labels,
    },
    /// The samples of a series must come in the order of their times, each once.
    #[error("series {labels} has a sample at {time} that is not newer than the one before it")]
    SampleOutOfOrder {
        /// The series.
        labels: Labels,
        /// The time of the sample that came too late.
        time: i64,
    },
}

/// How a block is written.
#[derive(Clone, Copy, Debug)]
pub struct BlockOptions {
    /// Its name.
    pub ulid: Ulid,
    /// Chunks end with each of these ranges of time, in milliseconds.
    pub range_ms: i64,
    /// Whether start timestamps are written. Only Prometheus since 3.14 reads them.
    pub with_starts: bool,
}

/// A block under construction.
#[derive(Debug)]
pub struct BlockWriter {
    fs: Arc<dyn Fs>,
    root: PathBuf,
    options: BlockOptions,
    segments: SegmentWriter,
    index: GrowingIndex,
    meta: Meta,
    newest: Option<Labels>,
}

#[derive(Debug)]
enum GrowingIndex {
    /// In memory, as long as not all symbols are known.
    Gathered(IndexBuilder),
    Written(Box<IndexWriter<NewFile>>),
}

/// A chunk that goes into a block as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WholeChunk<'a> {
    pub(crate) encoding: Encoding,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) samples: u16,
    pub(crate) data: &'a [u8],
}

impl<'a> From<&'a Chunk> for WholeChunk<'a> {
    fn from(chunk: &'a Chunk) -> Self {
        let &Chunk { encoding, min, max, samples, ref data } = chunk;
        Self { encoding, min, max, samples, data }
    }
}

impl BlockWriter {
    /// Starts a block in the data directory `root`.
    pub fn create(
        fs: Arc<dyn Fs>,
        root: &Path,
        options: BlockOptions,
    ) -> std::result::Result<Self, WriteError> {
        let segments = SegmentWriter::create(Arc::clone(&fs), &unfinished(root, options.ulid))?;
        let meta = Meta::new(options.ulid, i64::MAX, i64::MIN);
        let index = GrowingIndex::Gathered(IndexBuilder::default());
        Ok(Self { fs, root: root.to_owned(), options, segments, index, meta, newest: None })
    }

    /// Starts a block whose texts are all among `symbols`, which are in order, each once. Such a one needs
    /// no memory for its chunks.
    pub(crate) fn with_symbols(
        fs: Arc<dyn Fs>,
        root: &Path,
        options: BlockOptions,
        symbols: Vec<Box<str>>,
    ) -> std::result::Result<Self, WriteError> {
        let mut writer = Self::create(fs, root, options)?;
        let path = unfinished(root, options.ulid).join(INDEX_FILE);
        let file = NewFile::create(writer.fs.as_ref(), &path)?;
        writer.index = GrowingIndex::Written(Box::new(IndexWriter::start(file, symbols)?));
        Ok(writer)
    }

    /// Adds a series with its samples. Series come in the order of their labels.
    pub fn add(
        &mut self,
        labels: &Labels,
        samples: &Samples,
    ) -> std::result::Result<(), WriteError> {
        self.check_order(labels)?;
        if samples.is_empty() {
            return Ok(());
        }
        let chunks = self.cut(labels, samples)?;
        self.add_chunks(labels, chunks.iter().map(WholeChunk::from))
    }

    fn check_order(&mut self, labels: &Labels) -> std::result::Result<(), WriteError> {
        if self.newest.as_ref().is_some_and(|newest| newest >= labels) {
            return Err(WriteError::OutOfOrder { labels: labels.clone() });
        }
        self.newest = Some(labels.clone());
        Ok(())
    }

    /// The samples of a series in chunks.
    pub(crate) fn cut(
        &self,
        labels: &Labels,
        samples: &Samples,
    ) -> std::result::Result<Vec<Chunk>, WriteError> {
        let mut cutter = Cutter::new(self.options.range_ms);
        if self.options.with_starts && samples.starts.iter().any(|&start| start != 0) {
            cutter.keep_starts();
        }
        for at in 0..samples.len() {
            let time = samples.times[at];
            if cutter.newest().is_some_and(|newest| newest >= time) {
                return Err(WriteError::SampleOutOfOrder { labels: labels.clone(), time });
            }
            cutter.push(time, samples.starts[at], samples.value(at));
        }
        Ok(cutter.finish())
    }

    /// Adds a series with chunks that follow one another, at least one.
    pub(crate) fn add_whole<'a>(
        &mut self,
        labels: &Labels,
        chunks: impl IntoIterator<Item = WholeChunk<'a>>,
    ) -> std::result::Result<(), WriteError> {
        self.check_order(labels)?;
        self.add_chunks(labels, chunks)
    }

    fn add_chunks<'a>(
        &mut self,
        labels: &Labels,
        chunks: impl IntoIterator<Item = WholeChunk<'a>>,
    ) -> std::result::Result<(), WriteError> {
        let stats = &mut self.meta.stats;
        let mut metas = Vec::new();
        for chunk in chunks {
            let place = self.segments.append(chunk.encoding, chunk.data)?;
            metas.push(ChunkMeta { min: chunk.min, max: chunk.max, place });
            self.meta.min_time = self.meta.min_time.min(chunk.min);
            // A block's range ends behind its last sample.
            self.meta.max_time = self.meta.max_time.max(chunk.max.saturating_add(1));
            let samples = u64::from(chunk.samples);
            stats.num_samples += samples;
            if chunk.encoding.is_histogram() {
                stats.num_histogram_samples += samples;
            } else {
                stats.num_float_samples += samples;
            }
            stats.num_chunks += 1;
        }
        stats.num_series += 1;
        match &mut self.index {
            GrowingIndex::Gathered(index) => index.add(labels, metas),
            GrowingIndex::Written(index) => index.add(labels, &metas)?,
        }
        Ok(())
    }

    /// Says where the block comes from.
    pub(crate) fn set_compaction(&mut self, compaction: Compaction) {
        self.meta.compaction = compaction;
    }

    /// Whether nothing was added.
    pub(crate) const fn is_empty(&self) -> bool {
        self.meta.stats.num_samples == 0
    }

    /// Makes it a block of the data directory. Its times are those of its samples, or the `range`
    /// that it was cut for. Without any sample there is none.
    pub fn finish(
        self,
        range: Option<(i64, i64)>,
    ) -> std::result::Result<Option<Meta>, WriteError> {
        let Self { fs, root, options, segments, index, mut meta, .. } = self;
        let dir = unfinished(&root, options.ulid);
        segments.finish()?;
        if meta.stats.num_samples == 0 {
            return Ok(None);
        }
        if let Some((min, max)) = range {
            (meta.min_time, meta.max_time) = (min, max);
        }
        let file = match index {
            GrowingIndex::Gathered(index) => {
                index.write(NewFile::create(fs.as_ref(), &dir.join(INDEX_FILE))?)?
            }
            GrowingIndex::Written(index) => index.finish()?,
        };
        file.finish()?;
        for (name, bytes) in
            [(TOMBSTONES_FILE, Tombstones::default().encode()), (META_FILE, meta.to_json())]
        {
            let mut file = NewFile::create(fs.as_ref(), &dir.join(name))?;
            file.put(&bytes)?;
            file.finish()?;
        }
        fs.sync_dir(&dir).map_err(failed("sync", &dir))?;
        let name = root.join(options.ulid.to_string());
        fs.rename(&dir, &name).map_err(failed("rename", &dir))?;
        fs.sync_dir(&root).map_err(failed("sync", &root))?;
        Ok(Some(meta))
    }
}

/// Where a block grows.
pub(crate) fn unfinished(root: &Path, ulid: Ulid) -> PathBuf {
    root.join(format!("{ulid}{UNFINISHED}"))
}

/// Puts these bytes in the place of the file `name` of the block in `dir`, durably.
pub(crate) fn replace_file(fs: &dyn Fs, dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let (path, tmp) = (dir.join(name), dir.join(format!("{name}{REPLACING}")));
    let replace = || {
        let file = fs.create(&tmp).map_err(failed("create", &tmp))?;
        file.append(bytes).map_err(failed("write", &tmp))?;
        file.sync_data().map_err(failed("sync", &tmp))?;
        fs.rename(&tmp, &path).map_err(failed("rename", &tmp))
    };
    if let Err(error) = replace() {
        // A full disk wants its bytes back; why it failed says more than that this fails, too.
        drop(fs.remove(&tmp));
        return Err(error);
    }
    fs.sync_dir(dir).map_err(failed("sync", dir))
}

/// What an operation on a file or directory has failed with.
pub(crate) fn failed(
    operation: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }
}

/// A file that is written from front to back.
#[derive(Debug)]
struct NewFile {
    path: PathBuf,
    file: Arc<dyn File>,
    buffer: Vec<u8>,
}

impl NewFile {
    fn create(fs: &dyn Fs, path: &Path) -> Result<Self> {
        let error = |source| Error::Io { operation: "create", path: path.to_owned(), source };
        let file = fs.create(path).map_err(error)?;
        Ok(Self { path: path.to_owned(), file, buffer: Vec::new() })
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.file.append(&self.buffer);
        self.buffer.clear();
        written.map_err(|source| self.failed("write", source))
    }

    fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.file.sync_data().map_err(|source| self.failed("sync", source))
    }

    fn failed(&self, operation: &'static str, source: std::io::Error) -> Error {
        Error::Io { operation, path: self.path.clone(), source }
    }
}

impl Sink for NewFile {
    type Error = WriteError;

    fn put(&mut self, bytes: &[u8]) -> std::result::Result<(), WriteError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(())
    }
}
