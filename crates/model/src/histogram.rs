//! Native histograms: counts of observations in buckets, in one sample.
//!
//! Queries work on one type, [`Histogram`], whose counts are floats; integer histograms become one
//! at the edge ([`Buckets::from_deltas`]). Sums of many histograms are gathered in a
//! [`HistogramSum`], the same type with compensated counts, so that all layout arithmetic exists
//! once. Behaviour is upstream's (`model/histogram`, 3.14).
//!
//! **Invariant.** Buckets are in the order of their indexes, and spans count exactly as many as
//! there are; [`Buckets::new`] sees to it. A histogram with custom buckets has neither a zero bucket
//! nor negative buckets.

mod arithmetic;
mod bound;
mod buckets;
mod cell;
mod custom;
mod problem;
mod reset;
mod text;
mod trim;
mod walk;
mod zero;

pub mod draft;

use std::sync::Arc;

pub use arithmetic::{Combined, MixedSchemas};
pub use bound::exponential_bound;
pub use buckets::{Buckets, Span};
pub use cell::{Cell, Compensated};
pub use problem::HistogramProblem;
pub use reset::ResetHint;
pub use walk::Bucket;

/// How finely buckets divide: -4 to 8 for exponential buckets, [`CUSTOM_SCHEMA`] for custom ones.
pub type Schema = i32;

/// The schema of histograms whose bounds are listed.
pub const CUSTOM_SCHEMA: Schema = -53;
/// The finest exponential schema.
pub const EXPONENTIAL_SCHEMA_MAX: Schema = 8;
/// The coarsest exponential schema.
pub const EXPONENTIAL_SCHEMA_MIN: Schema = -4;

/// A histogram whose counts are floats.
pub type Histogram = HistogramOf<f64>;

/// A histogram that many others are added to.
pub type HistogramSum = HistogramOf<Compensated>;

/// A histogram whose counts are of the type `C`.
#[derive(Clone, Debug, Default)]
pub struct HistogramOf<C> {
    /// What is known about counter resets.
    pub hint: ResetHint,
    /// How finely the buckets divide.
    pub schema: Schema,
    /// Observations up to this distance from zero are in the zero bucket.
    pub zero_threshold: f64,
    /// The observations in the zero bucket.
    pub zero_count: C,
    /// All observations.
    pub count: C,
    /// The sum of all observations.
    pub sum: C,
    /// The buckets above zero, or all custom buckets.
    pub positive: Buckets<C>,
    /// The buckets below zero.
    pub negative: Buckets<C>,
    /// The upper bounds of custom buckets but for the last one, which has none.
    pub bounds: Option<Arc<[f64]>>,
}

/// What a histogram takes in memory beside its buckets, in bytes, as upstream counts it.
const SIZE_BASE: usize = 168;

impl<C: Cell> HistogramOf<C> {
    /// Whether the bounds are listed.
    pub const fn is_custom(&self) -> bool {
        self.schema == CUSTOM_SCHEMA
    }

    /// The listed bounds; none for exponential buckets.
    pub fn custom_bounds(&self) -> &[f64] {
        self.bounds.as_deref().unwrap_or_default()
    }

    /// The upper bound of the positive bucket `index`.
    pub fn upper_bound(&self, index: i32) -> f64 {
        if !self.is_custom() {
            return exponential_bound(index, self.schema);
        }
        match usize::try_from(index) {
            Ok(index) => self.custom_bounds().get(index).copied().unwrap_or(f64::INFINITY),
            Err(_) => f64::NEG_INFINITY,
        }
    }

    /// The size in bytes as upstream counts it for the limit on samples.
    pub fn size_bytes(&self) -> usize {
        SIZE_BASE
            + self.positive.size_bytes()
            + self.negative.size_bytes()
            + size_of_val(self.custom_bounds())
    }

    /// Leaves out empty buckets.
    pub fn compact(&mut self) {
        self.positive.compact();
        self.negative.compact();
    }

    /// Multiplies everything by `factor`. What is negative is no counter any more.
    pub fn multiply(&mut self, factor: f64) {
        self.map(|count| count * factor);
        if factor < 0.0 {
            self.hint = ResetHint::Gauge;
        }
    }

    /// Divides everything by `divisor`; by zero, no bucket remains.
    pub fn divide(&mut self, divisor: f64) {
        self.map(|count| count / divisor);
        if divisor == 0.0 {
            self.positive = Buckets::default();
            self.negative = Buckets::default();
        } else if divisor < 0.0 {
            self.hint = ResetHint::Gauge;
        }
    }

    fn map(&mut self, f: impl Fn(f64) -> f64 + Copy) {
        // Custom buckets have no zero bucket, not even one of 0/0 observations.
        if !self.is_custom() {
            self.zero_count = self.zero_count.map(f);
        }
        self.count = self.count.map(f);
        self.sum = self.sum.map(f);
        self.positive.map(f);
        self.negative.map(f);
    }

    /// Whether any count is beyond all finite numbers.
    pub fn has_overflow(&self) -> bool {
        let infinite = |cell: &C| cell.value().is_infinite();
        [self.zero_count, self.count, self.sum].iter().any(infinite)
            || self.positive.cells().iter().any(infinite)
            || self.negative.cells().iter().any(infinite)
            || self.custom_bounds().iter().any(|bound| bound.is_infinite())
    }

    /// Lowers the resolution to a coarser exponential `schema`.
    pub fn reduce_to(&mut self, schema: Schema) {
        if self.is_custom() || schema >= self.schema {
            return;
        }
        let steps = (self.schema - schema).unsigned_abs();
        self.positive = self.positive.reduced(steps);
        self.negative = self.negative.reduced(steps);
        self.schema = schema;
    }
}

impl Histogram {
    /// Whether two histograms say the same: their counts bit for bit, empty buckets left aside.
    #[expect(clippy::float_cmp, reason = "the question is whether the layout is the same")]
    pub fn equals(&self, other: &Self) -> bool {
        let bits = |h: &Self| [h.count.to_bits(), h.sum.to_bits(), h.zero_count.to_bits()];
        self.schema == other.schema
            && bits(self) == bits(other)
            && self.zero_threshold == other.zero_threshold
            && (!self.is_custom() || self.custom_bounds() == other.custom_bounds())
            && self.positive.same_counts(&other.positive)
            && self.negative.same_counts(&other.negative)
    }

    /// Whether this marks the end of a series.
    pub const fn is_stale(&self) -> bool {
        crate::is_stale(self.sum)
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.hint == other.hint && self.equals(other)
    }
}

#[cfg(test)]
mod tests;
