//! Chains of operations that look at one series after another, and the scans they become.

use regain_model::{MatchOp, Matcher, Span, Timestamp};
use regain_storage::Hints;

use super::Evaluator;
use super::checks::Check;
use crate::aggregate::Sink;
use crate::annotations::Annotations;
use crate::eval_error::{EvalError, Result};
use crate::explain::CountedSink;
use crate::functions::{Extension, RangeCall, RangeFn};
use crate::grid::{Grid, Held, Matrix, RowLabels, is_absent, row_cost};
use crate::label_sets::{Duplicates, MetadataSymbols, drop_metadata, merge_same_labels};
use crate::ledger::Ledger;
use crate::plan::{Node, RangeArg, RangeCallNode, RangeSource, Selector, check_extension};
use crate::row_op::RowOp;
use crate::scan::{Check as StageCheck, Details, HeldTimes, Scan, Stage};
use crate::value::QueryStats;
use crate::window::Reach;

/// A chain from one selector on.
pub(crate) struct Fused<'n> {
    pub(super) matchers: &'n [Matcher],
    pub(super) stage: Stage,
    /// The span of time that the stage reads.
    pub(super) span: (i64, i64),
    /// Whether nothing but counts and sums of histograms matters.
    pub(super) stats: bool,
    /// Whether an operation has taken the name away.
    pub(super) nameless: bool,
    /// Whether rows have been changed since the range function or selector.
    pub(super) mapped: bool,
    range_ms: i64,
    function: &'n str,
    /// What is to be said about operations that have results or notice something.
    checks: Vec<Check>,
    /// What was said about the numbers behind the series, which were looked at before them.
    said: Annotations,
}

impl Fused<'_> {
    /// Whether all series have the same name, so that they stay apart without it.
    pub(super) fn has_one_name(&self) -> bool {
        let names = |matcher: &&Matcher| {
            matcher.name() == regain_model::METRIC_NAME && matcher.op() == MatchOp::Equal
        };
        self.matchers.iter().find(names).is_some_and(|matcher| !matcher.value().is_empty())
    }

    /// Whether the rows are the newest samples themselves.
    pub(super) const fn is_instant(&self) -> bool {
        matches!(self.stage, Stage::Instant(_))
    }
}

/// The most operations in one chain that have something to say.
const CHECKS_MAX: usize = 32;

impl Evaluator<'_> {
    /// The chain that `node` is the end of, if it is one.
    pub(super) fn fused<'n>(&mut self, node: &'n Node, grid: &Grid) -> Result<Option<Fused<'n>>> {
        match node {
            Node::Select(selector) => Ok(Some(self.selected(selector, grid))),
            Node::SampleTime(selector) => {
                let reach = self.moment(selector, grid);
                let stage = Stage::SampleTime { reach, numbers: false };
                let mut fused = selected(selector, stage, reach.span());
                fused.nameless = true;
                Ok(Some(fused))
            }
            Node::SampleStart(selector) if self.options.features.start_timestamps => {
                let reach = self.moment(selector, grid);
                let mut fused = selected(selector, Stage::SampleStart(reach), reach.span());
                fused.nameless = true;
                Ok(Some(fused))
            }
            Node::RangeCall(call) if call.absent.is_none() => self.fused_call(call, grid),
            Node::Constant(inner) if grid.len == 1 && self.ledger.is_none() => {
                self.linked(inner, grid)
            }
            Node::Map { map, input, params } if self.fuse => {
                let Some(fused) = self.linked(input, grid)? else { return Ok(None) };
                if !self.may_lose_name(&fused) {
                    return Ok(None);
                }
                let (op, said) = self.apart(|me| me.row_op(*map, params, grid))?;
                Ok(mapped(fused, op, None, &said))
            }
            Node::VectorScalar(node) if self.fuse => {
                let Some(fused) = self.linked(&node.vector, grid)? else { return Ok(None) };
                if (fused.nameless || node.drops_name()) && !self.may_lose_name(&fused) {
                    return Ok(None);
                }
                let (op, said) = if node.scalar_left {
                    (self.scalar_op(node, grid)?, Annotations::default())
                } else {
                    self.apart(|me| me.scalar_op(node, grid))?
                };
                Ok(mapped(fused, op, Some(Check::at(node.at.clone(), false)), &said))
            }
            _ => Ok(None),
        }
    }

    /// The chain up to `node`, for what goes on with it; none if others ask for the node's vector as well.
    pub(super) fn linked<'n>(&mut self, node: &'n Node, grid: &Grid) -> Result<Option<Fused<'n>>> {
        if self.shares.key(node, grid).is_some() { Ok(None) } else { self.fused(node, grid) }
    }

    /// Whether the series of a chain stay apart without their names.
    pub(super) fn may_lose_name(&self, fused: &Fused<'_>) -> bool {
        self.delayed() || fused.has_one_name()
    }

    pub(crate) fn lookback(&self, selector: &Selector, grid: &Grid) -> Reach {
        Reach::new(grid, self.options.lookback_delta_ms, selector.offset, selector.at)
    }

    /// Where functions of the times of samples look. With an `@` upstream looks at its time itself, whatever the offset,
    /// and sees there what it has fetched of the times that the offset says.
    fn moment(&self, selector: &Selector, grid: &Grid) -> Reach {
        let Some(at) = selector.at else { return self.lookback(selector, grid) };
        let range = self.options.lookback_delta_ms.saturating_sub(selector.offset.saturating_abs());
        Reach::new(grid, range, selector.offset.max(0), Some(at))
    }

    fn selected<'n>(&self, selector: &'n Selector, grid: &Grid) -> Fused<'n> {
        let mut reach = self.lookback(selector, grid);
        if !selector.smoothed {
            return selected(selector, Stage::Instant(reach), reach.span());
        }
        reach.after = self.options.lookback_delta_ms;
        let function = RangeFn::Interpolate;
        let call = RangeCall { function, reach, grid: *grid, params: Vec::new(), extension: None };
        let check = StageCheck::default();
        let mut fused = selected(selector, Stage::Range { call, check }, reach.span());
        fused.checks.push(Check::at(selector.position.clone(), true));
        fused
    }

    /// A function over a range as a chain.
    pub(super) fn fused_call<'n>(
        &mut self,
        node: &'n RangeCallNode,
        grid: &Grid,
    ) -> Result<Option<Fused<'n>>> {
        let mut fused = match &node.arg.source {
            RangeSource::Series(matchers) => {
                let call = self.call(node, grid)?;
                let span = call.reach.span();
                let stage = Stage::Range { call, check: StageCheck::default() };
                let (range_ms, stats) = (node.arg.range, node.arg.stats);
                Fused { stats, range_ms, ..chain(matchers, stage, span) }
            }
            RangeSource::Subquery { inner, step } if self.fuse => {
                let inner_grid = self.subquery_grid(&node.arg, *step, grid)?;
                if inner_grid.len == 0 {
                    return Ok(None);
                }
                let Some(fused) = self.linked(inner, &inner_grid)? else { return Ok(None) };
                if fused.nameless && !self.may_lose_name(&fused) {
                    return Ok(None);
                }
                let (call, times) = (self.call(node, grid)?, HeldTimes::of(&inner_grid, self.ctx)?);
                let inner = Box::new(fused.stage);
                let check = StageCheck::default();
                Fused { stage: Stage::Subquery { inner, times, call, check }, ..fused }
            }
            RangeSource::Subquery { .. } => return Ok(None),
        };
        fused.function = &node.name;
        let named = !fused.nameless || self.delayed();
        if let Stage::Range { check, call } | Stage::Subquery { check, call, .. } = &mut fused.stage
        {
            let new = Check::of(node, call, named);
            let Some(numbered) = numbered(&mut fused.checks, new) else { return Ok(None) };
            *check = numbered;
        }
        fused.nameless |= !node.function.keeps_name();
        // Series that meet within a function over ranges are always an error.
        fused.mapped |= matches!(node.arg.source, RangeSource::Subquery { .. });
        Ok(Some(fused))
    }

    /// A range function with its windows and its parameters.
    pub(super) fn call(&mut self, node: &RangeCallNode, grid: &Grid) -> Result<RangeCall> {
        let params = node.params.iter().map(|param| self.scalars(param, grid));
        let params = params.collect::<Result<Vec<_>>>()?;
        check_extension(&node.name, node.arg.extension)?;
        let reach = self.reach(&node.arg, grid);
        let extension = node.arg.extension;
        Ok(RangeCall { function: node.function, reach, grid: *grid, params, extension })
    }

    /// The windows of a range vector.
    pub(crate) fn reach(&self, arg: &RangeArg, grid: &Grid) -> Reach {
        let mut reach = Reach::new(grid, arg.range, arg.offset, arg.at);
        if arg.extension.is_some() {
            reach.before = self.options.lookback_delta_ms;
        }
        if arg.extension == Some(Extension::Smoothed) {
            reach.after = self.options.lookback_delta_ms;
        }
        reach
    }

    /// The times of a selector's newest samples of `span`, which must be numbers, under the series' full names.
    pub(super) fn sample_times(
        &mut self,
        selector: &Selector,
        span: (i64, i64),
        grid: &Grid,
    ) -> Result<Matrix> {
        let reach = self.lookback(selector, grid);
        let fused = selected(selector, Stage::SampleTime { reach, numbers: true }, span);
        let matrix = self.rows(&fused, grid)?;
        self.count_selected(matrix)
    }

    /// The rows of a chain under the series' full names.
    pub(super) fn rows(&mut self, fused: &Fused<'_>, grid: &Grid) -> Result<Matrix> {
        let held = Held::new(self.ctx, 0)?;
        let room = self.ledger.as_ref().map_or(u64::MAX, Ledger::room);
        let mut collect = Collect { matrix: Matrix::new(grid.len), held, room };
        self.run(fused, grid, Hints::NONE, false, &mut collect)?;
        let mut matrix = collect.matrix;
        matrix.adopt(collect.held);
        self.count_windows(fused, &matrix, grid)?;
        Ok(matrix)
    }

    /// Reads the chain up to `node` into a vector; `before` is what was noticed before it was looked at.
    pub(super) fn collect(
        &mut self,
        fused: &Fused<'_>,
        node: &Node,
        grid: &Grid,
        before: (Annotations, QueryStats),
    ) -> Result<Matrix> {
        let (nameless, mapped, one_name) = (fused.nameless, fused.mapped, fused.has_one_name());
        let mut matrix = self.rows(fused, grid)?;
        if !nameless || self.delayed() {
            return Ok(matrix);
        }
        let types = self.has_type_or_unit();
        if types && mapped && self.fuse {
            return self.unfused(before, |evaluator| evaluator.unshared_vector(node, grid));
        }
        drop_metadata(&self.ctx.labels, &mut matrix.labels);
        if one_name && !types {
            return Ok(matrix);
        }
        merge_same_labels(self.ctx, matrix, Duplicates::Refuse)
    }

    /// Reads a chain into `sink`.
    pub(super) fn run(
        &mut self,
        fused: &Fused<'_>,
        grid: &Grid,
        hints: Hints<'_>,
        presence_only: bool,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        if grid.len == 0 {
            return Ok(());
        }
        let (start, end) = fused.span;
        // What an aggregation makes of selected samples themselves is a store's business, of results it is not.
        let selects = fused.is_instant() && !hints.function.is_empty();
        let function = if selects { hints.function } else { fused.function };
        let step_ms = if grid.len == 1 { 0 } else { grid.step };
        let scan = Scan {
            matchers: fused.matchers,
            span: Span::new(Timestamp(start.saturating_add(1)), Timestamp(end)),
            hints: Hints { function, step_ms, range_ms: fused.range_ms, ..hints },
            stage: &fused.stage,
            details: Details {
                buckets: !fused.stats,
                starts: self.options.features.start_timestamps,
            },
            drop_name: fused.nameless && self.delayed(),
            presence_only,
        };
        let (held, workers) = (self.ctx.budget.held(), self.options.workers);
        let gathering = &mut self.gathering;
        let report = if let Some(profile) = &mut self.profile {
            let mut sink = CountedSink::new(sink);
            let report = scan.run(self.snapshot, self.ctx, workers, (gathering, &mut sink))?;
            profile.scanned(&report, sink.rows);
            report
        } else {
            scan.run(self.snapshot, self.ctx, workers, (gathering, sink))?
        };
        self.note(&report, &fused.checks);
        self.annotations.extend(&fused.said, Clone::clone);
        // Upstream holds every vector of a chain in full, and of one series what is looked at.
        let (series, cells) = (report.series_selected + 1, fused.stage.cells() + 1);
        let most = series.saturating_mul(cells).saturating_add(report.window_max);
        self.check_room(most.saturating_sub(self.ctx.budget.held().saturating_sub(held)))
    }

    /// Does something and keeps what is said meanwhile apart.
    fn apart<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<(T, Annotations)> {
        let before = std::mem::take(&mut self.annotations);
        let result = f(self);
        let said = std::mem::replace(&mut self.annotations, before);
        Ok((result?, said))
    }

    /// Does something again without looking at series one by one, because some have types or units
    /// that may be all that keeps them apart. What was noticed since `noticed` is forgotten, so that it counts once.
    pub(super) fn unfused<T>(
        &mut self,
        noticed: (Annotations, QueryStats),
        f: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        (self.annotations, self.stats) = noticed;
        let before = std::mem::replace(&mut self.fuse, false);
        let result = f(self);
        self.fuse = before;
        result
    }

    pub(super) fn has_type_or_unit(&self) -> bool {
        MetadataSymbols::of(&self.ctx.labels.read()).has_type_or_unit()
    }
}

/// `fused` with one more operation, unless there are too many that have something to say.
fn mapped<'n>(
    mut fused: Fused<'n>,
    op: RowOp,
    check: Option<Check>,
    said: &Annotations,
) -> Option<Fused<'n>> {
    fused.said.extend(said, Clone::clone);
    let check = match check {
        Some(check) => numbered(&mut fused.checks, check)?,
        None => StageCheck::default(),
    };
    fused.nameless |= op.drops_name();
    fused.mapped = true;
    fused.stage = Stage::Mapped { inner: Box::new(fused.stage), op, check };
    Some(fused)
}

/// Adds a check and returns the number under which its stage is known, unless there are too many.
fn numbered(checks: &mut Vec<Check>, new: Check) -> Option<StageCheck> {
    if checks.len() == CHECKS_MAX {
        return None;
    }
    let number = u32::try_from(checks.len()).ok()?;
    let counts = new.counts();
    checks.push(new);
    Some(StageCheck { number, counts })
}

fn selected(selector: &Selector, stage: Stage, span: (i64, i64)) -> Fused<'_> {
    Fused { stats: selector.stats, ..chain(&selector.matchers, stage, span) }
}

fn chain(matchers: &[Matcher], stage: Stage, span: (i64, i64)) -> Fused<'_> {
    Fused {
        matchers,
        stage,
        span,
        stats: false,
        nameless: false,
        mapped: false,
        range_ms: 0,
        function: "",
        checks: Vec::new(),
        said: Annotations::default(),
    }
}

/// Keeps all rows.
struct Collect {
    matrix: Matrix,
    held: Held,
    /// How many more values there may be.
    room: u64,
}

impl Sink for Collect {
    fn begin(&mut self, _arena: &regain_storage::ArenaReader<'_>) {}

    fn row(
        &mut self,
        _arena: &regain_storage::ArenaReader<'_>,
        labels: RowLabels,
        row: &[f64],
    ) -> Result<()> {
        let present = row.iter().filter(|value| !is_absent(**value)).count() as u64;
        self.room = self.room.checked_sub(present).ok_or(EvalError::TooManySamples)?;
        self.held.add(row_cost(row))?;
        self.matrix.push_held(labels, row, &mut self.held)
    }
}
