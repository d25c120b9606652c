//! Functions over ranges that are not read in one go: subqueries of whole vectors, and what is
//! missing.

use std::collections::BTreeSet;
use std::rc::Rc;

use regain_storage::{Hints, Symbol};

use super::Evaluator;
use super::checks::Check;
use crate::eval_error::{EvalError, Result};
use crate::grid::{ABSENT, Grid, Held, Matrix, RowLabels};
use crate::label_sets::{Duplicates, MetadataSymbols, drop_metadata, merge_same_labels};
use crate::native::Notes;
use crate::plan::{RangeArg, RangeCallNode, RangeSource};
use crate::scan::{Check as StageCheck, CounterCheck, GRID_TIMES, HeldTimes, Pool, Raw, Stage};

impl Evaluator<'_> {
    /// A function over a range.
    pub(super) fn range_call(&mut self, node: &RangeCallNode, grid: &Grid) -> Result<Matrix> {
        let Some(labels) = &node.absent else { return self.over_subquery(node, grid) };
        let matrix = if let Some(fused) = self.fused_absent(node, grid)? {
            fused
        } else {
            self.over_subquery(node, grid)?
        };
        Ok(self.missing(&matrix, labels, self.delayed()))
    }

    /// Where the series of a chain are present, for `absent_over_time`.
    fn fused_absent(&mut self, node: &RangeCallNode, grid: &Grid) -> Result<Option<Matrix>> {
        let Some(fused) = self.fused_call(node, grid)? else { return Ok(None) };
        if self.ledger.is_some() {
            return self.rows(&fused, grid).map(Some);
        }
        let mut any = AnyPresent(vec![ABSENT; grid.len]);
        self.run(&fused, grid, Hints::NONE, false, &mut any)?;
        Ok(Some(self.unnamed(&any.0)))
    }

    /// A function over the steps of an inner query.
    fn over_subquery(&mut self, node: &RangeCallNode, grid: &Grid) -> Result<Matrix> {
        let RangeSource::Subquery { inner, step } = &node.arg.source else {
            return Err(EvalError::Unsupported("a range without a source"));
        };
        let inner_grid = self.subquery_grid(&node.arg, *step, grid)?;
        let matrix =
            if inner_grid.len == 0 { Rc::default() } else { self.inner(inner, &inner_grid, node)? };
        // What of a row is in a window, upstream holds once more.
        self.operands = self.operands.saturating_add(inner_grid.len as u64);
        let call = self.call(node, grid)?;
        let check = Check::of(node, &call, true);
        let stage_check = StageCheck { number: 0, counts: check.counts() };
        let stage = Stage::Range { call, check: stage_check };
        let times = HeldTimes::of(&inner_grid, self.ctx)?;
        let (mut out, mut held) = (Matrix::new(grid.len), Held::new(self.ctx, 0)?);
        let (mut scratch, mut row) = (stage.scratch(), vec![ABSENT; grid.len]);
        let mut checked: Vec<RowLabels> = Vec::new();
        for (labels, values) in matrix.rows() {
            self.ctx.cancel.check()?;
            let histograms = Pool::Query(&self.ctx.histograms);
            let (times, starts) = (times.times.as_slice(), [].as_slice());
            let raw = Raw { times, values, shared: Some(GRID_TIMES), histograms, starts };
            let mut notes = Notes::default();
            let outcome = stage.run(raw, &mut scratch, (self.ctx, &mut notes), &mut row)?;
            self.stats.samples_total += outcome.samples_total;
            self.count_inner_windows(&stage, (times, values), &row, grid)?;
            let name = (!notes.0.is_empty()).then(|| self.name_of(labels)).flatten();
            for ((_, remark), count) in notes.0 {
                self.remark(&check, (remark, count), name);
            }
            if outcome.present {
                out.push_held(labels, &row, &mut held)?;
            }
            if outcome.checks != 0 {
                checked.push(labels);
            }
        }
        let counters = self.counters(&checked);
        self.say(&check, !checked.is_empty(), counters.iter());
        // Where only absence counts, series may have the same labels.
        if node.function.keeps_name() || node.absent.is_some() {
            return Ok(out);
        }
        if self.delayed() {
            out.labels.iter_mut().for_each(|row| row.drop_name = true);
            return Ok(out);
        }
        drop_metadata(&self.ctx.labels, &mut out.labels);
        merge_same_labels(self.ctx, out, Duplicates::Refuse)
    }

    /// The name of a series.
    fn name_of(&self, row: RowLabels) -> Option<Symbol> {
        let arena = self.ctx.labels.read();
        arena.symbol(regain_model::METRIC_NAME).and_then(|name| arena.get(row.labels, name))
    }

    /// The names and types of series.
    fn counters(&self, rows: &[RowLabels]) -> BTreeSet<CounterCheck> {
        let arena = self.ctx.labels.read();
        let metadata = MetadataSymbols::of(&arena);
        let kind = arena.symbol("__type__");
        let mut counters = BTreeSet::new();
        for row in rows {
            let name = metadata.metric_name().and_then(|name| arena.get(row.labels, name));
            let Some(name) = name else { continue };
            let kind = kind.and_then(|kind| arena.get(row.labels, kind));
            counters.insert(CounterCheck { check: 0, name, kind });
        }
        counters
    }

    /// The steps of a subquery.
    pub(crate) fn subquery_grid(
        &self,
        arg: &RangeArg,
        step: Option<i64>,
        grid: &Grid,
    ) -> Result<Grid> {
        arg.inner_grid(step, grid, self.options.step_default_ms)
    }
}

/// Whether any series has a value.
struct AnyPresent(Vec<f64>);

impl crate::aggregate::Sink for AnyPresent {
    fn begin(&mut self, _arena: &regain_storage::ArenaReader<'_>) {}

    fn row(
        &mut self,
        _arena: &regain_storage::ArenaReader<'_>,
        _labels: RowLabels,
        row: &[f64],
    ) -> Result<()> {
        for (any, &value) in self.0.iter_mut().zip(row) {
            if !crate::grid::is_absent(value) {
                *any = 1.0;
            }
        }
        Ok(())
    }
}
