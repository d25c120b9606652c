//! Everything that a store or a directory holds, as text that can be compared.

use std::sync::Arc;

use regain_model::Span;
use regain_prometheus_tsdb::{Samples, StoredSeries};
use regain_storage::{Ctx, Queryable};

/// All samples: labels, times, bits or histograms.
pub(crate) fn all(source: &dyn Queryable) -> Vec<(String, Vec<(i64, String)>)> {
    let ctx = Arc::new(Ctx::default());
    let mut series = StoredSeries::select(source, &[], Span::ALL, &ctx).unwrap();
    let (mut all, mut samples) = (Vec::new(), Samples::default());
    while let Some(labels) = series.next(&mut samples).unwrap() {
        let text = |at: usize| match samples.histogram(at) {
            Some(histogram) => histogram.to_string(),
            None => format!("{:x}", samples.cells[at].to_bits()),
        };
        let texts = samples.times.iter().enumerate().map(|(at, &time)| (time, text(at)));
        all.push((labels.to_string(), texts.collect()));
    }
    all
}
