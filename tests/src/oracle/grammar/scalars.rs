//! Scalars.

use super::super::tree::{Kind, Tree};
use super::Grammar;

const NUMBERS: [&str; 20] = [
    "0", "1", "2", "3", "-1", "0.5", "2.5", "10", "100", "1e3", "0x1F", "1_000", ".5", "NaN",
    "Inf", "-Inf", "1e300", "5m", "-0", "1e-9",
];
const QUANTILES: [&str; 10] =
    ["0.5", "0.9", "0.99", "0", "1", "0.25", "-0.1", "1.5", "NaN", "0.999"];
const OPERATORS: [&str; 13] = [
    "+", "-", "*", "/", "%", "^", "atan2", "== bool", "!= bool", "< bool", "> bool", "<= bool",
    ">= bool",
];

impl Grammar<'_> {
    pub(super) fn number(&mut self) -> Tree {
        Tree::leaf(Kind::Scalar, self.random.pick(&NUMBERS))
    }

    /// A number as quantiles are.
    pub(super) fn quantile(&mut self) -> Tree {
        Tree::leaf(Kind::Scalar, self.random.pick(&QUANTILES))
    }

    pub(super) fn scalar(&mut self, depth: i64) -> Tree {
        if depth <= 0 {
            return self.number();
        }
        let scalar = Tree::new(Kind::Scalar);
        match self.random.weighted(&[40, 15, 15, 20, 5, 5]) {
            0 => self.number(),
            1 => self.scalar_call(depth),
            2 => scalar.text("scalar(").part(self.vector(depth - 1)).text(")"),
            3 => {
                let left = self.scalar(depth - 1);
                let operator = self.random.pick(&OPERATORS);
                let right = self.scalar(depth - 1);
                scalar.text("(").part(left).text(format!(" {operator} ")).part(right).text(")")
            }
            4 => scalar.text("-(").part(self.scalar(depth - 1)).text(")"),
            _ => scalar.text("(").part(self.scalar(depth - 1)).text(")"),
        }
    }
}
