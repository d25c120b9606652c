//! Remarks that operations on single series make once they have a result.

use regain_storage::Symbol;

use super::Evaluator;
use crate::annotations::{Kind, Remark};
use crate::functions::{RangeCall, RangeFn};
use crate::plan::{Position, RangeCallNode, RangeSource};
use crate::scan::{CounterCheck, Report};

/// What is to be said, and about which part of the query.
#[derive(Clone, Debug)]
pub(super) struct Check {
    at: Position,
    /// Whether the series still have their names.
    named: bool,
    subject: Subject,
}

#[derive(Clone, Debug)]
enum Subject {
    /// Nothing but what was noticed.
    Nothing,
    /// Whether the metric is a counter.
    Counter,
    /// Quantiles outside of 0 and 1.
    Quantiles(Vec<f64>),
}

impl Check {
    /// The check for a call; `named` tells whether its series still have their names.
    pub(super) fn of(node: &RangeCallNode, call: &RangeCall, named: bool) -> Self {
        let subject = match node.function {
            RangeFn::Rate | RangeFn::Increase if named => Subject::Counter,
            RangeFn::Quantile => {
                let all = call.params.iter().flatten().copied();
                let invalid: Vec<f64> = all.filter(|q| !(0.0..=1.0).contains(q)).collect();
                if invalid.is_empty() { Subject::Nothing } else { Subject::Quantiles(invalid) }
            }
            _ => Subject::Nothing,
        };
        // What a subquery has computed has no place in the text any more when upstream looks at it. The
        // quantile is the first argument, and everything that is said points at the first.
        let computed = matches!(node.arg.source, RangeSource::Subquery { .. });
        let first = node.function == RangeFn::Quantile || !computed;
        Self { at: if first { node.at.clone() } else { 0..0 }, named, subject }
    }

    /// The check for an operation that only says what it notices.
    pub(super) const fn at(at: Position, named: bool) -> Self {
        Self { at, named, subject: Subject::Nothing }
    }

    /// Whether it matters which series have had a result.
    pub(super) const fn counts(&self) -> bool {
        !matches!(self.subject, Subject::Nothing)
    }
}

impl Evaluator<'_> {
    /// Says what the checks of a scan have found.
    pub(super) fn note(&mut self, report: &Report, checks: &[Check]) {
        self.stats.samples_total += report.samples_total;
        self.stats.samples_read += report.samples_read;
        for (number, check) in checks.iter().enumerate() {
            let counters = report.counters.iter();
            let counters = counters.filter(|counter| counter.check as usize == number);
            self.say(check, report.checks & (1 << number) != 0, counters);
        }
        for (&(number, remark, name), &count) in &report.remarks {
            if let Some(check) = checks.get(number as usize) {
                self.remark(check, (remark, count), name);
            }
        }
    }

    /// Says what an operation has noticed about the metric `name`, and how often.
    pub(super) fn remark(
        &mut self,
        check: &Check,
        (remark, count): (Remark, u64),
        name: Option<Symbol>,
    ) {
        let arena = self.ctx.labels.read();
        let name = name.filter(|_| check.named).map_or("", |name| arena.text(name));
        self.annotations.add_often(&remark.about(name), count, check.at.clone());
    }

    /// Says what one check has found.
    pub(super) fn say<'c>(
        &mut self,
        check: &Check,
        any: bool,
        counters: impl Iterator<Item = &'c CounterCheck>,
    ) {
        match &check.subject {
            Subject::Counter => {
                for counter in counters {
                    self.check_counter(counter, &check.at);
                }
            }
            Subject::Quantiles(quantiles) if any => {
                for &got in quantiles {
                    self.annotations.add(&Kind::InvalidQuantile { got }, check.at.clone());
                }
            }
            Subject::Quantiles(_) | Subject::Nothing => {}
        }
    }

    /// Remarks on what does not look like a counter.
    fn check_counter(&mut self, counter: &CounterCheck, at: &Position) {
        let arena = self.ctx.labels.read();
        let name = arena.text(counter.name);
        if self.options.features.type_and_unit_labels {
            let got = counter.kind.map_or("", |kind| arena.text(kind));
            if got != "counter" && got != "histogram" {
                self.annotations.add(&Kind::NotCounterType { got, name }, at.clone());
            }
        } else if !["_total", "_sum", "_count", "_bucket"].iter().any(|end| name.ends_with(end)) {
            self.annotations.add(&Kind::NotCounterName { name }, at.clone());
        }
    }
}
