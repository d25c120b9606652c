//! Exporting: the samples of any store, as blocks of two hours that Prometheus and Thanos open.
//!
//! A block's name says which store and which time it was made of, and Prometheus keeps the names of
//! the blocks that it merges. So an export that was cut short, or is done again when there is more, goes
//! on where the one before has ended, and never writes the same time twice.

mod present;

use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashSet;
use regain_model::{KeySeed, SeriesKey, Span, Timestamp};
use regain_storage::fs::Fs;
use regain_storage::{Batch, Ctx, Error, Queryable, Selection};

use self::present::Present;
use crate::block::Block;
use crate::names;
use crate::stored::write_stored;
use crate::ulid::Ulid;
use crate::windows::{WINDOW_MS, windows};
use crate::writer::{BlockOptions, BlockWriter, WriteError};

/// Where blocks go, and what they are.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The data directory that gets the blocks.
    pub root: PathBuf,
    /// Tells the store from others ([`origin_of`](crate::origin_of)): what the same one has exported before is not written again.
    pub origin: u32,
    /// Whether start timestamps are written. Only Prometheus since 3.14 reads them.
    pub with_starts: bool,
}

/// Why an export fails. Blocks that are finished stay, and the next attempt goes on behind them.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store, or a file of the target, could not be read.
    #[error(transparent)]
    Storage(#[from] Error),
    /// A block could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A block of another origin holds samples of a time that is to be written. Nothing was written.
    #[error(
        "block {ulid} is not from this store and covers the time from {min_time} to {max_time}, of \
         which the store has samples too: they would be there twice"
    )]
    Overlap {
        /// The block.
        ulid: Ulid,
        /// Its first time.
        min_time: i64,
        /// The time behind its last one.
        max_time: i64,
    },
    /// Late samples came to a time that was exported before.
    #[error(
        "the store has {more} samples more than block {ulid}, which an earlier export has written: \
         remove that block, so that it is written anew"
    )]
    Grown {
        /// The block.
        ulid: Ulid,
        /// How many samples it lacks.
        more: u64,
    },
    /// The caller wanted no more.
    #[error("the export was stopped")]
    Stopped,
}

/// How far an export has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportProgress {
    /// The windows that are done.
    pub windows_done: u64,
    /// All windows.
    pub windows: u64,
    /// The samples that were written.
    pub samples: u64,
}

/// What an export has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The series that were written, each counted once.
    pub series: u64,
    /// The samples that were written.
    pub samples: u64,
    /// The blocks that were written.
    pub blocks: u64,
    /// The length of their files.
    pub bytes: u64,
    /// Windows whose samples were there before.
    pub windows_skipped: u64,
    /// What the store could not give, such as parts of damaged files.
    pub warnings: Vec<String>,
}

/// Writes the samples of `store` in `span` to blocks, window by window. `go_on` is told how far it is
/// and says whether to go on.
///
/// Each window is asked for by itself, so that a store which is written to meanwhile need not hold on to
/// more than that. Only one window's index is in memory, and the samples of one part.
pub fn export(
    store: &dyn Queryable,
    span: Span,
    fs: &Arc<dyn Fs>,
    options: &ExportOptions,
    go_on: &mut dyn FnMut(ExportProgress) -> bool,
) -> Result<Exported, ExportError> {
    let present = Present::read(fs.as_ref(), &options.root, options.origin)?;
    let mut export = Export {
        source: Source { store, warnings: Vec::new() },
        fs,
        options,
        go_on,
        progress: ExportProgress { windows: windows(span).count() as u64, ..Default::default() },
        done: Exported::default(),
        met: HashSet::new(),
    };
    for window in windows(span) {
        export.check_overlap(&present, clip(window, span))?;
    }
    for window in windows(span) {
        // Whole windows have the range that Prometheus gives its blocks; the last one may grow yet.
        let window = Span::new(window.min, window.max.min(span.max));
        for (ulid, samples, span) in present.own_in(window) {
            let more = export.source.count(span)?.saturating_sub(samples);
            if more > 0 {
                return Err(ExportError::Grown { ulid, more });
            }
        }
        match present.missing(window) {
            Some(missing) => export.write(missing)?,
            None => export.done.windows_skipped += 1,
        }
        export.progress.windows_done += 1;
        export.report()?;
    }
    export.done.series = export.met.len() as u64;
    export.done.warnings = export.source.warnings;
    export.done.warnings.sort_unstable();
    export.done.warnings.dedup();
    Ok(export.done)
}

fn clip(window: Span, span: Span) -> Span {
    Span::new(window.min.max(span.min), window.max.min(span.max))
}

/// An export under way.
struct Export<'a> {
    source: Source<'a>,
    fs: &'a Arc<dyn Fs>,
    options: &'a ExportOptions,
    go_on: &'a mut dyn FnMut(ExportProgress) -> bool,
    progress: ExportProgress,
    done: Exported,
    met: HashSet<SeriesKey>,
}

impl Export<'_> {
    fn report(&mut self) -> Result<(), ExportError> {
        if (self.go_on)(self.progress) { Ok(()) } else { Err(ExportError::Stopped) }
    }

    /// Fails when a block that this store has not made holds a time that is to be written.
    fn check_overlap(&mut self, present: &Present, window: Span) -> Result<(), ExportError> {
        let Some(missing) = present.missing(window) else { return Ok(()) };
        for meta in present.foreign_in(missing) {
            let last = Timestamp(meta.max_time.saturating_sub(1));
            let both = clip(missing, Span::new(Timestamp(meta.min_time), last));
            if self.source.has_samples(both)? {
                let (min_time, max_time) = (meta.min_time, meta.max_time);
                return Err(ExportError::Overlap { ulid: meta.ulid, min_time, max_time });
            }
        }
        Ok(())
    }

    /// Writes the block of `span`, where there are samples.
    fn write(&mut self, span: Span) -> Result<(), ExportError> {
        let ctx = Arc::new(Ctx::default());
        let (fs, options, store) = (self.fs, self.options, self.source.store);
        let begin = || Ok(begin(fs, options, span)?);
        let writer = write_stored(store, span, &ctx, begin, &mut |labels, samples| {
            self.met.insert(SeriesKey::of_labels(KeySeed(0), labels));
            self.progress.samples += samples.len() as u64;
            self.report()
        })?;
        self.source.warnings.extend(ctx.warnings.to_vec());
        let range = (span.min.0, span.max.0.saturating_add(1));
        let Some(meta) = writer.map(|writer| writer.finish(Some(range))).transpose()?.flatten()
        else {
            return Ok(());
        };
        let path = self.options.root.join(meta.ulid.to_string());
        self.done.bytes += Block::open(self.fs.as_ref(), &path)?.size_bytes();
        self.done.blocks += 1;
        self.done.samples += meta.stats.num_samples;
        Ok(())
    }
}

fn begin(fs: &Arc<dyn Fs>, options: &ExportOptions, span: Span) -> Result<BlockWriter, WriteError> {
    let ExportOptions { root, origin, with_starts } = options;
    let ulid = names::exported(*origin, span);
    let options = BlockOptions { ulid, range_ms: WINDOW_MS, with_starts: *with_starts };
    BlockWriter::create(Arc::clone(fs), root, options)
}

/// What is exported.
struct Source<'a> {
    store: &'a dyn Queryable,
    warnings: Vec<String>,
}

impl Source<'_> {
    fn has_samples(&self, span: Span) -> Result<bool, Error> {
        Ok(self.count_until(span, 1)? > 0)
    }

    fn count(&self, span: Span) -> Result<u64, Error> {
        self.count_until(span, u64::MAX)
    }

    /// Counts the samples in `span`, and stops when there are `enough`.
    fn count_until(&self, span: Span, enough: u64) -> Result<u64, Error> {
        let ctx = Arc::new(Ctx::default());
        let snapshot = self.store.snapshot(span, &ctx)?;
        let mut parts = snapshot.select(&Selection::new(&[], span), &ctx)?;
        let (mut batch, mut count) = (Batch::default(), 0);
        while count < enough
            && let Some(mut part) = parts.next()?
        {
            let series = part.series().len();
            part.decode(0..series, &mut batch)?;
            count += batch.runs.iter().map(|run| run.floats.len() as u64).sum::<u64>();
        }
        Ok(count)
    }
}
