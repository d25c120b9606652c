//! Binary operators, with all that can be said about matching.

use super::super::tree::{Kind, Tree};
use super::Grammar;

const ARITHMETIC: [&str; 9] = ["+", "-", "*", "/", "%", "^", "atan2", "</", ">/"];
const COMPARISONS: [&str; 6] = ["==", "!=", "<", ">", "<=", ">="];
const SETS: [&str; 3] = ["and", "or", "unless"];

impl Grammar<'_> {
    /// An operator between two vectors.
    pub(super) fn between_vectors(&mut self, depth: i64) -> Tree {
        let [left, right] = self.operands(depth);
        let (operator, modifiers) = match self.random.weighted(&[45, 30, 25]) {
            0 => (self.random.pick(&ARITHMETIC).to_owned(), self.matching(true)),
            1 => (self.comparison(), self.matching(true)),
            _ => (self.random.pick(&SETS).to_owned(), self.matching(false)),
        };
        let tree = Tree::new(Kind::Vector).text("(").part(left).text(format!(" {operator}"));
        tree.optional(modifiers).text(" ").part(right).text(")")
    }

    /// Two vectors, which often have to do with each other.
    fn operands(&mut self, depth: i64) -> [Tree; 2] {
        match self.random.weighted(&[35, 35, 30]) {
            // The same series in two states.
            0 => {
                let metric = self.metric();
                let left = self.selector_of(&metric);
                [left, self.selector_of(&metric)]
            }
            // Both with the same labels.
            1 => {
                let labels = self.labels(2);
                let mut side = || {
                    let operator = self.random.pick(&["sum", "max", "avg", "count"]);
                    let part = self.vector(depth - 1);
                    Tree::new(Kind::Vector)
                        .text(format!("{operator} by ({labels}) ("))
                        .part(part)
                        .text(")")
                };
                [side(), side()]
            }
            _ => [self.vector(depth - 1), self.vector(depth - 1)],
        }
    }

    fn comparison(&mut self) -> String {
        let operator = self.random.pick(&COMPARISONS);
        if self.random.percent(30) { format!("{operator} bool") } else { operator.to_owned() }
    }

    fn matching(&mut self, grouping: bool) -> String {
        let mut text = String::new();
        if self.random.percent(45) {
            let kind = if self.random.percent(60) { "on" } else { "ignoring" };
            text = format!(" {kind} ({})", self.labels(3));
            if grouping && self.random.percent(45) {
                let side = if self.random.percent(50) { "left" } else { "right" };
                text = format!("{text} group_{side} ({})", self.labels(1));
            }
        }
        if grouping && self.random.percent(20) {
            const FILLS: [&str; 5] = [
                " fill (0)",
                " fill_left (1)",
                " fill_right (-1)",
                " fill_left (0) fill_right (2)",
                " fill (NaN)",
            ];
            text += self.random.pick(&FILLS);
        }
        text
    }

    /// An operator between a vector and a scalar.
    pub(super) fn with_scalar(&mut self, depth: i64) -> Tree {
        let operator = if self.random.percent(60) {
            self.random.pick(&ARITHMETIC).to_owned()
        } else {
            self.comparison()
        };
        let vector = self.vector(depth - 1);
        let scalar = self.scalar(depth - 1);
        let [left, right] =
            if self.random.percent(70) { [vector, scalar] } else { [scalar, vector] };
        Tree::new(Kind::Vector)
            .text("(")
            .part(left)
            .text(format!(" {operator} "))
            .part(right)
            .text(")")
    }
}
