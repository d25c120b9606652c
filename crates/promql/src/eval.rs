//! The evaluator: walks a plan and computes every node for all steps at once.
//!
//! Whatever reads one selector and then looks at each series by itself becomes one
//! [`Scan`](crate::scan::Scan); everything else works on whole vectors.

mod aggregates;
mod calls;
mod checks;
mod counted;
mod fused;
mod histograms;
mod info;
mod joined;
mod labels;
mod lent;
mod ranges;
mod root;
mod sorting;

use std::sync::Arc;

use regain_storage::{Ctx, Snapshot, is_histogram};

use crate::annotations::Annotations;
use crate::binary;
use crate::engine::EngineOptions;
use crate::eval_error::{EvalError, Result};
use crate::explain::Profile;
use crate::grid::{Grid, Held, Matrix, RowLabels, is_absent};
use crate::label_sets::empty_set;
use crate::laps::Laps;
use crate::ledger::Ledger;
use crate::native::Notes;
use crate::plan::{Node, ScalarMap};
use crate::regex_cache::RegexCache;
use crate::scan::Gathering;
use crate::sharing::Shares;
use crate::value::QueryStats;

pub(crate) use root::{Question, answer, answer_from};

const MILLIS_A_SECOND: i64 = 1000;

/// The state of one query.
pub(crate) struct Evaluator<'q> {
    pub(crate) options: &'q EngineOptions,
    pub(crate) regexes: &'q RegexCache,
    pub(crate) snapshot: &'q dyn Snapshot,
    pub(crate) ctx: &'q Arc<Ctx>,
    pub(crate) annotations: Annotations,
    pub(crate) stats: QueryStats,
    /// Whether the steps of the query must not show which others were asked for.
    pub(crate) over_time: bool,
    /// Whether several operations may be done on each series before the next one is read.
    pub(crate) fuse: bool,
    /// Whether rows of series that come in any order are gathered.
    pub(crate) gathering: Gathering,
    /// What several parts of the query ask for.
    pub(crate) shares: Shares<'q>,
    /// What is noted for an explanation; `None` unless one was asked for.
    pub(crate) profile: Option<Profile<'q>>,
    /// What upstream would count; `None` unless somebody wants to know. Then nothing is fused or shared.
    pub(crate) ledger: Option<Ledger>,
    /// How many samples upstream may hold that are not held here: those of scalars, and copies of what is shared.
    pub(crate) unheld_max: u64,
    /// How many samples upstream may hold of the vectors that the node at work is made of.
    pub(crate) operands: u64,
    pub(crate) laps: Laps<'q>,
}

/// What a node becomes.
#[derive(Debug)]
pub(crate) enum Output {
    /// A number for each step.
    Scalar(Vec<f64>),
    Vector(Matrix),
    Text(String),
}

impl Evaluator<'_> {
    /// The vector that `node` becomes, whoever else asks for it.
    fn unshared_vector(&mut self, node: &Node, grid: &Grid) -> Result<Matrix> {
        let held_bytes = self.ctx.bytes.held();
        let siblings = std::mem::take(&mut self.operands);
        let output = self.eval_unshared(node, grid)?;
        let operands = std::mem::replace(&mut self.operands, siblings);
        match output {
            Output::Vector(mut matrix) => {
                let held = matrix.hold(self.ctx);
                held.map_err(|error| error.in_part(held_bytes, || node.place()))?;
                // Upstream holds what a vector is made of for as long as it makes it.
                self.check_room(operands)?;
                self.add_operand(&matrix);
                Ok(matrix)
            }
            _ => Err(EvalError::Unsupported("a scalar in place of a vector")),
        }
    }

    /// The numbers that `node` becomes.
    pub(crate) fn scalars(&mut self, node: &Node, grid: &Grid) -> Result<Vec<f64>> {
        match self.eval(node, grid)? {
            Output::Scalar(values) => Ok(values),
            _ => Err(EvalError::Unsupported("a vector in place of a scalar")),
        }
    }

    /// What `node` becomes on `grid`.
    pub(crate) fn eval(&mut self, node: &Node, grid: &Grid) -> Result<Output> {
        match self.shares.key(node, grid) {
            Some(_) => self.vector(node, grid).map(Output::Vector),
            None => self.eval_unshared(node, grid),
        }
    }

    fn eval_unshared(&mut self, node: &Node, grid: &Grid) -> Result<Output> {
        self.ctx.cancel.check()?;
        let held_bytes = self.ctx.bytes.held();
        let output = if self.profile.is_some() {
            self.eval_profiled(node, grid)
        } else {
            self.compute(node, grid)
        };
        output.map_err(|error| error.in_part(held_bytes, || node.place()))
    }

    /// What `node` becomes on `grid`, with nothing noted about `node` itself.
    pub(crate) fn compute(&mut self, node: &Node, grid: &Grid) -> Result<Output> {
        if self.ledger.is_some() {
            self.compute_counted(node, grid)
        } else {
            self.compute_uncounted(node, grid)
        }
    }

    fn compute_uncounted(&mut self, node: &Node, grid: &Grid) -> Result<Output> {
        let before = (self.annotations.clone(), self.stats);
        if let Some(fused) = self.fused(node, grid)? {
            return self.collect(&fused, node, grid, before).map(Output::Vector);
        }
        match node {
            Node::Text(text) => Ok(Output::Text(text.clone())),
            Node::Constant(inner) => self.constant(inner, grid),
            Node::Number(_)
            | Node::Time
            | Node::Scalar(_)
            | Node::ScalarNegate(_)
            | Node::ScalarMap { .. } => self.scalar(node, grid).map(Output::Scalar),
            _ => self.instant_vector(node, grid).map(Output::Vector),
        }
    }

    fn constant(&mut self, inner: &Node, grid: &Grid) -> Result<Output> {
        if grid.len == 1 {
            return self.once(inner, grid);
        }
        Ok(match self.once(inner, grid)? {
            Output::Scalar(values) => Output::Scalar(
                values.iter().flat_map(|&value| std::iter::repeat_n(value, grid.len)).collect(),
            ),
            Output::Vector(matrix) => {
                let mut held = Held::new(self.ctx, 0)?;
                held.add_bytes(matrix.size_bytes().saturating_mul(grid.len))?;
                let mut matrix = matrix.broadcast(grid.len);
                matrix.adopt(held);
                Output::Vector(matrix)
            }
            text @ Output::Text(_) => text,
        })
    }

    fn scalar(&mut self, node: &Node, grid: &Grid) -> Result<Vec<f64>> {
        Ok(match node {
            Node::Number(value) => vec![*value; grid.len],
            Node::Time => grid.times().map(|time| time as f64 / 1000.0).collect(),
            Node::Scalar(inner) => only_values(&*self.lent(inner, grid)?),
            Node::ScalarNegate(inner) => {
                let mut values = self.scalars(inner, grid)?;
                for value in &mut values {
                    *value = -*value;
                }
                values
            }
            Node::ScalarMap { map, left, right } => {
                let (left, right) = (self.scalars(left, grid)?, self.scalars(right, grid)?);
                let pairs = left.iter().zip(&right);
                pairs.map(|(&left, &right)| apply(*map, left, right)).collect()
            }
            _ => return Err(EvalError::Unsupported("a vector in place of a scalar")),
        })
    }

    fn instant_vector(&mut self, node: &Node, grid: &Grid) -> Result<Matrix> {
        match node {
            Node::Vector(inner) => {
                let values = self.scalars(inner, grid)?;
                Ok(self.unnamed(&values))
            }
            Node::StepDate(part) => {
                let values: Vec<f64> =
                    grid.times().map(|time| part(time / MILLIS_A_SECOND) as f64).collect();
                Ok(self.unnamed(&values))
            }
            Node::RangeCall(call) => self.range_call(call, grid),
            Node::Map { map, input, params } => self.map(*map, input, params, grid),
            Node::VectorScalar(node) => self.vector_scalar(node, grid),
            Node::VectorVector(node) => {
                let left = self.lent(&node.left, grid)?;
                let right = self.lent(&node.right, grid)?;
                self.note_matching(node.matching.on, &node.matching.labels, [&left, &right]);
                let delayed = self.options.features.delayed_name_removal;
                let mut notes = Notes::default();
                let result = binary::vectors(self.ctx, node, [&left, &right], delayed, &mut notes);
                self.annotate(&notes, &node.at);
                result
            }
            Node::Set(node) => {
                let left = self.vector(&node.left, grid)?;
                let right = self.lent(&node.right, grid)?;
                self.note_matching(node.on, &node.labels, [&left, &right]);
                binary::set(self.ctx, node, left, &right)
            }
            Node::Aggregate(node) => self.aggregate(node, grid),
            Node::Absent { input, labels } => self.absent(input, labels, grid),
            Node::LabelReplace(node) => self.label_replace(node, grid),
            Node::LabelJoin { input, target, separator, sources } => {
                self.label_join(input, target, separator, sources, grid)
            }
            Node::Sort { input, by, descending, at } => self.sort(input, by, *descending, at, grid),
            Node::HistogramQuantile { quantile, input, at } => {
                self.histogram_quantile(quantile, input, at, grid)
            }
            Node::HistogramQuantiles(node) => self.histogram_quantiles(node, grid),
            Node::HistogramFraction { lower, upper, input, at } => {
                self.histogram_fraction([lower, upper], input, at, grid)
            }
            Node::Info(node) => self.info(node, grid),
            // Without the feature there are no start timestamps.
            Node::SampleStart(_) => Ok(Matrix::new(grid.len)),
            Node::Nothing(input) => {
                self.vector(input, grid)?;
                Ok(Matrix::new(grid.len))
            }
            _ => Err(EvalError::Unsupported("a range vector in place of an instant vector")),
        }
    }

    /// One row without labels.
    pub(crate) fn unnamed(&self, values: &[f64]) -> Matrix {
        let mut matrix = Matrix::new(values.len());
        let labels = empty_set(&self.ctx.labels);
        matrix.push(RowLabels { labels, drop_name: false }, values);
        matrix
    }

    pub(crate) fn delayed(&self) -> bool {
        self.options.features.delayed_name_removal
    }
}

fn apply(map: ScalarMap, left: f64, right: f64) -> f64 {
    match map {
        ScalarMap::Binary(op) => op.value(left, right),
        ScalarMap::Min => crate::functions::math::min(left, right),
        ScalarMap::Max => crate::functions::math::max(left, right),
    }
}

/// For each step the only number of a vector, or NaN.
fn only_values(matrix: &Matrix) -> Vec<f64> {
    let mut values = vec![f64::NAN; matrix.steps];
    let mut counts = vec![0_u32; matrix.steps];
    for (_, row) in matrix.rows() {
        let number = |value: f64| !is_absent(value) && !is_histogram(value);
        for (k, &value) in row.iter().enumerate().filter(|(_, value)| number(**value)) {
            counts[k] += 1;
            values[k] = if counts[k] == 1 { value } else { f64::NAN };
        }
    }
    values
}

#[cfg(test)]
mod tests;
