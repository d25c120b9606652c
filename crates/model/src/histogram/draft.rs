//! A histogram as somebody else says it: checked as upstream checks, and only then a histogram.
//!
//! The memory of a draft is used again for the next one.

mod check;

use std::sync::Arc;

use super::{
    Buckets, CUSTOM_SCHEMA, EXPONENTIAL_SCHEMA_MAX, Histogram, HistogramProblem, ResetHint, Schema,
    Span,
};

pub use check::Invalid;

/// The memory that a draft keeps for the next histogram, in numbers of each kind.
const NUMBERS_KEPT_MAX: usize = 1 << 14;

/// A histogram that nobody has checked. Which kind `count` is of decides for the whole.
#[derive(Debug, Default)]
pub struct Draft {
    /// All observations.
    pub count: Count,
    /// The observations in the zero bucket.
    pub zero_count: Count,
    /// The sum of all observations.
    pub sum: f64,
    /// How finely the buckets divide.
    pub schema: Schema,
    /// Observations up to this distance from zero are in the zero bucket.
    pub zero_threshold: f64,
    /// What is known about counter resets.
    pub hint: ResetHint,
    /// The buckets above zero, or all custom buckets.
    pub positive: Side,
    /// The buckets below zero.
    pub negative: Side,
    /// The upper bounds of custom buckets but for the last one, which has none.
    pub bounds: Vec<f64>,
}

/// A number of observations.
#[derive(Clone, Copy, Debug)]
pub enum Count {
    /// Of a histogram that counts observations.
    Integer(u64),
    /// Of a histogram that is computed.
    Float(f64),
}

impl Default for Count {
    fn default() -> Self {
        Self::Integer(0)
    }
}

impl Count {
    const fn integer(self) -> u64 {
        match self {
            Self::Integer(count) => count,
            Self::Float(_) => 0,
        }
    }

    const fn float(self) -> f64 {
        match self {
            Self::Integer(_) => 0.0,
            Self::Float(count) => count,
        }
    }
}

/// The buckets on one side of zero. Of deltas and counts, those of the other kind are ignored.
#[derive(Debug, Default)]
pub struct Side {
    /// Which buckets there are.
    pub spans: Vec<Span>,
    /// The counts of an integer histogram, each less the one before it.
    pub deltas: Vec<i64>,
    /// The counts of a float histogram.
    pub counts: Vec<f64>,
}

impl Draft {
    /// Starts anew, in the same memory.
    pub fn clear(&mut self) {
        let Self { positive, negative, bounds, .. } = std::mem::take(self);
        (self.positive, self.negative) = (positive.cleared(), negative.cleared());
        self.bounds = cleared(bounds);
    }

    /// The histogram, if there can be one like it. A resolution that is known and finer than the finest that exists here is
    /// lowered to that.
    pub fn finish(&self) -> Result<Histogram, Invalid> {
        self.check()?;
        let (zero_count, count) = match self.count {
            Count::Integer(count) => (self.zero_count.integer() as f64, count as f64),
            Count::Float(count) => (self.zero_count.float(), count),
        };
        let mut histogram = Histogram {
            hint: self.hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count,
            count,
            sum: self.sum,
            positive: self.buckets(&self.positive).map_err(Invalid::Positive)?,
            negative: self.buckets(&self.negative).map_err(Invalid::Negative)?,
            bounds: self.is_custom().then(|| Arc::from(self.bounds.as_slice())),
        };
        histogram.reduce_to(EXPONENTIAL_SCHEMA_MAX);
        Ok(histogram)
    }

    fn buckets(&self, side: &Side) -> Result<Buckets, HistogramProblem> {
        let spans = side.spans.clone();
        if self.is_integer() {
            Buckets::from_deltas(spans, &side.deltas)
        } else {
            Buckets::new(spans, side.counts.clone())
        }
    }

    const fn is_custom(&self) -> bool {
        self.schema == CUSTOM_SCHEMA
    }

    const fn is_integer(&self) -> bool {
        matches!(self.count, Count::Integer(_))
    }
}

impl Side {
    fn cleared(self) -> Self {
        let Self { spans, deltas, counts } = self;
        Self { spans: cleared(spans), deltas: cleared(deltas), counts: cleared(counts) }
    }
}

fn cleared<T>(mut numbers: Vec<T>) -> Vec<T> {
    numbers.clear();
    numbers.shrink_to(NUMBERS_KEPT_MAX);
    numbers
}
