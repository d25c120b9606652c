//! Histograms of which nothing but counts and sums matters.
//!
//! Their buckets are looked at once, to find out about counter resets while neighbours are at hand,
//! and left out then (upstream: `promql/histogram_stats_iterator.go`, 3.14).

use std::sync::Arc;

use regain_model::{Histogram, ResetHint};
use regain_storage::{Batch, histogram_index};

/// Leaves out the buckets of all histograms of a batch.
pub(crate) fn strip(batch: &mut Batch) {
    let mut stripped = batch.histograms.clone();
    for run in &batch.runs {
        // The histogram before, and what was found out about it.
        let mut previous: Option<&Arc<Histogram>> = None;
        for &cell in batch.floats_of(run) {
            let index = histogram_index(cell).and_then(|index| usize::try_from(index).ok());
            let Some((at, histogram)) = index.and_then(|at| Some((at, batch.histograms.get(at)?)))
            else {
                continue;
            };
            let hint = match (histogram.hint, previous) {
                (ResetHint::Unknown, Some(previous)) if histogram.detect_reset(previous) => {
                    ResetHint::Reset
                }
                (ResetHint::Unknown, Some(_)) => ResetHint::NotReset,
                (known, _) => known,
            };
            let Histogram { schema, count, sum, .. } = **histogram;
            stripped[at] = Arc::new(Histogram { hint, schema, count, sum, ..Histogram::default() });
            previous = Some(histogram);
        }
    }
    batch.histograms = stripped;
}
