//! Adding and subtracting histograms of different layouts.

use std::borrow::Cow;

use super::buckets::Buckets;
use super::cell::{Cell, Compensated};
use super::{Histogram, HistogramOf, HistogramSum, exponential_bound};

/// One histogram has exponential buckets and the other custom ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas"
)]
pub struct MixedSchemas;

/// What was noticed while two histograms were combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Combined {
    /// One knows of a counter reset, the other that there was none.
    pub collision: bool,
    /// The custom bounds were different, and only those that both had remain.
    pub reconciled: bool,
}

impl<C: Cell> HistogramOf<C> {
    /// Adds `other`. Empty buckets may remain; [`HistogramOf::compact`] removes them.
    pub fn add(&mut self, other: &Histogram) -> Result<Combined, MixedSchemas> {
        self.combine(other, 1.0)
    }

    fn combine(&mut self, other: &Histogram, sign: f64) -> Result<Combined, MixedSchemas> {
        if self.is_custom() != other.is_custom() {
            return Err(MixedSchemas);
        }
        let (hint, collision) = self.hint.combined(other.hint);
        self.hint = hint;
        let mut combined = Combined { collision, reconciled: false };
        if !self.is_custom() {
            let zero = self.reconcile_zero(other);
            self.zero_count.add(Compensated { sum: sign * zero.sum, c: sign * zero.c });
        }
        self.count.add_value(sign * other.count);
        self.sum.add_value(sign * other.sum);
        if self.is_custom() && self.custom_bounds() != other.custom_bounds() {
            self.combine_custom(other, sign);
            combined.reconciled = true;
            return Ok(combined);
        }
        if !self.is_custom() {
            self.reduce_to(other.schema);
        }
        let steps = (other.schema - self.schema).unsigned_abs();
        let (schema, threshold, custom) = (self.schema, self.zero_threshold, self.is_custom());
        let skip =
            |index| !custom && threshold > 0.0 && exponential_bound(index, schema) <= threshold;
        for (own, theirs) in
            [(&mut self.positive, &other.positive), (&mut self.negative, &other.negative)]
        {
            if steps == 0 {
                own.merge(theirs, skip, |cell, x| cell.add_value(sign * x));
            } else {
                let theirs: Buckets<C> = theirs.convert(|x| C::from_compensated(x.compensated()));
                own.merge(&theirs.reduced(steps), skip, |cell, x| {
                    cell.add(x.map(|x| sign * x).compensated());
                });
            }
        }
        Ok(combined)
    }
}

impl Histogram {
    /// Subtracts `other`, and combines the hints as an addition does.
    pub fn subtract(&mut self, other: &Self) -> Result<Combined, MixedSchemas> {
        self.combine(other, -1.0)
    }

    /// This histogram at a `schema` that is not finer.
    pub fn at_schema(&self, schema: super::Schema) -> Cow<'_, Self> {
        if self.is_custom() || schema >= self.schema {
            return Cow::Borrowed(self);
        }
        let mut reduced = self.clone();
        reduced.reduce_to(schema);
        Cow::Owned(reduced)
    }
}

impl HistogramSum {
    /// The sum of one histogram.
    pub fn of(first: &Histogram) -> Self {
        Self {
            hint: first.hint,
            schema: first.schema,
            zero_threshold: first.zero_threshold,
            zero_count: Compensated::of(first.zero_count),
            count: Compensated::of(first.count),
            sum: Compensated::of(first.sum),
            positive: first.positive.convert(Compensated::of),
            negative: first.negative.convert(Compensated::of),
            bounds: first.bounds.clone(),
        }
    }

    /// The sum with what rounding has taken from it.
    pub fn total(&self) -> Histogram {
        Histogram {
            hint: self.hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count.total(),
            count: self.count.total(),
            sum: self.sum.total(),
            positive: self.positive.convert(Compensated::total),
            negative: self.negative.convert(Compensated::total),
            bounds: self.bounds.clone(),
        }
    }
}
