//! The histograms of one query.
//!
//! What a query computes lies here until the query ends, and the columns that it works on hold the
//! places ([`histogram_cell`]). A query that has met no histogram asks for nothing else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use regain_model::Histogram;

use crate::cell::{histogram_cell, histogram_index};

/// The histograms that a query has met or made.
#[derive(Debug, Default)]
pub struct HistogramArena {
    any: AtomicBool,
    all: RwLock<Vec<Arc<Histogram>>>,
}

impl HistogramArena {
    /// Whether the query has met no histogram.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // Ordering: who has a place has got it from the one that made it, by way of a lock or of a
        // thread's start or end; for others it does not matter whether it is seen.
        !self.any.load(Ordering::Relaxed)
    }

    /// Adds a histogram and returns its place.
    pub fn add(&self, histogram: Arc<Histogram>) -> f64 {
        let mut all = self.all.write().expect("no holder of this lock panics");
        let index = u32::try_from(all.len()).expect("a query's histograms stay below 2^32");
        all.push(histogram);
        // Ordering: see `is_empty`.
        self.any.store(true, Ordering::Relaxed);
        histogram_cell(index)
    }

    /// The histogram that `cell` is the place of.
    pub fn get(&self, cell: f64) -> Option<Arc<Histogram>> {
        let index = usize::try_from(histogram_index(cell)?).ok()?;
        self.all.read().expect("no holder of this lock panics").get(index).map(Arc::clone)
    }
}
