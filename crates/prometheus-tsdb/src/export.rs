//! Exporting: the samples of any store, as blocks of two hours that Prometheus and Thanos open.
//!
//! A block's name says which store and which time it was made of, and Prometheus keeps the names of
//! the blocks that it merges. So an export that was cut short, or is done again when there is more, goes
//! on where the one before has ended, and never writes the same time twice.

mod names;
mod present;

use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashSet;
use regain_model::{Histogram, SeriesKey, Span, Timestamp, is_stale};
use regain_storage::fs::Fs;
use regain_storage::{
    Batch, Ctx, Error, Order, Part, Run, Selection, SeriesMeta, Snapshot, histogram_index,
};

use self::present::Present;
use crate::block::Block;
use crate::sample::{Counts, Native, Samples};
use crate::ulid::Ulid;
use crate::windows::{WINDOW_MS, windows};
use crate::writer::{BlockOptions, BlockWriter, WriteError};

/// Where blocks go, and what they are.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The data directory that gets the blocks.
    pub root: PathBuf,
    /// Tells the store from others: what the same one has exported before is not written again.
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

/// Writes the samples of `snapshot` in `span` to blocks, window by window. `go_on` is told how far it is
/// and says whether to go on.
///
/// Only one window's index is in memory, and the samples of one part.
pub fn export(
    snapshot: &dyn Snapshot,
    span: Span,
    fs: &Arc<dyn Fs>,
    options: &ExportOptions,
    go_on: &mut dyn FnMut(ExportProgress) -> bool,
) -> Result<Exported, ExportError> {
    let present = Present::read(fs.as_ref(), &options.root, options.origin)?;
    let mut export = Export {
        source: Source { snapshot, warnings: Vec::new() },
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
        let mut parts = self.source.snapshot.select(&selection(span), &ctx)?;
        let (mut batch, mut samples) = (Batch::default(), Samples::default());
        let mut writer: Option<BlockWriter> = None;
        while let Some(mut part) = parts.next()? {
            let metas = decode(&mut *part, &mut batch)?;
            for run in &batch.runs {
                let meta = &metas[run.series as usize];
                fill(&mut samples, &batch, run);
                let writer = match &mut writer {
                    Some(writer) => writer,
                    none => none.insert(self.begin(span)?),
                };
                writer.add(&ctx.labels.labels(meta.labels), &samples)?;
                self.met.insert(meta.key);
                self.progress.samples += samples.len() as u64;
            }
            self.report()?;
        }
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

    fn begin(&self, span: Span) -> Result<BlockWriter, WriteError> {
        let ExportOptions { root, origin, with_starts } = self.options;
        let ulid = names::name(*origin, span);
        let options = BlockOptions { ulid, range_ms: WINDOW_MS, with_starts: *with_starts };
        BlockWriter::create(Arc::clone(self.fs), root, options)
    }
}

/// What is exported.
struct Source<'a> {
    snapshot: &'a dyn Snapshot,
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
        let mut parts = self.snapshot.select(&Selection::new(&[], span), &ctx)?;
        let (mut batch, mut count) = (Batch::default(), 0);
        while count < enough
            && let Some(mut part) = parts.next()?
        {
            decode(&mut *part, &mut batch)?;
            count += batch.runs.iter().map(|run| run.floats.len() as u64).sum::<u64>();
        }
        Ok(count)
    }
}

fn selection(span: Span) -> Selection<'static> {
    Selection { order: Order::Labels, ..Selection::new(&[], span) }
}

fn decode(part: &mut dyn Part, batch: &mut Batch) -> Result<Vec<SeriesMeta>, Error> {
    let metas = part.series().to_vec();
    part.decode(0..metas.len(), batch)?;
    Ok(metas)
}

/// Puts the samples of a run into `samples`. Its histograms have integer counts where all of them can, and
/// a staleness marker behind a histogram becomes one, as Prometheus writes it.
fn fill(samples: &mut Samples, batch: &Batch, run: &Run) {
    samples.clear();
    let starts = batch.starts_of(run);
    let histogram_of = |cell: f64| {
        let index = usize::try_from(histogram_index(cell)?).ok()?;
        batch.histograms.get(index)
    };
    let all = batch.floats_of(run).iter().filter_map(|&cell| histogram_of(cell));
    let are_whole = all.clone().all(|histogram| Native::from_whole_model(histogram).is_some());
    let native = |histogram: &Histogram| match Native::from_whole_model(histogram) {
        Some(native) if are_whole => native,
        _ => Native::from_model(histogram),
    };
    let stale = || {
        if are_whole { Native::Integer(Counts::stale()) } else { Native::Float(Counts::stale()) }
    };
    let mut is_behind_histogram = false;
    for (at, (&time, &cell)) in batch.times_of(run).iter().zip(batch.floats_of(run)).enumerate() {
        let start = starts.get(at).copied().unwrap_or_default();
        let histogram = histogram_of(cell).map(|histogram| native(histogram));
        let histogram = histogram.or_else(|| (is_behind_histogram && is_stale(cell)).then(stale));
        is_behind_histogram = histogram.is_some();
        match histogram {
            Some(histogram) => samples.push_histogram(time, start, histogram),
            None => samples.push_float(time, start, cell),
        }
    }
}
