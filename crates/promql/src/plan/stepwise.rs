//! Whether each step of a query can be had by itself, without the steps around it.
//!
//! That is so for nearly all of the language. What is left out, because a part of the steps would give
//! something else than all of them:
//! - what is computed at the first step for all and is not the same at all, as an aggregation of `@`
//!   with a parameter that varies (upstream: `promql/engine.go`, 3.14, `wrapChildren`);
//! - parameters of aggregations and of functions over ranges that vary: upstream looks at the smallest
//!   and largest of all steps, also at steps without series;
//! - functions that take the names away from series of several metrics: two of them are an error even
//!   if they are never there at the same time;
//! - `sort`, which complains about more than one step;
//! - `info` of something with `offset` or `@`: upstream reads the info series of other times than it
//!   looks at, from the first step to the last;
//! - subqueries that leave out some of the inner steps between two outer ones: those are evaluated all
//!   the same, and may be an error.

use super::names::Names;
use super::{Map, Node, RangeArg, RangeSource, Selector};

/// A node, and the steps at which it is evaluated.
#[derive(Clone, Copy)]
struct Visit<'n> {
    node: &'n Node,
    /// The time between two steps.
    step: i64,
    /// Whether it must be the same at every step.
    fixed: bool,
}

/// Whether the steps of `node`, `step` apart, do not depend on each other. A subquery without a step has
/// `step_default`.
pub(crate) fn is_stepwise(node: &Node, step: i64, step_default: i64) -> bool {
    let mut open = vec![Visit { node, step, fixed: false }];
    while let Some(visit) = open.pop() {
        if !visit.is_stepwise(step_default, &mut open) {
            return false;
        }
    }
    true
}

/// Whether `node` reads samples.
pub(crate) fn reads_samples(node: &Node) -> bool {
    reads_at_least(node, 1)
}

/// Whether `node` reads samples at more than one place.
pub(crate) fn is_repeated(node: &Node) -> bool {
    reads_at_least(node, 2)
}

fn reads_at_least(node: &Node, places: usize) -> bool {
    let (mut open, mut found) = (vec![node], 0);
    while found < places
        && let Some(node) = open.pop()
    {
        found += usize::from(match node {
            Node::Select(_) | Node::SampleTime(_) | Node::SampleStart(_) => true,
            Node::Range(arg) | Node::RangeCall(super::RangeCallNode { arg, .. }) => {
                matches!(arg.source, RangeSource::Series(_))
            }
            _ => false,
        });
        open.extend(node.children());
    }
    found == places
}

impl<'n> Visit<'n> {
    fn is_stepwise(self, step_default: i64, open: &mut Vec<Self>) -> bool {
        let selects = |selector: &Selector| !self.fixed || selector.at.is_some();
        match self.node {
            Node::Time | Node::StepDate(_) | Node::Map { map: Map::StepTime, .. } if self.fixed => {
                false
            }
            Node::Select(selector) => selects(selector),
            Node::SampleTime(selector) | Node::SampleStart(selector) => {
                selects(selector) && Node::Select(selector.clone()).names() != Names::Any
            }
            Node::Range(arg) => self.range(arg, step_default, open),
            Node::RangeCall(call) => {
                let named = match &call.arg.source {
                    RangeSource::Series(matchers) => super::names::selected(matchers),
                    RangeSource::Subquery { inner, .. } => inner.names(),
                };
                let apart =
                    named != Names::Any || call.function.keeps_name() || call.absent.is_some();
                let params = call.params.iter();
                open.extend(params.map(|node| Visit { node, fixed: true, ..self }));
                apart && self.range(&call.arg, step_default, open)
            }
            Node::Sort { .. } => false,
            Node::Info(info) => {
                open.push(Visit { node: &info.input, ..self });
                !self.fixed && info.offset == 0 && info.at.is_none()
            }
            Node::Constant(node) => {
                open.push(Visit { node, fixed: true, ..self });
                true
            }
            Node::Aggregate(aggregate) => {
                open.push(Visit { node: &aggregate.input, ..self });
                let param = aggregate.param.as_deref();
                open.extend(param.map(|node| Visit { node, fixed: true, ..self }));
                true
            }
            other => {
                open.extend(other.children().into_iter().map(|node| Visit { node, ..self }));
                true
            }
        }
    }

    fn range(self, arg: &'n RangeArg, step_default: i64, open: &mut Vec<Self>) -> bool {
        let is_fixed = arg.at.is_some();
        if let RangeSource::Subquery { inner, step } = &arg.source {
            let step = step.unwrap_or(step_default);
            open.push(Visit { node: inner, step, fixed: false });
            if !is_fixed && arg.range < self.step {
                return false;
            }
        }
        is_fixed || !self.fixed
    }
}

#[cfg(test)]
mod tests {
    use super::is_stepwise;
    use crate::parser::{ParserOptions, parse};
    use crate::plan::{QueryTimes, lower};

    fn stepwise(text: &str) -> bool {
        let expr = parse(text, &ParserOptions::all()).unwrap();
        let times = QueryTimes { start: 0, end: 600_000, step: 60_000 };
        is_stepwise(&lower(&expr, times).unwrap(), times.step, 30_000)
    }

    #[test]
    fn most_of_the_language_is() {
        for text in [
            "up",
            "sum by (job) (rate(a_total[5m] offset -1m))",
            "topk(3, sum by (x) (a)) / on (x) group_left () b",
            "quantile(scalar(a @ 10), b)",
            "time() + a",
            "sum(a @ 100)",
            "max_over_time(sum(rate(a_total[1m]))[10m:])",
            "histogram_quantile(scalar(a), sum by (le) (rate(b_bucket[5m])))",
            "label_replace({job=\"a\"}, \"b\", \"$1\", \"c\", \"(.*)\")",
            "rate(a[5m] smoothed)",
            "info(a)",
            "last_over_time({job=\"a\"}[5m])",
        ] {
            assert!(stepwise(text), "{text}");
        }
    }

    #[test]
    fn what_looks_at_all_steps_is_not() {
        for text in [
            "topk(scalar(a), b)",
            "topk(scalar(a), b @ 100)",
            "quantile(time(), a)",
            "quantile_over_time(scalar(a), b[5m])",
            "rate({job=\"a\"}[5m])",
            "timestamp({job=\"a\"})",
            "max_over_time({job=\"a\"}[5m:1m])",
            "sum(sort(a))",
            "info(a offset 1m)",
            "info(a @ 100)",
            "max_over_time(a[30s:10s])",
            "sum(max_over_time(rate(a[1m])[10m:5m])) or max_over_time((max_over_time(a[30s:10s]))[10m:1m])",
        ] {
            assert!(!stepwise(text), "{text}");
        }
    }
}
