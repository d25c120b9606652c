//! Everything that a store or a directory holds, as text that can be compared.

use std::sync::Arc;

use regain_model::Span;
use regain_prometheus_tsdb::{Samples, StoredSeries};
use regain_storage::{Ctx, Queryable, Snapshot};

/// The samples of each series, by its labels.
pub(crate) type All = Vec<(String, Vec<(i64, String)>)>;

/// All samples: labels, times, bits or histograms, and when they have started where that is known.
pub(crate) fn all(source: &dyn Queryable) -> All {
    all_with(source, &Arc::default())
}

/// All samples, for somebody who wants to know what was said about them.
pub(crate) fn all_with(source: &dyn Queryable, ctx: &Arc<Ctx>) -> All {
    let mut series = StoredSeries::select(source, &[], Span::ALL, ctx).unwrap();
    let (mut all, mut samples) = (Vec::new(), Samples::default());
    while let Some(labels) = series.next(&mut samples).unwrap() {
        let text = |at: usize| match samples.histogram(at) {
            Some(histogram) => histogram.to_string(),
            None => format!("{:x}", samples.cells[at].to_bits()),
        };
        let start = |at: usize| match samples.starts[at] {
            0 => String::new(),
            start => format!(" since {start}"),
        };
        let texts = samples.times.iter().enumerate();
        let texts = texts.map(|(at, &time)| (time, text(at) + &start(at)));
        all.push((labels.to_string(), texts.collect()));
    }
    all
}

/// All samples that a view sees.
pub(crate) fn all_seen(view: &Arc<dyn Snapshot>) -> All {
    struct Seen(Arc<dyn Snapshot>);
    impl Queryable for Seen {
        fn snapshot(&self, _: Span, _: &Arc<Ctx>) -> regain_storage::Result<Arc<dyn Snapshot>> {
            Ok(Arc::clone(&self.0))
        }
    }
    all(&Seen(Arc::clone(view)))
}
