//! Writing a block that Prometheus and Thanos open.
//!
//! A block grows in a directory with a name that is none of a block's; when everything is durable, it
//! gets its name. Whatever stops in between leaves something that every Prometheus removes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::Labels;
use regain_storage::fs::{File, Fs};
use regain_storage::{Error, Result};

use crate::cut::Cutter;
use crate::index::{ChunkMeta, INDEX_FILE, IndexBuilder, Sink, TooLong};
use crate::meta::{META_FILE, Meta};
use crate::sample::Samples;
use crate::segments::SegmentWriter;
use crate::tombstones::{TOMBSTONES_FILE, Tombstones};
use crate::ulid::Ulid;

/// What is behind a block's name while it is written.
const UNFINISHED: &str = ".tmp-for-creation";
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
    index: IndexBuilder,
    meta: Meta,
    newest: Option<Labels>,
}

impl BlockWriter {
    /// Starts a block in the data directory `root`.
    pub fn create(
        fs: Arc<dyn Fs>,
        root: &Path,
        options: BlockOptions,
    ) -> std::result::Result<Self, WriteError> {
        let dir = unfinished(root, options.ulid);
        let segments = SegmentWriter::create(Arc::clone(&fs), &dir)?;
        let meta = Meta::new(options.ulid, i64::MAX, i64::MIN);
        let (index, newest) = (IndexBuilder::default(), None);
        Ok(Self { fs, root: root.to_owned(), options, segments, index, meta, newest })
    }

    /// Adds a series with its samples. Series come in the order of their labels.
    pub fn add(
        &mut self,
        labels: &Labels,
        samples: &Samples,
    ) -> std::result::Result<(), WriteError> {
        if self.newest.as_ref().is_some_and(|newest| newest >= labels) {
            return Err(WriteError::OutOfOrder { labels: labels.clone() });
        }
        self.newest = Some(labels.clone());
        if samples.is_empty() {
            return Ok(());
        }
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
        let stats = &mut self.meta.stats;
        let mut chunks = Vec::new();
        for chunk in cutter.finish() {
            let place = self.segments.append(chunk.encoding, &chunk.data)?;
            chunks.push(ChunkMeta { min: chunk.min, max: chunk.max, place });
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
        self.index.add(labels, chunks);
        Ok(())
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
        let mut file = NewFile::create(fs.as_ref(), &dir.join(INDEX_FILE))?;
        index.write(&mut file)?;
        file.finish()?;
        for (name, bytes) in
            [(TOMBSTONES_FILE, Tombstones::empty_file()), (META_FILE, meta.to_json())]
        {
            let mut file = NewFile::create(fs.as_ref(), &dir.join(name))?;
            file.put(&bytes)?;
            file.finish()?;
        }
        let failed = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { operation, path, source }
        };
        fs.sync_dir(&dir).map_err(failed("sync", &dir))?;
        let name = root.join(options.ulid.to_string());
        fs.rename(&dir, &name).map_err(failed("rename", &dir))?;
        fs.sync_dir(&root).map_err(failed("sync", &root))?;
        Ok(Some(meta))
    }
}

fn unfinished(root: &Path, ulid: Ulid) -> PathBuf {
    root.join(format!("{ulid}{UNFINISHED}"))
}

/// A file that is written from front to back.
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
