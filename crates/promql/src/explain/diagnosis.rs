//! Finds out why nodes are empty.
//!
//! Nodes that were computed in one go with others are computed again by themselves, but only where
//! all of them together came to nothing.

use std::sync::Arc;

use hashbrown::HashSet;
use regain_storage::{Ctx, Queryable, Snapshot, is_histogram};

use super::outline::{Item, What};
use super::reason::EmptyReason;
use super::samples::Look;
use super::series::why_no_series;
use super::{Evaluation, ExplainedNode, kind};
use crate::eval::{Evaluator, Question};
use crate::eval_error::Result;
use crate::grid::{Grid, Matrix, is_absent};
use crate::plan::{Map, Node, RangeArg, RangeCallNode, RangeSource, Selector, SetNode, SetOp};
use crate::plan::{VectorScalar, VectorVector};

/// The functions that need two samples.
const OF_TWO: [&str; 8] = [
    "delta",
    "deriv",
    "double_exponential_smoothing",
    "idelta",
    "increase",
    "irate",
    "predict_linear",
    "rate",
];

/// Longer expressions are not repeated in a reason.
const SHOWN_BYTES_MAX: usize = 40;

/// A query that has been evaluated, and what it was evaluated from.
pub(super) struct Diagnosis<'d> {
    pub(super) question: Question<'d>,
    pub(super) source: &'d dyn Queryable,
    pub(super) snapshot: &'d dyn Snapshot,
    pub(super) ctx: &'d Arc<Ctx>,
    pub(super) items: &'d [Item<'d>],
    pub(super) nodes: &'d [ExplainedNode],
}

impl<'d> Diagnosis<'d> {
    /// The reason for each empty node.
    pub(super) fn reasons(&self) -> Result<Vec<Option<EmptyReason>>> {
        let mut reasons: Vec<Option<EmptyReason>> = self.items.iter().map(|_| None).collect();
        let mut full = HashSet::new();
        // Each node stands before those below it.
        for at in (0..self.items.len()).rev() {
            if self.is_empty(at, &reasons, &mut full)? {
                reasons[at] = Some(self.reason(at, &reasons)?);
            }
        }
        Ok(reasons)
    }

    fn evaluator(&self) -> Evaluator<'d> {
        Evaluator::new(self.question, self.snapshot, self.ctx)
    }

    /// Whether a node is a vector without series; `reasons` are those of the nodes below, and `full` are nodes of which
    /// it is known that they have some.
    fn is_empty(
        &self,
        at: usize,
        reasons: &[Option<EmptyReason>],
        full: &mut HashSet<usize>,
    ) -> Result<bool> {
        match &self.nodes[at].evaluation {
            Evaluation::Settled | Evaluation::Skipped => Ok(false),
            Evaluation::Measured(figures) => Ok(figures.series == Some(0)),
            Evaluation::SharedWith(lender) => match &self.nodes[*lender].evaluation {
                Evaluation::Measured(figures) => Ok(figures.series == Some(0)),
                _ => Ok(false),
            },
            Evaluation::PartOf(lead) => {
                let item = &self.items[at];
                // What a chain makes of nothing is nothing.
                if item.children.iter().any(|child| reasons[*child].is_some()) {
                    return Ok(true);
                }
                // Each series at the end of a chain is one that was there from its start on, and
                // only what asks for absence has a result where there is none.
                let Evaluation::Measured(figures) = &self.nodes[*lead].evaluation else {
                    return Ok(false);
                };
                if figures.series != Some(0) && !asks_for_absence(&self.items[*lead]) {
                    return Ok(false);
                }
                if !full.contains(&at) {
                    full.extend(self.full_from(at, *lead)?);
                }
                Ok(!full.contains(&at))
            }
        }
    }

    /// The nodes that have series, from `at` up to below `lead`, with which they were computed in one go. What a chain
    /// makes of nothing is nothing, so that few of its nodes have to be computed again to find where that begins.
    fn full_from(&self, at: usize, lead: usize) -> Result<Vec<usize>> {
        let above = |at: &usize| self.items[*at].parent;
        let mut chain: Vec<usize> = std::iter::successors(Some(at), above)
            .take_while(
                |at| matches!(self.nodes[*at].evaluation, Evaluation::PartOf(of) if of == lead),
            )
            .collect();
        let (mut low, mut high) = (0, chain.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.recompute_is_empty(&self.items[chain[middle]])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        chain.truncate(low);
        Ok(chain)
    }

    fn recompute_is_empty(&self, item: &Item<'_>) -> Result<bool> {
        match item.what {
            What::Settled => Ok(false),
            What::Selector(selector) => Ok(self.selected(selector, &item.grid)?.len() == 0),
            What::Node(node) => Ok(self.vector(node, &item.grid)?.len() == 0),
            What::Range(arg) => match &arg.source {
                RangeSource::Subquery { inner, step } => {
                    let grid = self.evaluator().subquery_grid(arg, *step, &item.grid)?;
                    Ok(grid.len == 0 || self.vector(inner, &grid)?.len() == 0)
                }
                RangeSource::Series(matchers) => {
                    let reach = self.evaluator().reach(arg, &item.grid);
                    let look = Look { source: self.source, ctx: self.ctx, matchers, reach };
                    Ok(!look.finds_any(self.snapshot)?)
                }
            },
        }
    }

    /// The vector of a node; nothing where it is a scalar.
    fn vector(&self, node: &Node, grid: &Grid) -> Result<Matrix> {
        self.evaluator().vector(node, grid)
    }

    fn selected(&self, selector: &Selector, grid: &Grid) -> Result<Matrix> {
        self.vector(&Node::Select(selector.clone()), grid)
    }

    /// Why the node is empty; `reasons` are those of the nodes below.
    fn reason(&self, at: usize, reasons: &[Option<EmptyReason>]) -> Result<EmptyReason> {
        let item = &self.items[at];
        if let Evaluation::SharedWith(lender) = self.nodes[at].evaluation {
            return Ok(EmptyReason::EmptyInput { nodes: vec![lender] });
        }
        let below = item.children.iter().copied().filter(|child| reasons[*child].is_some());
        let empty_input = EmptyReason::EmptyInput { nodes: below.collect() };
        let is_input_empty = item.children.iter().any(|child| reasons[*child].is_some());
        match item.what {
            What::Selector(selector) => self.of_selector(selector, &item.grid),
            What::Range(arg) => match &arg.source {
                RangeSource::Series(_) => self.of_range(arg, &item.grid),
                RangeSource::Subquery { .. } if is_input_empty => Ok(empty_input),
                RangeSource::Subquery { step, .. } => Ok(self.of_subquery(arg, *step)),
            },
            // Its right side may be empty.
            What::Node(Node::Set(SetNode { op: SetOp::Unless, .. }))
                if reasons[item.children[0]].is_none() =>
            {
                Ok(EmptyReason::Excluded { series: self.series_of(item.children[0])? })
            }
            // What is not empty has no reason to be there.
            What::Node(Node::Absent { .. }) => Ok(present(item)),
            _ if asks_for_absence(item) => Ok(present(item)),
            _ if is_input_empty => Ok(empty_input),
            What::Node(node) => self.of_node(at, node),
            What::Settled => Ok(nothing_comes_out(item)),
        }
    }

    fn of_selector(&self, selector: &Selector, grid: &Grid) -> Result<EmptyReason> {
        let matchers = &selector.matchers;
        if let Some(reason) = why_no_series(self.snapshot, matchers)? {
            return Ok(reason);
        }
        let reach = self.evaluator().lookback(selector, grid);
        let look = Look { source: self.source, ctx: self.ctx, matchers, reach };
        look.why_nothing_at(self.question.options.lookback_delta_ms)
    }

    fn of_range(&self, arg: &RangeArg, grid: &Grid) -> Result<EmptyReason> {
        let RangeSource::Series(matchers) = &arg.source else {
            return Ok(EmptyReason::NothingComesOut { what: "a subquery".to_owned() });
        };
        if let Some(reason) = why_no_series(self.snapshot, matchers)? {
            return Ok(reason);
        }
        let reach = self.evaluator().reach(arg, grid);
        let look = Look { source: self.source, ctx: self.ctx, matchers, reach };
        let reason = look.why_nothing_over(None)?;
        Ok(reason.unwrap_or_else(|| EmptyReason::NothingComesOut { what: "the range".to_owned() }))
    }

    fn of_subquery(&self, arg: &RangeArg, step: Option<i64>) -> EmptyReason {
        let step_ms = step.unwrap_or(self.question.options.step_default_ms);
        EmptyReason::NoSubqueryStep { range_ms: arg.range, step_ms }
    }

    /// Why an operation on what is not empty comes to nothing.
    fn of_node(&self, at: usize, node: &Node) -> Result<EmptyReason> {
        let item = &self.items[at];
        match node {
            Node::RangeCall(call) => self.of_range_call(call, item),
            Node::VectorScalar(node) if node.op.is_comparison() && !node.as_bool => {
                self.of_comparison(node, item)
            }
            Node::VectorVector(node) => Ok(self.of_operation(at, node)),
            Node::Set(_) => Ok(self.no_match(at).unwrap_or(EmptyReason::NeverTogether)),
            Node::HistogramQuantile { .. }
            | Node::HistogramQuantiles(_)
            | Node::HistogramFraction { .. } => self.of_histogram(item),
            Node::Map { map: Map::Stat(_), .. } => {
                Ok(EmptyReason::NoHistograms { function: kind::label(item.expr) })
            }
            _ => Ok(nothing_comes_out(item)),
        }
    }

    fn of_range_call(&self, call: &RangeCallNode, item: &Item<'_>) -> Result<EmptyReason> {
        if let RangeSource::Series(matchers) = &call.arg.source
            && OF_TWO.contains(&call.name.as_str())
        {
            let reach = self.evaluator().reach(&call.arg, &item.grid);
            let look = Look { source: self.source, ctx: self.ctx, matchers, reach };
            if let Some(reason) = look.why_nothing_over(Some(&call.name))? {
                return Ok(reason);
            }
        }
        Ok(nothing_comes_out(item))
    }

    fn of_comparison(&self, node: &VectorScalar, item: &Item<'_>) -> Result<EmptyReason> {
        let matrix = self.vector(&node.vector, &item.grid)?;
        let values = matrix.values.iter().copied();
        let numbers = values.filter(|value| !is_absent(*value) && !is_histogram(*value));
        let range = numbers.filter(|value| !value.is_nan()).fold(None, |range, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((value.min(low), value.max(high)))
        });
        let (op, series) = (self.comparison(node, item), matrix.len() as u64);
        Ok(EmptyReason::ComparisonNeverHolds { op, series, values: range })
    }

    /// A comparison with what is compared with, unless that is long.
    fn comparison(&self, node: &VectorScalar, item: &Item<'_>) -> String {
        let op = kind::label(item.expr);
        let scalar = item.children.get(usize::from(!node.scalar_left));
        let scalar = scalar.map(|at| self.items[*at].expr.to_string()).unwrap_or_default();
        match (scalar.len() <= SHOWN_BYTES_MAX, node.scalar_left) {
            (false, _) => op,
            (true, false) => format!("{op} {scalar}"),
            (true, true) => format!("{scalar} {op}"),
        }
    }

    fn of_operation(&self, at: usize, node: &VectorVector) -> EmptyReason {
        if let Some(reason) = self.no_match(at) {
            return reason;
        }
        if node.op.is_comparison() && !node.as_bool {
            let op = kind::label(self.items[at].expr);
            let series = match &self.nodes[at].evaluation {
                Evaluation::Measured(figures) => {
                    figures.matching.as_ref().map_or(0, |matching| matching.matched)
                }
                _ => 0,
            };
            return EmptyReason::ComparisonNeverHolds { op, series, values: None };
        }
        EmptyReason::NeverTogether
    }

    /// That no series match, where none do.
    fn no_match(&self, at: usize) -> Option<EmptyReason> {
        let Evaluation::Measured(figures) = &self.nodes[at].evaluation else { return None };
        let matching = figures.matching.as_ref().filter(|matching| matching.matched == 0)?;
        Some(EmptyReason::NoMatch {
            left: matching.left,
            right: matching.right,
            left_example: matching.unmatched_left.examples.first().cloned(),
            right_example: matching.unmatched_right.examples.first().cloned(),
            differences: matching.differences.clone(),
        })
    }

    fn of_histogram(&self, item: &Item<'_>) -> Result<EmptyReason> {
        let What::Node(node) = item.what else { return Ok(nothing_comes_out(item)) };
        let input = match node {
            Node::HistogramQuantile { input, .. } | Node::HistogramFraction { input, .. } => input,
            Node::HistogramQuantiles(node) => &node.input,
            _ => return Ok(nothing_comes_out(item)),
        };
        let matrix = self.vector(input, &item.grid)?;
        let arena = self.ctx.labels.read();
        let bucket = arena.symbol("le");
        let is_bucket = |row: &crate::grid::RowLabels| {
            bucket.is_some_and(|le| arena.get(row.labels, le).is_some())
        };
        if matrix.labels.iter().any(is_bucket) {
            return Ok(nothing_comes_out(item));
        }
        Ok(EmptyReason::NoBuckets {
            function: kind::label(item.expr),
            series: matrix.len() as u64,
            example: matrix.labels.first().map(|row| arena.labels(row.labels)),
        })
    }

    /// How many series a node has.
    fn series_of(&self, at: usize) -> Result<u64> {
        let item = &self.items[at];
        match (&self.nodes[at].evaluation, item.what) {
            (Evaluation::Measured(figures), _) => Ok(figures.series.unwrap_or_default()),
            (_, What::Node(node)) => Ok(self.vector(node, &item.grid)?.len() as u64),
            (_, What::Selector(selector)) => Ok(self.selected(selector, &item.grid)?.len() as u64),
            _ => Ok(0),
        }
    }
}

fn asks_for_absence(item: &Item<'_>) -> bool {
    matches!(item.what, What::Node(Node::RangeCall(call)) if call.absent.is_some())
}

fn nothing_comes_out(item: &Item<'_>) -> EmptyReason {
    EmptyReason::NothingComesOut { what: kind::label(item.expr) }
}

fn present(item: &Item<'_>) -> EmptyReason {
    EmptyReason::Present { function: kind::label(item.expr) }
}
