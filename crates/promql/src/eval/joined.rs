//! Aggregations over an operation between a chain and a few other series: each row of the chain is
//! matched on its way to its group, so that the operation's result is never in memory as a whole.

use std::sync::Arc;

use regain_storage::{ArenaReader, Ctx, Hints};

use super::Evaluator;
use super::aggregates::hints;
use crate::aggregate::{Params, Sink};
use crate::annotations::Annotations;
use crate::binary::{combine, matching_filter};
use crate::eval_error::Result;
use crate::grid::{Grid, Matrix, RowLabels, is_absent};
use crate::label_sets::{KeyIndex, LabelFilter, Pair};
use crate::native::has_histograms;
use crate::operators::BinaryOp;
use crate::plan::{AggregateNode, Cardinality, Node, VectorVector};

impl Evaluator<'_> {
    /// The aggregation of an operation whose many side is a chain, if that can be done in one go.
    pub(super) fn aggregate_joined(
        &mut self,
        node: &AggregateNode,
        params: Option<&Params>,
        grid: &Grid,
    ) -> Result<Option<Matrix>> {
        let Node::VectorVector(operation) = &*node.input else { return Ok(None) };
        if !self.fuse || self.profile.is_some() || self.delayed() || !operation.is_lookup() {
            return Ok(None);
        }
        let swapped = operation.matching.cardinality == Cardinality::OneToMany;
        let (many, one) = operation.sides_by_size();
        let Some(fused) = self.linked(many, grid)? else { return Ok(None) };
        if !self.may_lose_name(&fused) {
            return Ok(None);
        }
        let before = (self.annotations.clone(), self.stats);
        if !swapped {
            self.annotations = Annotations::default();
        }
        let one = match self.lent(one, grid) {
            Ok(one) => one,
            Err(error) => {
                // The left side comes first, its errors too.
                if !swapped {
                    self.lent(many, grid)?;
                }
                return Err(error);
            }
        };
        // So do its remarks.
        let said_later =
            (!swapped).then(|| std::mem::replace(&mut self.annotations, before.0.clone()));
        let Ok(Some(mut sink)) = self.sink(node, params, true, grid) else {
            // What is to be said about the operation comes first, even if nothing of it is kept.
            (self.annotations, self.stats) = before;
            return Ok(None);
        };
        let Some(mut joined) = Joined::new(operation, &one, self.ctx, sink.as_mut()) else {
            (self.annotations, self.stats) = before;
            return Ok(None);
        };
        let (on, labels) = (operation.matching.on, &operation.matching.labels);
        let mut hints = hints(node);
        let needed: Vec<String> = hints.grouping.iter().chain(labels).cloned().collect();
        hints = Hints { projected: hints.projected && on, grouping: &needed, ..hints };
        self.run(&fused, grid, hints, false, &mut joined)?;
        let has_histograms = joined.has_histograms;
        if let Some(said) = said_later {
            self.annotations.extend(&said, Clone::clone);
        }
        if !has_histograms && !self.has_type_or_unit() {
            return self.finish(node, sink).map(Some);
        }
        self.unfused(before, |evaluator| {
            let input = evaluator.lent(&node.input, grid)?;
            evaluator.fold(node, params, &input, grid).map(Some)
        })
    }
}

/// Matches rows with those of the other side and hands on what becomes of them.
struct Joined<'s> {
    inner: &'s mut dyn Sink,
    op: BinaryOp,
    /// Whether the rows are right operands.
    swapped: bool,
    ctx: &'s Arc<Ctx>,
    one: &'s Matrix,
    /// By which labels rows match.
    filter: LabelFilter,
    /// The rows of the other side by these.
    index: KeyIndex,
    key: Vec<Pair>,
    row: Vec<f64>,
    /// Whether there were histograms, which are left to somebody else.
    has_histograms: bool,
}

impl<'s> Joined<'s> {
    /// `None` if the other side's series do not differ in the labels by which series match, or hold
    /// histograms.
    fn new(
        node: &VectorVector,
        one: &'s Matrix,
        ctx: &'s Arc<Ctx>,
        inner: &'s mut dyn Sink,
    ) -> Option<Self> {
        let mut filter = matching_filter(node.matching.on, &node.matching.labels);
        let (mut index, mut key) = (KeyIndex::default(), Vec::new());
        {
            let arena = ctx.labels.read();
            filter.resolve(&arena);
            for (labels, row) in one.rows() {
                filter.apply(arena.pairs(labels.labels), &mut key);
                if !index.number(&key).1 || has_histograms(ctx, row) {
                    return None;
                }
            }
        }
        let swapped = node.matching.cardinality == Cardinality::OneToMany;
        let (op, row) = (node.op, Vec::new());
        Some(Self { inner, op, swapped, ctx, one, filter, index, key, row, has_histograms: false })
    }
}

impl Sink for Joined<'_> {
    fn begin(&mut self, arena: &ArenaReader<'_>) {
        self.filter.resolve(arena);
        self.inner.begin(arena);
    }

    fn row(&mut self, arena: &ArenaReader<'_>, labels: RowLabels, row: &[f64]) -> Result<()> {
        self.has_histograms |= has_histograms(self.ctx, row);
        self.filter.apply(arena.pairs(labels.labels), &mut self.key);
        let Some(one) = self.index.find(&self.key) else { return Ok(()) };
        let one = self.one.row(one);
        let (left, right) = if self.swapped { (one, row) } else { (row, one) };
        combine(self.op, false, left, right, &mut self.row);
        if self.has_histograms || self.row.iter().all(|&value| is_absent(value)) {
            return Ok(());
        }
        self.inner.row(arena, labels, &self.row)
    }
}
