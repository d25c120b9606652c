//! Counters: numbers that only grow.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use regain_exposition::MetricValue;

use crate::gauge::add_float;
use crate::vector::Child;

/// Counts events or amounts; a clone counts into the same number.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<Cell>);

/// Keeps whole amounts apart from fractions, so that the usual increment is one addition.
#[derive(Debug, Default)]
struct Cell {
    whole: AtomicU64,
    fraction_bits: AtomicU64,
}

impl Counter {
    /// Creates a counter at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds a whole amount.
    pub fn add(&self, amount: u64) {
        // Ordering: a metric orders nothing else.
        self.0.whole.fetch_add(amount, Ordering::Relaxed);
    }

    /// Adds an amount of seconds or the like; amounts that are negative or not a number are left out, because a
    /// counter never falls.
    pub fn add_f64(&self, amount: f64) {
        if amount > 0.0 {
            add_float(&self.0.fraction_bits, amount);
        }
    }

    /// Returns the sum so far.
    pub fn get(&self) -> f64 {
        // Ordering: a metric orders nothing else.
        let whole = self.0.whole.load(Ordering::Relaxed);
        let fraction = self.0.fraction_bits.load(Ordering::Relaxed);
        whole as f64 + f64::from_bits(fraction)
    }
}

impl Child for Counter {
    fn value(&self) -> MetricValue {
        MetricValue::Number(self.get())
    }
}
