//! Counts: plain ones, and compensated ones that many others are added to.

use crate::kahan;

/// A count that can be added to.
pub trait Cell: Copy + Default {
    /// Adds a plain number.
    fn add_value(&mut self, x: f64);

    /// Adds a compensated number, as far as this type can hold its compensation.
    fn add(&mut self, x: Compensated);

    /// The number without its compensation.
    fn value(self) -> f64;

    /// The number with its compensation.
    fn compensated(self) -> Compensated;

    /// Makes the cell from a number and its compensation.
    fn from_compensated(x: Compensated) -> Self;

    /// Applies `f` to the number and to its compensation.
    #[must_use]
    fn map(self, f: impl Fn(f64) -> f64) -> Self;

    /// Whether there is nothing at all.
    fn is_zero(self) -> bool;
}

/// A number and what rounding has taken from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Compensated {
    /// The number.
    pub sum: f64,
    /// What is to be added to it.
    pub c: f64,
}

impl Compensated {
    /// The number as it is, without a compensation.
    pub const fn of(value: f64) -> Self {
        Self { sum: value, c: 0.0 }
    }

    /// The number with its compensation.
    pub fn total(self) -> f64 {
        self.sum + self.c
    }
}

impl Cell for f64 {
    fn add_value(&mut self, x: f64) {
        *self += x;
    }

    fn add(&mut self, x: Compensated) {
        *self += x.sum;
    }

    fn value(self) -> f64 {
        self
    }

    fn compensated(self) -> Compensated {
        Compensated::of(self)
    }

    fn from_compensated(x: Compensated) -> Self {
        x.sum
    }

    fn map(self, f: impl Fn(Self) -> Self) -> Self {
        f(self)
    }

    fn is_zero(self) -> bool {
        self == 0.0
    }
}

impl Cell for Compensated {
    fn add_value(&mut self, x: f64) {
        (self.sum, self.c) = kahan::inc(x, self.sum, self.c);
    }

    fn add(&mut self, x: Self) {
        self.add_value(x.sum);
        if x.c != 0.0 {
            self.add_value(x.c);
        }
    }

    fn value(self) -> f64 {
        self.sum
    }

    fn compensated(self) -> Compensated {
        self
    }

    fn from_compensated(x: Compensated) -> Self {
        x
    }

    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { sum: f(self.sum), c: f(self.c) }
    }

    fn is_zero(self) -> bool {
        self.sum == 0.0 && self.c == 0.0
    }
}
