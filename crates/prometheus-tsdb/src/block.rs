//! A block: two hours or more of samples, in a directory named by a ULID.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use regain_model::{Labels, Matcher, Span, Timestamp};
use regain_storage::fs::Fs;
use regain_storage::{Ctx, Error, Result};

use crate::chunk::{Encoding, decode, sample_count};
use crate::index::{ChunkMeta, Index};
use crate::matching::matching;
use crate::meta::{META_FILE, Meta};
use crate::reading::Source;
use crate::sample::Samples;
use crate::segments::Segments;
use crate::tombstones::{TOMBSTONES_FILE, Tombstones};

/// A block that is open for reading.
#[derive(Debug)]
pub struct Block {
    pub(crate) dir: PathBuf,
    pub(crate) meta: Meta,
    pub(crate) index: Arc<Index>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) tombstones: Arc<Tombstones>,
    /// The length of what it says about itself and of what is deleted of it.
    small_bytes: u64,
    /// Whether something in it is known to be damaged.
    is_damaged: Arc<AtomicBool>,
}

impl Block {
    /// Opens the block in `dir`.
    pub fn open(fs: &dyn Fs, dir: &Path) -> Result<Self> {
        let mut meta = Meta::read(fs, dir)?;
        let index = Index::open(fs, dir)?;
        let segments = Segments::open(fs, dir)?;
        let tombstones = Tombstones::read(fs, dir)?;
        // Whoever stops between the two files has counted before.
        meta.stats.num_tombstones = tombstones.count() as u64;
        let small = |name: &str| match Source::open(fs, &dir.join(name)) {
            Ok(source) => Ok(source.size_bytes()),
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        };
        let small_bytes = small(META_FILE)? + small(TOMBSTONES_FILE)?;
        Ok(Self {
            dir: dir.to_owned(),
            meta,
            index: Arc::new(index),
            segments: Arc::new(segments),
            tombstones: Arc::new(tombstones),
            small_bytes,
            is_damaged: Arc::default(),
        })
    }

    /// What the block says about itself.
    pub const fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The length of all its files.
    pub fn size_bytes(&self) -> u64 {
        self.index.size_bytes() + self.segments.size_bytes() + self.small_bytes
    }

    /// The names of all labels, in order.
    pub fn label_names(&self) -> Vec<&str> {
        self.index.label_names()
    }

    /// The series that satisfy `matchers`, in the order of their labels.
    pub fn series(&self, matchers: &[Matcher], ctx: &Ctx) -> Result<Vec<BlockSeries>> {
        let references = matching(&*self.index, matchers, ctx)?;
        let series = self.index.series(&references)?.into_iter();
        Ok(series.map(|one| BlockSeries { labels: one.labels, chunks: one.chunks }).collect())
    }

    /// What the chunks of a series are like, in their order.
    pub fn chunks(&self, series: &BlockSeries) -> Result<Vec<ChunkStats>> {
        let mut places: Vec<u64> = series.chunks.iter().map(|chunk| chunk.place).collect();
        places.sort_unstable();
        let mut samples = Samples::default();
        let chunks = self.segments.read(&places)?.into_iter().map(|chunk| {
            let fault = |fault: crate::fault::Fault| fault.within(&self.dir, 0);
            let mut buckets = 0;
            if chunk.encoding.is_histogram() {
                samples.clear();
                decode(chunk.encoding, &chunk.data, &mut samples).map_err(fault)?;
                buckets = samples.histograms.iter().map(crate::sample::Native::buckets).sum();
            }
            let count = sample_count(chunk.encoding, &chunk.data).map_err(fault)?;
            let bytes = chunk.data.len();
            Ok(ChunkStats { encoding: chunk.encoding, samples: count.into(), bytes, buckets })
        });
        chunks.collect()
    }

    /// The same block with other tombstones, which `meta` counts. Both files together have `small_bytes`.
    pub(crate) fn with_tombstones(
        &self,
        tombstones: Tombstones,
        meta: Meta,
        small_bytes: u64,
    ) -> Self {
        Self {
            dir: self.dir.clone(),
            meta,
            index: Arc::clone(&self.index),
            segments: Arc::clone(&self.segments),
            tombstones: Arc::new(tombstones),
            small_bytes,
            is_damaged: Arc::clone(&self.is_damaged),
        }
    }

    /// The times that it may have samples of.
    pub(crate) fn span(&self) -> Span {
        self.meta.span()
    }

    /// Whether something in it is known to be damaged. The rest of it serves; it is not merged, so that nothing of
    /// it goes that somebody may mend.
    pub(crate) fn is_damaged(&self) -> bool {
        // Ordering: the flag guards no other memory.
        self.is_damaged.load(Ordering::Relaxed)
    }

    /// Takes note of damage.
    pub(crate) fn set_damaged(&self) {
        // Ordering: the flag guards no other memory.
        self.is_damaged.store(true, Ordering::Relaxed);
    }
}

/// A series of a block.
#[derive(Clone, Debug)]
pub struct BlockSeries {
    /// Its labels.
    pub labels: Labels,
    chunks: Vec<ChunkMeta>,
}

impl BlockSeries {
    /// From the first time of its first chunk to the last of its last one.
    pub fn span(&self) -> Option<Span> {
        let (first, last) = (self.chunks.first()?, self.chunks.last()?);
        Some(Span::new(Timestamp(first.min), Timestamp(last.max)))
    }
}

/// What a chunk is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkStats {
    /// What it holds.
    pub encoding: Encoding,
    /// The number of its samples.
    pub samples: usize,
    /// The length of its data.
    pub bytes: usize,
    /// The buckets of all its histograms.
    pub buckets: usize,
}
