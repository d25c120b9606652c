//! How often a store is asked, and what is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use regain_model::{Matcher, Span, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{Ctx, Parts, Queryable, Result, Selection, Snapshot};

use super::{ask, over_time, store};
use crate::engine::EngineOptions;

/// Counts the selections.
pub(super) struct Counted {
    pub(super) store: MemoryStore,
    pub(super) selections: Arc<AtomicUsize>,
}

impl Counted {
    pub(super) fn new(store: MemoryStore) -> Self {
        Self { store, selections: Arc::default() }
    }
}

struct CountedSnapshot {
    snapshot: Arc<dyn Snapshot>,
    selections: Arc<AtomicUsize>,
}

impl Queryable for Counted {
    fn snapshot(&self, span: Span, ctx: &Arc<Ctx>) -> Result<Arc<dyn Snapshot>> {
        let snapshot = self.store.snapshot(span, ctx)?;
        Ok(Arc::new(CountedSnapshot { snapshot, selections: Arc::clone(&self.selections) }))
    }
}

impl Snapshot for CountedSnapshot {
    fn select(&self, selection: &Selection<'_>, ctx: &Arc<Ctx>) -> Result<Box<dyn Parts>> {
        self.selections.fetch_add(1, Ordering::Relaxed);
        self.snapshot.select(selection, ctx)
    }

    fn label_names(&self, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.snapshot.label_names(matchers, limit)
    }

    fn label_values(&self, name: &str, matchers: &[Matcher], limit: usize) -> Result<Vec<String>> {
        self.snapshot.label_values(name, matchers, limit)
    }

    fn changed_since(&self, mark: u64) -> (u64, Option<Timestamp>) {
        self.snapshot.changed_since(mark)
    }
}

#[test]
fn a_store_is_asked_once_for_what_is_shared() {
    // At one time, over time, and without sharing.
    let cases = [
        ("a / (a + b)", [2, 2, 3]),
        ("sum(rate(d[1m])) / (1 + sum(rate(d[1m])))", [1, 1, 2]),
        ("rate(d[1m]) / on (x) group_left () sum by (x) (rate(d[1m]))", [1, 1, 2]),
        ("histogram_quantile(0.9, rate(h_bucket[1m])) and rate(h_bucket[1m])", [1, 1, 2]),
        ("a @ 200 + a @ 200", [1, 1, 2]),
        ("max_over_time(sum(a)[1m:10s]) - min_over_time(sum(a)[1m:10s])", [1, 1, 2]),
        ("a > 2 and a < 30", [1, 2, 2]),
        // Two aggregations of one chain hold none of its rows.
        ("sum(rate(d[1m])) / count(rate(d[1m]))", [2, 2, 2]),
        // Different times.
        ("a / a offset 10s", [2, 2, 2]),
        ("sum(a) / max_over_time(sum(a)[1m:10s])", [2, 2, 2]),
        // Other parts of the same histograms are read.
        ("histogram_count(n) / count(n)", [2, 2, 2]),
    ];
    let counted = Counted::new(store());
    let options = EngineOptions::default();
    for (text, expected) in cases {
        let count = |steps, share| {
            counted.selections.store(0, Ordering::Relaxed);
            ask(&counted, text, steps, &options, share).unwrap();
            counted.selections.load(Ordering::Relaxed)
        };
        let counts =
            [count(None, true), count(Some(over_time()), true), count(Some(over_time()), false)];
        assert_eq!(counts, expected, "{text}");
    }
}

#[test]
fn shared_samples_are_looked_at_often_and_read_once() {
    let (store, options) = (store(), EngineOptions::default());
    let stats = |share| {
        ask(&store, "rate(d[1m]) + rate(d[1m])", Some(over_time()), &options, share).unwrap().stats
    };
    let (shared, plain) = (stats(true), stats(false));
    assert_eq!(shared.samples_total, plain.samples_total);
    assert_eq!(shared.samples_read * 2, plain.samples_read);
    assert!(shared.samples_peak < plain.samples_peak);
}
