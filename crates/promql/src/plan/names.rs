//! Which metric names the series of a node have, and in which order the series come, as far as the plan
//! alone tells.
//!
//! The order of the series of stored data does not depend on which steps are asked for: series come by
//! their keys, those without values are left out. What groups, matches or merges series orders
//! them by which of them it met first, and that depends on the steps.

use regain_model::{METRIC_NAME, MatchOp, Matcher};

use super::{AggregateNode, AggregateOp, Cardinality, Node, RangeSource, SetOp, VectorVector};

/// The metric names of the series of a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// None has one.
    Nameless,
    /// All have the same.
    One,
    /// They may differ.
    Any,
}

/// The names of the series that satisfy `matchers`.
pub(super) fn selected(matchers: &[Matcher]) -> Names {
    let name = |m: &&Matcher| m.name() == METRIC_NAME && m.op() == MatchOp::Equal;
    match matchers.iter().find(name) {
        Some(matcher) if !matcher.value().is_empty() => Names::One,
        _ => Names::Any,
    }
}

impl Node {
    /// The names of the vector's series.
    pub(crate) fn names(&self) -> Names {
        let mut node = self;
        loop {
            node = match node {
                Self::Select(selector) => return selected(&selector.matchers),
                Self::RangeCall(call) if call.absent.is_some() || !call.function.keeps_name() => {
                    return Names::Nameless;
                }
                Self::RangeCall(call) => match &call.arg.source {
                    RangeSource::Series(matchers) => return selected(matchers),
                    RangeSource::Subquery { inner, .. } => inner,
                },
                Self::VectorScalar(operation) if operation.drops_name() => return Names::Nameless,
                Self::VectorScalar(operation) => &operation.vector,
                Self::VectorVector(operation) => return operation.names(),
                Self::Set(set) if set.op != SetOp::Or => &set.left,
                Self::Aggregate(AggregateNode { op, input, labels, without, .. }) => match op {
                    AggregateOp::TopK
                    | AggregateOp::BottomK
                    | AggregateOp::LimitK
                    | AggregateOp::LimitRatio => input,
                    AggregateOp::CountValues(label) if label == METRIC_NAME => return Names::Any,
                    _ if !without && labels.iter().any(|label| label == METRIC_NAME) => {
                        return Names::Any;
                    }
                    _ => return Names::Nameless,
                },
                Self::LabelReplace(replace) if replace.target != METRIC_NAME => &replace.input,
                Self::LabelJoin { input, target, .. } if target != METRIC_NAME => input,
                Self::Constant(input) | Self::Sort { input, .. } => input,
                Self::Info(info) => &info.input,
                Self::Set(_) | Self::LabelReplace(_) | Self::LabelJoin { .. } | Self::Range(_) => {
                    return Names::Any;
                }
                _ => return Names::Nameless,
            }
        }
    }

    /// Whether the vector's series come in an order that any choice of steps leaves as it is; `delayed` says whether they
    /// keep their names until the end of the query.
    pub(crate) fn comes_in_series_order(&self, delayed: bool) -> bool {
        let mut node = self;
        loop {
            node = match node {
                Self::Select(_) | Self::SampleTime(_) | Self::SampleStart(_) => return true,
                Self::RangeCall(call) => match &call.arg.source {
                    RangeSource::Series(_) => return true,
                    RangeSource::Subquery { inner, .. } => inner,
                },
                // Series of different metrics that lose their names may become one.
                Self::Map { input, .. } if delayed || input.names() != Names::Any => input,
                Self::VectorScalar(operation)
                    if delayed
                        || !operation.drops_name()
                        || operation.vector.names() != Names::Any =>
                {
                    &operation.vector
                }
                Self::VectorVector(operation) => match operation.ordered_side() {
                    Some(side) => side,
                    None => return false,
                },
                Self::Set(set) if set.op != SetOp::Or => &set.left,
                Self::Aggregate(AggregateNode { op: AggregateOp::LimitRatio, input, .. })
                | Self::Constant(input)
                // Sorted series are in the order that was asked for.
                | Self::Sort { input, .. } => input,
                _ => return false,
            }
        }
    }
}

impl VectorVector {
    fn names(&self) -> Names {
        let named = self.matching.include.iter().any(|label| label == METRIC_NAME);
        let drops = self.as_bool || self.op.changes_meaning();
        if drops && !named { Names::Nameless } else { Names::Any }
    }

    /// The side whose order is that of the results, where each of its series keeps the labels that set it
    /// apart.
    fn ordered_side(&self) -> Option<&Node> {
        let matching = &self.matching;
        let keeps_labels = match matching.cardinality {
            Cardinality::OneToOne => !matching.on && matching.labels.is_empty(),
            Cardinality::ManyToOne | Cardinality::OneToMany => matching.include.is_empty(),
        };
        let (many, one) = match matching.cardinality {
            Cardinality::OneToMany => (&self.right, &self.left),
            _ => (&self.left, &self.right),
        };
        let has_fill = matching.fill_left.is_some() || matching.fill_right.is_some();
        let apart = many.names() != Names::Any && one.names() != Names::Any;
        (keeps_labels && !has_fill && apart).then_some(many)
    }
}
