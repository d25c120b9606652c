//! Classic histograms: how many observations fell under each bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use regain_exposition::{HistogramValue, MetricValue};

use crate::gauge::add_float;
use crate::vector::Child;

/// Suits latencies of a network service in seconds.
pub const DEFAULT_BUCKETS: [f64; 11] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counts observations by upper bound; a clone counts into the same buckets.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    /// Ascending; the bucket `+Inf` has no bound here and its count comes last in `counts`.
    bounds: Box<[f64]>,
    counts: Box<[AtomicU64]>,
    sum_bits: AtomicU64,
}

impl Histogram {
    /// Creates a histogram with the given upper bounds; they are sorted, and `+Inf` is implied.
    pub fn new(bounds: &[f64]) -> Self {
        let mut bounds: Vec<f64> = bounds.iter().copied().filter(|b| b.is_finite()).collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Cells { bounds: bounds.into(), counts, sum_bits: AtomicU64::new(0) }))
    }

    /// Counts one observation.
    pub fn observe(&self, value: f64) {
        // Not a number falls under no finite bound.
        let under = |bound: &f64| *bound < value || value.is_nan();
        let bucket = self.0.bounds.partition_point(under);
        // Ordering: a metric orders nothing else.
        self.0.counts[bucket].fetch_add(1, Ordering::Relaxed);
        add_float(&self.0.sum_bits, value);
    }

    /// Returns the counts, cumulated, as they are now.
    pub fn snapshot(&self) -> HistogramValue {
        let mut count = 0;
        let mut cumulative = self.0.counts.iter().map(|cell| {
            // Ordering: a metric orders nothing else.
            count += cell.load(Ordering::Relaxed);
            count
        });
        let buckets = self.0.bounds.iter().copied().zip(&mut cumulative).collect();
        let count = cumulative.next().expect("there is one count more than there are bounds");
        let sum = f64::from_bits(self.0.sum_bits.load(Ordering::Relaxed));
        HistogramValue { count, sum, buckets }
    }
}

impl Child for Histogram {
    fn value(&self) -> MetricValue {
        MetricValue::Histogram(self.snapshot())
    }
}

/// Returns `count` bounds from `start`, each `width` above the one before.
pub fn linear_buckets(start: f64, width: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(start), |bound| Some(bound + width)).take(count).collect()
}

/// Returns `count` bounds from `start`, each `factor` times the one before.
pub fn exponential_buckets(start: f64, factor: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(start), |bound| Some(bound * factor)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_on_a_bound_counts_under_it() {
        let histogram = Histogram::new(&[2.0, 1.0, f64::INFINITY]);
        for value in [0.5, 1.0, 1.5, 2.0, 3.0] {
            histogram.observe(value);
        }
        let expected = HistogramValue { count: 5, sum: 8.0, buckets: vec![(1.0, 2), (2.0, 4)] };
        assert_eq!(histogram.snapshot(), expected);
    }

    #[test]
    fn not_a_number_falls_into_the_last_bucket_alone() {
        let histogram = Histogram::new(&[1.0]);
        histogram.observe(f64::NAN);
        let snapshot = histogram.snapshot();
        assert_eq!((snapshot.count, snapshot.buckets), (1, vec![(1.0, 0)]));
        assert!(snapshot.sum.is_nan());
    }

    #[test]
    fn bucket_series_grow_by_width_and_by_factor() {
        assert_eq!(linear_buckets(1.0, 2.0, 3), [1.0, 3.0, 5.0]);
        assert_eq!(exponential_buckets(100.0, 10.0, 3), [100.0, 1000.0, 10_000.0]);
    }
}
