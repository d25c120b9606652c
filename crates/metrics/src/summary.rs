//! Summaries: quantiles over the last ten minutes.
//!
//! Observations of each two-minute slice are counted in cells of equal leading bits, which keeps the relative error of
//! a quantile below 1 % at any number of observations. Upstream's summaries instead bound the error of the rank.

mod slice;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use regain_exposition::{MetricValue, SummaryValue};

use self::slice::Slice;
use crate::vector::Child;

const SLICES: usize = 5;
const SLICE_AGE: Duration = Duration::from_mins(2);

/// Estimates quantiles over a sliding window; a clone observes into the same window.
#[derive(Debug, Clone)]
pub struct Summary(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    quantiles: Box<[f64]>,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    slices: [Slice; SLICES],
    current: usize,
    current_started: Instant,
    count: u64,
    sum: f64,
}

impl Summary {
    /// Creates a summary that reports the given quantiles, each between 0 and 1.
    pub fn new(quantiles: &[f64]) -> Self {
        Self::started_at(quantiles, Instant::now())
    }

    fn started_at(quantiles: &[f64], now: Instant) -> Self {
        let mut quantiles = quantiles.to_vec();
        quantiles.sort_by(f64::total_cmp);
        let window = Window {
            slices: Default::default(),
            current: 0,
            current_started: now,
            count: 0,
            sum: 0.0,
        };
        Self(Arc::new(Inner { quantiles: quantiles.into(), window: Mutex::new(window) }))
    }

    /// Counts one observation.
    pub fn observe(&self, value: f64) {
        self.observe_at(value, Instant::now());
    }

    fn observe_at(&self, value: f64, now: Instant) {
        let mut window = self.0.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        window.count += 1;
        window.sum += value;
        let current = window.current;
        window.slices[current].add(value);
    }

    /// Returns the quantiles of the window, `NaN` where it is empty, with the count and sum of all time.
    pub fn snapshot(&self) -> SummaryValue {
        self.snapshot_at(Instant::now())
    }

    fn snapshot_at(&self, now: Instant) -> SummaryValue {
        let mut window = self.0.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now);
        let mut all = Slice::default();
        for slice in &window.slices {
            all.merge(slice);
        }
        let (count, sum) = (window.count, window.sum);
        drop(window);
        let estimate = |&quantile: &f64| (quantile, all.quantile(quantile));
        SummaryValue { count, sum, quantiles: self.0.quantiles.iter().map(estimate).collect() }
    }
}

impl Window {
    /// Drops the slices that have left the window by `now`.
    fn turn(&mut self, now: Instant) {
        for _ in 0..SLICES {
            if now.saturating_duration_since(self.current_started) < SLICE_AGE {
                return;
            }
            self.current = (self.current + 1) % SLICES;
            self.current_started += SLICE_AGE;
            self.slices[self.current] = Slice::default();
        }
        // All slices are empty after a long silence: the grid starts again here.
        if now.saturating_duration_since(self.current_started) >= SLICE_AGE {
            self.current_started = now;
        }
    }
}

impl Child for Summary {
    fn value(&self) -> MetricValue {
        MetricValue::Summary(self.snapshot())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_one_percent() {
        let start = Instant::now();
        let summary = Summary::started_at(&[0.99, 0.5], start);
        for i in 1..=1000 {
            summary.observe_at(f64::from(i), start);
        }
        let value = summary.snapshot_at(start);
        assert_eq!((value.count, value.sum), (1000, 500_500.0));
        for (quantile, estimate) in value.quantiles {
            let exact = quantile * 1000.0;
            assert!((estimate - exact).abs() <= exact * 0.01, "{quantile}: {estimate}");
        }
    }

    #[test]
    fn observations_leave_the_window_after_ten_minutes_but_stay_counted() {
        let start = Instant::now();
        let summary = Summary::started_at(&[0.5], start);
        summary.observe_at(7.0, start);
        let after = |minutes: u64| summary.snapshot_at(start + Duration::from_mins(minutes));
        assert!((after(9).quantiles[0].1 - 7.0).abs() < 0.07);
        assert!(after(10).quantiles[0].1.is_nan());
        assert_eq!(after(1000).count, 1);
    }
}
