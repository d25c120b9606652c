//! The series of any store, one after another, with their samples as Prometheus' files have them.

use std::sync::Arc;

use regain_model::{Histogram, Labels, Matcher, Span, is_stale};
use regain_storage::{
    Batch, Ctx, Error, Order, Parts, Queryable, Result, Run, Selection, SeriesMeta, histogram_index,
};

use crate::sample::{Counts, Native, Samples};
use crate::writer::{BlockWriter, WriteError};

/// Series of a store with their samples, each decoded when its part comes.
#[expect(missing_debug_implementations, reason = "parts of a store have none")]
pub struct StoredSeries {
    parts: Box<dyn Parts>,
    metas: Vec<SeriesMeta>,
    batch: Batch,
    /// How many runs of the batch have been handed out.
    runs_done: usize,
    ctx: Arc<Ctx>,
}

impl StoredSeries {
    /// The series of `store` that satisfy `matchers` and have samples in `span`, in the order of their labels.
    pub fn select(
        store: &dyn Queryable,
        matchers: &[Matcher],
        span: Span,
        ctx: &Arc<Ctx>,
    ) -> Result<Self> {
        let snapshot = store.snapshot(span, ctx)?;
        let selection = Selection { order: Order::Labels, ..Selection::new(matchers, span) };
        let parts = snapshot.select(&selection, ctx)?;
        let (metas, batch, ctx) = (Vec::new(), Batch::default(), Arc::clone(ctx));
        Ok(Self { parts, metas, batch, runs_done: 0, ctx })
    }

    /// Puts the samples of the next series into `samples` and returns its labels; `None` at the end.
    ///
    /// Histograms have integer counts where all of the series can, and a staleness marker behind a
    /// histogram becomes one, as Prometheus writes it.
    pub fn next(&mut self, samples: &mut Samples) -> Result<Option<Labels>> {
        while self.runs_done == self.batch.runs.len() {
            let Some(mut part) = self.parts.next()? else { return Ok(None) };
            self.metas.clear();
            self.metas.extend_from_slice(part.series());
            part.decode(0..self.metas.len(), &mut self.batch)?;
            self.runs_done = 0;
        }
        let run = &self.batch.runs[self.runs_done];
        self.runs_done += 1;
        fill(samples, &self.batch, run);
        let meta = &self.metas[run.series as usize];
        Ok(Some(self.ctx.labels.labels(meta.labels)))
    }
}

/// Writes the samples that `store` has in `span` to a block, which `begin` starts when there is a first one.
/// `each` is told of every series that is in.
pub(crate) fn write_stored<E: From<WriteError> + From<Error>>(
    store: &dyn Queryable,
    span: Span,
    ctx: &Arc<Ctx>,
    begin: impl Fn() -> std::result::Result<BlockWriter, E>,
    each: &mut dyn FnMut(&Labels, &Samples) -> std::result::Result<(), E>,
) -> std::result::Result<Option<BlockWriter>, E> {
    let mut series = StoredSeries::select(store, &[], span, ctx)?;
    let mut samples = Samples::default();
    let mut writer: Option<BlockWriter> = None;
    while let Some(labels) = series.next(&mut samples)? {
        let writer = match &mut writer {
            Some(writer) => writer,
            none => none.insert(begin()?),
        };
        writer.add(&labels, &samples)?;
        each(&labels, &samples)?;
    }
    Ok(writer)
}

/// Puts the samples of a run into `samples`.
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
