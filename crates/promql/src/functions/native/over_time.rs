//! `sum_over_time` and `avg_over_time` of histograms.

use regain_model::histogram::{Combined, MixedSchemas};
use regain_model::{Histogram, HistogramSum, ResetHint};

use crate::annotations::{Operation, Remark};
use crate::native::Native;

/// What was noticed while histograms were added up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Noticed {
    reset: bool,
    not_reset: bool,
    reconciled: bool,
}

impl Noticed {
    pub(crate) fn hint(&mut self, hint: ResetHint) {
        self.reset |= hint == ResetHint::Reset;
        self.not_reset |= hint == ResetHint::NotReset;
    }

    pub(crate) fn combined(&mut self, combined: Combined) {
        self.reconciled |= combined.reconciled;
    }

    /// What is to be said about it where nothing comes of it.
    pub(crate) fn without_hints(self) -> impl Iterator<Item = Remark> {
        self.reconciled.then_some(Remark::Reconciled(Operation::Aggregation)).into_iter()
    }

    /// What is to be said about it.
    pub(crate) fn remarks(self) -> impl Iterator<Item = Remark> {
        let collision = self.reset && self.not_reset;
        let collision = collision.then_some(Remark::Collision(Operation::Aggregation));
        let reconciled = self.reconciled.then_some(Remark::Reconciled(Operation::Aggregation));
        collision.into_iter().chain(reconciled)
    }
}

/// The sum of all points; nothing when they do not fit each other.
pub(super) fn sum(points: &[&Histogram], native: &mut Native<'_>) -> Option<Histogram> {
    let (first, rest) = points.split_first()?;
    let (mut sum, mut noticed) = (HistogramSum::of(first), Noticed::default());
    noticed.hint(first.hint);
    for point in rest {
        noticed.hint(point.hint);
        match sum.add(point) {
            Ok(combined) => noticed.combined(combined),
            Err(mixed) => return refused(mixed, native),
        }
    }
    noticed.remarks().for_each(|remark| native.note(remark));
    Some(sum.total())
}

/// The mean of all points; nothing when they do not fit each other.
pub(super) fn mean(points: &[&Histogram], native: &mut Native<'_>) -> Option<Histogram> {
    let (first, rest) = points.split_first()?;
    let (mut mean, mut noticed) = (Mean::of(first), Noticed::default());
    noticed.hint(first.hint);
    for point in rest {
        noticed.hint(point.hint);
        match mean.add(point) {
            Ok(combined) => noticed.combined(combined),
            Err(mixed) => return refused(mixed, native),
        }
    }
    noticed.remarks().for_each(|remark| native.note(remark));
    Some(mean.mean())
}

fn refused(_: MixedSchemas, native: &mut Native<'_>) -> Option<Histogram> {
    native.note(Remark::MixedSchemas);
    None
}

/// A running mean: the sum divided by the count until the sum would overflow, from then on a mean
/// that is moved by each histogram.
#[derive(Clone, Debug)]
pub(crate) struct Mean {
    value: HistogramSum,
    count: f64,
    incremental: bool,
}

impl Mean {
    /// The mean of one histogram.
    pub(crate) fn of(first: &Histogram) -> Self {
        Self { value: HistogramSum::of(first), count: 1.0, incremental: false }
    }

    pub(crate) fn add(&mut self, histogram: &Histogram) -> Result<Combined, MixedSchemas> {
        self.count += 1.0;
        let mut noticed = Combined::default();
        if !self.incremental {
            let mut sum = self.value.clone();
            let combined = sum.add(histogram)?;
            if !sum.has_overflow() {
                self.value = sum;
                return Ok(combined);
            }
            noticed.reconciled = combined.reconciled;
            self.incremental = true;
            self.value.divide(self.count - 1.0);
        }
        self.value.multiply((self.count - 1.0) / self.count);
        let mut part = histogram.clone();
        part.divide(self.count);
        let combined = self.value.add(&part)?;
        noticed.reconciled |= combined.reconciled;
        Ok(noticed)
    }

    pub(crate) fn mean(mut self) -> Histogram {
        if !self.incremental {
            self.value.divide(self.count);
        }
        self.value.total()
    }
}
