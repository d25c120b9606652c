//! Made-up expressions, of the right types, about made-up data.

mod aggregations;
mod calls;
mod operators;
mod scalars;
mod selectors;

use super::data::{METRICS, Metric};
use super::random::Random;
use super::tree::{Kind, Tree};

/// A function as calls see it.
#[derive(Clone, Debug)]
pub struct Function {
    /// The function's name.
    pub name: &'static str,
    /// The types of the arguments that it must have.
    pub args: Vec<Kind>,
    /// The types of those that may follow.
    pub optional: Vec<Kind>,
    /// What it is the value of.
    pub returns: Kind,
}

/// Makes expressions up.
#[derive(Debug)]
pub struct Grammar<'f> {
    random: Random,
    functions: &'f [Function],
    /// Whether `@` may be used.
    pins: bool,
}

/// How deep expressions nest.
const DEPTH_MAX: i64 = 4;

impl<'f> Grammar<'f> {
    /// The expressions that `random` gives, which call `functions`.
    pub const fn new(random: Random, functions: &'f [Function]) -> Self {
        Self { random, functions, pins: true }
    }

    /// An expression that a query can ask for; one over a range has to be a vector or a scalar.
    pub fn expression(&mut self, range: bool) -> Tree {
        let depth = self.random.between(1, DEPTH_MAX);
        match self.random.weighted(&[88, 7, if range { 0 } else { 4 }, u64::from(!range)]) {
            0 => self.vector(depth),
            1 => self.scalar(depth),
            2 => self.matrix(depth),
            _ => Tree::leaf(Kind::Text, "\"a text\""),
        }
    }

    fn of_kind(&mut self, kind: Kind, depth: i64) -> Tree {
        match kind {
            Kind::Scalar => self.scalar(depth),
            Kind::Vector => self.vector(depth),
            Kind::Matrix => self.matrix(depth),
            Kind::Text => Tree::leaf(Kind::Text, "\"text\""),
        }
    }

    fn vector(&mut self, depth: i64) -> Tree {
        if depth <= 0 {
            return self.selector();
        }
        match self.random.weighted(&[12, 24, 14, 18, 18, 14, 3, 3, 4]) {
            0 => self.selector(),
            1 => self.call_over(Kind::Matrix, depth),
            2 => self.call_over(Kind::Vector, depth),
            3 => self.aggregation(depth),
            4 => self.between_vectors(depth),
            5 => self.with_scalar(depth),
            6 => Tree::new(Kind::Vector).text("-(").part(self.vector(depth - 1)).text(")"),
            7 => Tree::new(Kind::Vector).text("(").part(self.vector(depth - 1)).text(")"),
            _ => self.quantile_of_buckets(),
        }
    }

    fn metric(&mut self) -> Metric {
        self.random.pick(&METRICS)
    }

    /// Some labels of the data, as they stand in a grouping.
    fn labels(&mut self, most: i64) -> String {
        const LABELS: [&str; 9] =
            ["job", "job", "instance", "instance", "code", "le", "version", "nosuch", "__name__"];
        let count = self.random.between(0, most);
        let mut labels: Vec<&str> = (0..count).map(|_| self.random.pick(&LABELS)).collect();
        labels.dedup();
        labels.join(", ")
    }
}
