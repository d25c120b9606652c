//! Gauges: numbers that move both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use regain_exposition::MetricValue;

use crate::vector::Child;

/// Holds a number that moves both ways; a clone shows and sets the same number.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Creates a gauge at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number.
    pub fn set(&self, value: f64) {
        // Ordering: a metric orders nothing else.
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// Adds one.
    pub fn inc(&self) {
        self.add(1.0);
    }

    /// Takes one away.
    pub fn dec(&self) {
        self.add(-1.0);
    }

    /// Adds an amount, which may be negative.
    pub fn add(&self, amount: f64) {
        add_float(&self.0, amount);
    }

    /// Returns the number.
    pub fn get(&self) -> f64 {
        // Ordering: a metric orders nothing else.
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

impl Child for Gauge {
    fn value(&self) -> MetricValue {
        MetricValue::Number(self.get())
    }
}

/// Adds to a float that lives in the bits of an atomic integer.
pub(crate) fn add_float(bits: &AtomicU64, amount: f64) {
    // Ordering: a metric orders nothing else.
    let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
    let added = bits.fetch_update(set, fetch, |old| Some((f64::from_bits(old) + amount).to_bits()));
    debug_assert!(added.is_ok(), "the closure always gives a value");
}
