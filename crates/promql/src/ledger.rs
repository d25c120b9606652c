//! What upstream counts: the samples that its evaluation of a query looks at, reads and holds.
//!
//! `--query.max-samples` and the statistics of a query speak of upstream's evaluation, which makes every vector in full,
//! operator by operator (upstream: `promql/engine.go`, 3.14). Whoever needs the numbers to be the same has the query
//! evaluated in that way as well, with a ledger; every other query keeps a budget that is never below them.

mod seen;
mod shape;

use regain_storage::Ctx;

use crate::eval::Output;
use crate::eval_error::{EvalError, Result};
use crate::grid::Grid;
use crate::plan::{AggregateOp, Map, Node, RangeCallNode, RangeSource};
use crate::value::{QueryStats, StepStats};
use crate::window::{Reach, Windows};
use shape::Shape;

pub(crate) use seen::Seen;
pub(crate) use shape::row_weight;

/// The counts of a query that is being evaluated.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// How many samples may be held at once.
    max: u64,
    held: u64,
    peak: u64,
    seen: Seen,
    /// The vectors that nodes further up have not taken yet.
    shapes: Vec<Shape>,
    windows: Windows,
    /// Whether what is the same at every step is evaluated at every step all the same.
    pub(crate) is_at_every_step: bool,
}

/// Where things stood when the evaluation of a node began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    held: u64,
    shapes: usize,
}

/// The samples of one series, and what becomes of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    pub(crate) times: &'a [i64],
    /// What each sample counts.
    pub(crate) weights: &'a [u64],
    /// What the results count.
    pub(crate) made: u64,
    /// Whether the samples come from the store, and not from a subquery, which has counted them.
    pub(crate) stored: bool,
}

impl Ledger {
    /// The ledger of a query over `grid` that may hold `max` samples.
    pub(crate) fn new(max: u64, grid: &Grid) -> Self {
        let (seen, shapes, windows) = (Seen::over(grid), Vec::new(), Windows::default());
        Self { max, held: 0, peak: 0, seen, shapes, windows, is_at_every_step: false }
    }

    /// How many more samples may be held.
    pub(crate) const fn room(&self) -> u64 {
        self.max.saturating_sub(self.held)
    }

    /// What has been counted for the whole query, and for each of its steps.
    pub(crate) fn into_stats(self) -> (QueryStats, Vec<StepStats>) {
        let (samples_total, samples_read) = self.seen.sums();
        let samples_peak = self.peak;
        let stats =
            QueryStats { samples_total, samples_read, samples_peak, ..QueryStats::default() };
        (stats, self.seen.steps())
    }

    /// Counts for `grid` from now on, until one of the `leave` functions is given what this returns.
    pub(crate) fn enter(&mut self, grid: &Grid) -> Seen {
        std::mem::replace(&mut self.seen, Seen::over(grid))
    }

    /// Counts what has been evaluated once for each of the steps of `outer`, or a subquery for its only step.
    pub(crate) fn leave_constant(&mut self, outer: Seen) {
        let inner = std::mem::replace(&mut self.seen, outer);
        self.seen.repeat(&inner);
    }

    /// Counts what the steps of a subquery have read, whose windows end `offset` before the steps of `outer` and are
    /// `range` long. What they looked at is looked at once more, as windows.
    pub(crate) fn leave_subquery(&mut self, outer: Seen, (offset, range): (i64, i64)) {
        let inner = std::mem::replace(&mut self.seen, outer);
        self.seen.take_windows(&inner, offset, range);
    }

    /// Counts a series of a range vector by itself: `held` samples of which `shown` are in the answer.
    pub(crate) fn series(&mut self, held: u64, shown: u64) -> Result<()> {
        self.held = self.held.saturating_add(held);
        self.seen.look(0, shown);
        self.seen.read(0, shown);
        self.note(self.held)
    }

    /// Begins a node.
    pub(crate) const fn begin(&self) -> Frame {
        Frame { held: self.held, shapes: self.shapes.len() }
    }

    /// Counts what a selector has found, for a node that takes it without evaluating one.
    pub(crate) fn selected(&mut self, found: &Output, ctx: &Ctx) -> Result<()> {
        let shape = Shape::of(found, ctx);
        self.select(&shape)?;
        self.shapes.push(shape);
        Ok(())
    }

    /// Notes for a node what a selector has found that the node only looks at.
    pub(crate) fn glanced(&mut self, found: &Output, ctx: &Ctx) {
        self.shapes.push(Shape::of(found, ctx));
    }

    /// Counts a node that has been evaluated from those below it.
    pub(crate) fn settle(
        &mut self,
        node: &Node,
        frame: Frame,
        output: &Output,
        ctx: &Ctx,
    ) -> Result<()> {
        let made = Shape::of(output, ctx);
        let taken: Vec<Shape> = self.shapes.drain(frame.shapes..).collect();
        match node {
            Node::Select(selector) if !selector.smoothed => self.select(&made)?,
            // The windows have counted it.
            Node::Select(_) => {}
            Node::SampleTime(_) => self.look_at_times(frame, &made, &made)?,
            Node::SampleStart(_) => {
                let found = taken.first().unwrap_or(&made);
                self.look_at_times(frame, found, &made)?;
            }
            Node::RangeCall(RangeCallNode { arg, params, .. }) => {
                // The steps of a subquery come before the parameters, if it has any.
                if let (RangeSource::Subquery { .. }, [inner, rest @ ..]) = (&arg.source, &*taken)
                    && rest.len() == params.len()
                {
                    self.held = self.held.saturating_sub(inner.total());
                }
            }
            Node::Constant(_) => {
                let once = made.samples.first().copied().unwrap_or_default();
                self.held = self.held.saturating_add(made.total() - once);
                self.note(self.held)?;
            }
            Node::Aggregate(aggregate) if !matches!(aggregate.op, AggregateOp::CountValues(_)) => {
                self.held = frame.held.saturating_add(made.total());
                self.note(self.held)?;
            }
            // They change what is there.
            Node::Map { map: Map::Negate, .. }
            | Node::ScalarNegate(_)
            | Node::LabelReplace(_)
            | Node::LabelJoin { .. }
            | Node::Text(_)
            | Node::Range(_) => {}
            // Upstream forgets to give back what it has described, and by what.
            Node::Info(_) => {
                let frame = Frame { held: self.held, ..frame };
                self.step_by_step(frame, &taken, &made)?;
            }
            _ => self.step_by_step(frame, &taken, &made)?,
        }
        self.shapes.push(made);
        Ok(())
    }

    /// An instant selector.
    fn select(&mut self, found: &Shape) -> Result<()> {
        for (k, &samples) in found.samples.iter().enumerate() {
            self.seen.look(k, samples);
            self.seen.read(k, samples);
        }
        self.held = self.held.saturating_add(found.total());
        self.note(self.held)
    }

    /// A selector of which only times matter: it is never held as a whole.
    fn look_at_times(&mut self, frame: Frame, found: &Shape, made: &Shape) -> Result<()> {
        for (k, &cells) in found.cells.iter().enumerate() {
            self.seen.look(k, cells);
            self.seen.read(k, cells);
        }
        self.step_by_step(frame, std::slice::from_ref(found), made)
    }

    /// An operator that sees of all its operands one step after another.
    fn step_by_step(&mut self, frame: Frame, operands: &[Shape], made: &Shape) -> Result<()> {
        let mut held = self.held;
        for (k, &samples) in made.fresh.iter().enumerate() {
            let cells = operands.iter().filter_map(|operand| operand.cells.get(k)).sum::<u64>();
            self.note(held.saturating_add(cells).saturating_add(samples))?;
            held = held.saturating_add(samples);
        }
        self.held = frame.held.saturating_add(made.total());
        self.note(self.held)
    }

    /// The windows over one series, all of which are looked at, and the results.
    pub(crate) fn windows(&mut self, column: Column<'_>, reach: &Reach, step: i64) -> Result<()> {
        let mut before = vec![0_u64];
        before.extend(column.weights.iter().scan(0_u64, |sum, &weight| {
            *sum += weight;
            Some(*sum)
        }));
        self.windows.find(column.times, reach);
        let (mut largest, mut last) = (0, 0);
        for (k, (low, high)) in self.windows.iter().enumerate() {
            let samples = before[high] - before[low];
            self.seen.look(k, samples);
            largest = largest.max(samples);
            let is_fetched = k == 0 || reach.step != 0;
            if is_fetched {
                last = samples;
            }
            if column.stored && is_fetched {
                let known = reach.end_of(k).saturating_add(reach.after).saturating_sub(step);
                let new = column.times[low..high].partition_point(|&time| time <= known);
                let new = if k == 0 { low } else { low + new };
                self.seen.read(k, before[high] - before[new]);
            }
        }
        self.note(self.held.saturating_add(largest))?;
        self.held = self.held.saturating_add(column.made);
        // The last window is there until the next series comes.
        self.note(self.held.saturating_add(last))
    }

    fn note(&mut self, held: u64) -> Result<()> {
        if held > self.max {
            return Err(EvalError::TooManySamples);
        }
        self.peak = self.peak.max(held);
        Ok(())
    }
}
