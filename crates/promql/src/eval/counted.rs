//! Evaluation with a ledger: one operator after the other, and all that upstream would count.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use regain_model::{Labels, Span, Timestamp};
use regain_storage::{Batch, Ctx, Hints, Selection, Snapshot};

use super::fused::Fused;
use super::{Evaluator, Output, Question};
use crate::eval_error::Result;
use crate::grid::{Grid, Held, Matrix, is_absent};
use crate::ledger::{Column, Ledger, row_weight};
use crate::native::cost;
use crate::plan::{Node, RangeCallNode};
use crate::scan::{Pool, Stage, strip_buckets};
use crate::value::{QueryStats, StepStats};

impl<'q> Evaluator<'q> {
    /// An evaluator that counts as upstream does, for a question that nothing of may be fused or shared in.
    pub(crate) fn counting(
        question: Question<'q>,
        snapshot: &'q dyn Snapshot,
        ctx: &'q Arc<Ctx>,
    ) -> Self {
        ctx.budget.lift();
        let ledger = Some(Ledger::new(ctx.budget.max(), question.grid));
        Self { ledger, ..Self::new(question, snapshot, ctx) }
    }
}

impl Evaluator<'_> {
    /// What the query took. The ledger ends with it.
    pub(super) fn take_stats(&mut self) -> (QueryStats, Vec<StepStats>) {
        let Some(ledger) = self.ledger.take() else {
            let samples_peak = self.ctx.budget.peak();
            return (QueryStats { samples_peak, ..self.stats }, Vec::new());
        };
        let (stats, steps) = ledger.into_stats();
        self.ctx.budget.note_peak(stats.samples_peak);
        (QueryStats { sorting: self.stats.sorting, ..stats }, steps)
    }

    /// Refuses to go on where upstream may hold more than what is held here and `more` values, unless there is a ledger,
    /// which knows.
    pub(super) fn check_room(&self, more: u64) -> Result<()> {
        Ok(self.ctx.budget.check(more.saturating_add(self.unheld_max))?)
    }

    /// Notes that the node at work is made of `operand`, of which upstream holds the values, and once more those of the step
    /// that it looks at.
    pub(super) fn add_operand(&mut self, operand: &Matrix) {
        let samples = operand.cost().saturating_add(operand.len() as u64);
        self.operands = self.operands.saturating_add(samples);
    }

    /// Does `sort` and notes how long it takes.
    pub(super) fn sorting(&mut self, sort: impl FnOnce()) {
        let before: Duration = self.laps.elapsed();
        sort();
        self.stats.sorting += self.laps.elapsed().saturating_sub(before);
    }

    /// What `node` becomes on `grid`, with all that upstream counts for it.
    pub(super) fn compute_counted(&mut self, node: &Node, grid: &Grid) -> Result<Output> {
        let Some(frame) = self.ledger.as_ref().map(Ledger::begin) else {
            return self.compute_uncounted(node, grid);
        };
        if let Node::Constant(inner) = node
            && self.ledger.as_ref().is_some_and(|ledger| ledger.is_at_every_step)
        {
            return self.compute_counted(inner, grid);
        }
        if let Node::SampleStart(selector) = node {
            // Upstream looks at the samples, whether it knows their start or not.
            let found = Node::SampleTime(selector.clone());
            if let Some(fused) = self.fused(&found, grid)? {
                let found = Output::Vector(self.rows(&fused, grid)?);
                self.in_ledger(|ledger, ctx| ledger.glanced(&found, ctx));
            }
        }
        let output = self.compute_uncounted(node, grid)?;
        if let Some(ledger) = &mut self.ledger {
            ledger.settle(node, frame, &output, self.ctx)?;
        }
        Ok(output)
    }

    fn in_ledger(&mut self, f: impl FnOnce(&mut Ledger, &Ctx)) {
        if let Some(ledger) = &mut self.ledger {
            f(ledger, self.ctx);
        }
    }

    /// The numbers of an aggregation's parameter, of which upstream does not ask whether they are the same at every step.
    pub(super) fn param(&mut self, param: &Node, grid: &Grid) -> Result<Vec<f64>> {
        let set = |me: &mut Self, value| {
            let ledger = me.ledger.as_mut();
            ledger.is_some_and(|ledger| std::mem::replace(&mut ledger.is_at_every_step, value))
        };
        let before = set(self, true);
        let values = self.scalars(param, grid);
        set(self, before);
        values
    }

    /// What `inner` becomes at the first step of `grid`, to be the same at each.
    pub(super) fn once(&mut self, inner: &Node, grid: &Grid) -> Result<Output> {
        let first = grid.first();
        let outer = self.ledger.as_mut().map(|ledger| ledger.enter(&first));
        // It knows of one moment only, and keeps the order of its vector as an instant query does.
        let over_time = std::mem::replace(&mut self.over_time, false);
        let output = self.eval(inner, &first);
        self.over_time = over_time;
        let output = output?;
        if let (Some(ledger), Some(outer)) = (&mut self.ledger, outer) {
            ledger.leave_constant(outer);
        }
        Ok(output)
    }

    /// The steps of a subquery that `call` is given.
    pub(super) fn inner(
        &mut self,
        inner: &Node,
        grid: &Grid,
        call: &RangeCallNode,
    ) -> Result<Rc<Matrix>> {
        let outer = self.ledger.as_mut().map(|ledger| ledger.enter(grid));
        let matrix = self.lent(inner, grid)?;
        if let (Some(ledger), Some(outer)) = (&mut self.ledger, outer) {
            ledger.leave_subquery(outer, (call.arg.offset, call.arg.range));
        }
        Ok(matrix)
    }

    /// The steps of a subquery that is the whole query.
    pub(super) fn whole_subquery(&mut self, inner: &Node, grid: &Grid) -> Result<Output> {
        let outer = self.ledger.as_mut().map(|ledger| ledger.enter(grid));
        let output = self.eval(inner, grid)?;
        if let (Some(ledger), Some(outer)) = (&mut self.ledger, outer) {
            ledger.leave_constant(outer);
        }
        Ok(output)
    }

    /// Counts what a selector has found that no node of the plan stands for.
    pub(super) fn count_selected(&mut self, found: Matrix) -> Result<Matrix> {
        self.add_operand(&found);
        let Some(ledger) = &mut self.ledger else { return Ok(found) };
        let found = Output::Vector(found);
        ledger.selected(&found, self.ctx)?;
        let Output::Vector(found) = found else { return Ok(Matrix::default()) };
        Ok(found)
    }

    /// Counts the windows over one row of a subquery, of which `row` came.
    pub(super) fn count_inner_windows(
        &mut self,
        stage: &Stage,
        (times, values): (&[i64], &[f64]),
        row: &[f64],
        grid: &Grid,
    ) -> Result<()> {
        let (Some(ledger), Stage::Range { call, .. }) = (&mut self.ledger, stage) else {
            return Ok(());
        };
        let present = || times.iter().zip(values).filter(|(_, value)| !is_absent(**value));
        let times: Vec<i64> = present().map(|(time, _)| *time).collect();
        let weight = |value: &f64| row_weight(std::slice::from_ref(value), self.ctx);
        let weights: Vec<u64> = present().map(|(_, value)| weight(value)).collect();
        let made = row_weight(row, self.ctx);
        let column = Column { times: &times, weights: &weights, made, stored: false };
        ledger.windows(column, &call.reach, grid.step)
    }

    /// Counts the windows over the series of a range selector, of which `made` came.
    pub(super) fn count_windows(
        &mut self,
        fused: &Fused<'_>,
        made: &Matrix,
        grid: &Grid,
    ) -> Result<()> {
        let (Some(ledger), Stage::Range { call, .. }) = (&mut self.ledger, &fused.stage) else {
            return Ok(());
        };
        let rows = made.rows();
        let made: BTreeMap<Labels, u64> = rows
            .map(|(row, values)| (self.ctx.labels.labels(row.labels), row_weight(values, self.ctx)))
            .collect();
        let (start, end) = fused.span;
        let span = Span::new(Timestamp(start.saturating_add(1)), Timestamp(end));
        let selection = Selection { hints: Hints::NONE, ..Selection::new(fused.matchers, span) };
        let mut parts = self.snapshot.select(&selection, self.ctx)?;
        let (mut batch, mut decoded) = (Batch::default(), Held::new(self.ctx, 0)?);
        let (mut times, mut weights) = (Vec::new(), Vec::new());
        while let Some(mut part) = parts.next()? {
            self.ctx.cancel.check()?;
            let all = 0..part.series().len();
            part.decode(all, &mut batch)?;
            decoded.set_bytes(batch.size_bytes())?;
            if fused.stats {
                strip_buckets(&mut batch);
            }
            for run in &batch.runs {
                let cells = batch.times_of(run).iter().zip(batch.floats_of(run));
                let pool = Pool::Batch(&batch.histograms);
                times.clear();
                weights.clear();
                for (&time, &value) in cells.filter(|(_, value)| !is_absent(**value)) {
                    times.push(time);
                    weights.push(pool.get(value).map_or(1, |histogram| cost(&histogram)));
                }
                let labels = self.ctx.labels.labels(part.series()[run.series as usize].labels);
                let made = made.get(&labels).copied().unwrap_or_default();
                let column = Column { times: &times, weights: &weights, made, stored: true };
                ledger.windows(column, &call.reach, grid.step)?;
            }
        }
        Ok(())
    }
}
