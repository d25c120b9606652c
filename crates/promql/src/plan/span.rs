//! The span of time that a plan reads, so that the store can hold a view of it.

use regain_model::{Span, Timestamp};

use super::{Node, RangeArg, RangeSource, Selector};
use crate::engine::EngineOptions;
use crate::eval_error::{EvalError, Result};
use crate::functions::Extension;
use crate::grid::Grid;

/// The first and the last time that evaluating `node` on `grid` can read.
pub(crate) fn time_span(node: &Node, grid: &Grid, options: &EngineOptions) -> Span {
    let mut span = Spans { options, min: i64::MAX, max: i64::MIN };
    span.node(node, grid.start, grid.last());
    let (min, max) = if span.min > span.max { (0, 0) } else { (span.min, span.max) };
    Span::new(Timestamp(min), Timestamp(max))
}

impl RangeArg {
    /// The steps at which a subquery is evaluated for those of `grid`: multiples of its step, from behind the start of
    /// the first window to the end of the last one. Upstream's division rounds towards zero.
    pub(crate) fn inner_grid(
        &self,
        step: Option<i64>,
        grid: &Grid,
        step_default_ms: i64,
    ) -> Result<Grid> {
        let step = step.unwrap_or(step_default_ms);
        if step <= 0 {
            return Err(EvalError::InvalidSteps);
        }
        let (first, last) = match self.at {
            Some(at) => (at, at),
            None => (grid.start, grid.last()),
        };
        let end = last.saturating_sub(self.offset);
        let before = first.saturating_sub(self.offset).saturating_sub(self.range);
        let mut start = step.saturating_mul(before / step);
        if start <= before {
            start = start.saturating_add(step);
        }
        Grid::range(start, end, step)
    }
}

struct Spans<'o> {
    options: &'o EngineOptions,
    min: i64,
    max: i64,
}

impl Spans<'_> {
    fn add(&mut self, start: i64, end: i64) {
        self.min = self.min.min(start);
        self.max = self.max.max(end);
    }

    fn selector(&mut self, selector: &Selector, start: i64, end: i64) {
        let (start, end) = selector.at.map_or((start, end), |at| (at, at));
        let lookback = self.options.lookback_delta_ms;
        let after = if selector.smoothed { lookback } else { 0 };
        let end = end.saturating_sub(selector.offset).saturating_add(after);
        self.add(start.saturating_sub(selector.offset).saturating_sub(lookback), end);
    }

    fn range(&mut self, arg: &RangeArg, start: i64, end: i64) {
        let (start, end) = arg.at.map_or((start, end), |at| (at, at));
        let start = start.saturating_sub(arg.offset).saturating_sub(arg.range);
        let end = end.saturating_sub(arg.offset);
        match &arg.source {
            RangeSource::Subquery { inner, .. } => self.node(inner, start, end),
            RangeSource::Series(_) => {
                let lookback = self.options.lookback_delta_ms;
                let before = if arg.extension.is_some() { lookback } else { 0 };
                let smoothed = arg.extension == Some(Extension::Smoothed);
                let after = if smoothed { lookback } else { 0 };
                self.add(start.saturating_sub(before), end.saturating_add(after));
            }
        }
    }

    fn node(&mut self, node: &Node, start: i64, end: i64) {
        match node {
            Node::Select(selector) | Node::SampleTime(selector) | Node::SampleStart(selector) => {
                self.selector(selector, start, end);
            }
            Node::Range(arg) => self.range(arg, start, end),
            Node::RangeCall(call) => {
                self.range(&call.arg, start, end);
                call.params.iter().for_each(|param| self.node(param, start, end));
            }
            Node::Info(info) => {
                let (offset, at) = (info.offset, info.at);
                let selector = Selector {
                    matchers: Vec::new(),
                    offset,
                    at,
                    smoothed: false,
                    stats: false,
                    position: 0..0,
                };
                self.selector(&selector, start, end);
                self.node(&info.input, start, end);
            }
            other => other.children().into_iter().for_each(|child| self.node(child, start, end)),
        }
    }
}
