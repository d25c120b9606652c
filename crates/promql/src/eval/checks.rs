//! Remarks that functions over ranges make once they have a result.

use super::Evaluator;
use crate::annotations::Kind;
use crate::functions::{RangeCall, RangeFn};
use crate::plan::{Position, RangeCallNode};
use crate::scan::{CounterCheck, Report};

/// What is to be said, and about which part of the query.
#[derive(Clone, Debug)]
pub(super) struct Check {
    at: Position,
    subject: Subject,
}

#[derive(Clone, Debug)]
enum Subject {
    /// Whether the metric is a counter.
    Counter,
    /// Quantiles outside of 0 and 1.
    Quantiles(Vec<f64>),
}

impl Check {
    /// The check for a call; `named` tells whether its series still have their names.
    pub(super) fn of(node: &RangeCallNode, call: &RangeCall, named: bool) -> Option<Self> {
        let subject = match node.function {
            RangeFn::Rate | RangeFn::Increase if named => Subject::Counter,
            RangeFn::Quantile => {
                let all = call.params.iter().flatten().copied();
                let invalid: Vec<f64> = all.filter(|q| !(0.0..=1.0).contains(q)).collect();
                if invalid.is_empty() {
                    return None;
                }
                Subject::Quantiles(invalid)
            }
            _ => return None,
        };
        Some(Self { at: node.at.clone(), subject })
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
            Subject::Quantiles(_) => {}
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
