//! Aggregations.

use super::super::tree::{Kind, Tree};
use super::Grammar;

const AGGREGATIONS: [&str; 14] = [
    "sum",
    "sum",
    "avg",
    "count",
    "group",
    "min",
    "max",
    "stddev",
    "stdvar",
    "quantile",
    "topk",
    "bottomk",
    "count_values",
    "limit",
];

impl Grammar<'_> {
    pub(super) fn aggregation(&mut self, depth: i64) -> Tree {
        let name = self.random.pick(&AGGREGATIONS);
        let grouping = match self.random.weighted(&[30, 45, 25]) {
            0 => String::new(),
            1 => format!(" by ({})", self.labels(3)),
            _ => format!(" without ({})", self.labels(2)),
        };
        let tree = Tree::new(Kind::Vector);
        let tree = match name {
            "quantile" => {
                let quantile = self.unpinned(|grammar| grammar.quantile_or_scalar(depth));
                with_parameter(tree, name, &grouping, quantile)
            }
            "topk" | "bottomk" => with_parameter(tree, name, &grouping, self.how_many(depth)),
            "count_values" => {
                let label = self.random.pick(&["value", "job", "x"]);
                let label = Tree::leaf(Kind::Text, format!("\"{label}\""));
                with_parameter(tree, name, &grouping, label)
            }
            "limit" if self.random.percent(50) => {
                with_parameter(tree, "limitk", &grouping, self.how_many(depth))
            }
            "limit" => {
                let ratio = self.random.pick(&["0.5", "-0.5", "0", "1", "-1", "0.3", "2", "NaN"]);
                let ratio = Tree::leaf(Kind::Scalar, ratio);
                with_parameter(tree, "limit_ratio", &grouping, ratio)
            }
            name => tree.text(name).optional(grouping).text(" ("),
        };
        let of = if self.random.percent(60) { self.vector(depth - 1) } else { self.selector() };
        tree.part(of).text(")")
    }

    fn how_many(&mut self, depth: i64) -> Tree {
        if self.random.percent(85) {
            let count = self.random.pick(&["1", "2", "3", "5", "100", "0", "-1", "2.7"]);
            Tree::leaf(Kind::Scalar, count)
        } else {
            self.unpinned(|grammar| grammar.scalar(depth - 1))
        }
    }

    /// What `make` makes without `@`: in the parameter of an aggregation over a range, upstream takes the time after `@`
    /// for that of the first step, and goes on from there.
    fn unpinned(&mut self, make: impl FnOnce(&mut Self) -> Tree) -> Tree {
        let before = std::mem::replace(&mut self.pins, false);
        let tree = make(self);
        self.pins = before;
        tree
    }

    pub(super) fn quantile_or_scalar(&mut self, depth: i64) -> Tree {
        if self.random.percent(85) { self.quantile() } else { self.scalar(depth - 1) }
    }
}

fn with_parameter(tree: Tree, name: &str, grouping: &str, parameter: Tree) -> Tree {
    tree.text(name).optional(grouping).text(" (").part(parameter).text(", ")
}
