//! Histograms in rows: the query keeps them, the rows hold their places.

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_model::Histogram;
use regain_storage::{Ctx, is_histogram};

use crate::annotations::Remark;
use crate::eval_error::Result;

/// How many bytes of a histogram count as one sample (upstream: `promql/value.go`, 3.14).
const SAMPLE_BYTES: usize = 16;
/// What upstream counts for a histogram besides its own size.
const POINT_BYTES: usize = 8;

/// Keeps a histogram until the query ends and returns its place.
pub(crate) fn keep(ctx: &Ctx, histogram: Arc<Histogram>) -> Result<f64> {
    ctx.budget.weigh(cost(&histogram));
    ctx.budget.take(cost(&histogram))?;
    ctx.bytes.take(size_bytes(&histogram) as u64)?;
    Ok(ctx.histograms.add(histogram))
}

/// What a histogram takes from a query's budget of samples.
pub(crate) fn cost(histogram: &Histogram) -> u64 {
    ((histogram.size_bytes() + POINT_BYTES) / SAMPLE_BYTES) as u64
}

/// What upstream counts for a histogram that is a new result.
pub(crate) fn fresh_cost(histogram: &Histogram) -> u64 {
    1 + (histogram.size_bytes() / SAMPLE_BYTES) as u64
}

/// The memory of a histogram, and of its place among others.
pub(crate) fn size_bytes(histogram: &Histogram) -> usize {
    size_of::<Histogram>() + size_of::<Arc<Histogram>>() + histogram.size_bytes()
}

/// Whether any value of `row` is a histogram. Queries that have met none know at once.
#[inline]
pub(crate) fn has_histograms(ctx: &Ctx, row: &[f64]) -> bool {
    !ctx.histograms.is_empty() && row.iter().any(|&cell| is_histogram(cell))
}

/// What is noticed while values are computed, by the number of the operation that noticed it, and how
/// often.
#[derive(Debug, Default)]
pub(crate) struct Notes(pub(crate) BTreeMap<(u32, Remark), u64>);

/// Where an operation keeps its results and says what it notices.
pub(crate) struct Native<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) notes: &'a mut Notes,
    /// The operation's number.
    pub(crate) number: u32,
}

impl Native<'_> {
    pub(crate) fn keep(&self, histogram: Histogram) -> Result<f64> {
        keep(self.ctx, Arc::new(histogram))
    }

    pub(crate) fn note(&mut self, remark: Remark) {
        *self.notes.0.entry((self.number, remark)).or_default() += 1;
    }
}
