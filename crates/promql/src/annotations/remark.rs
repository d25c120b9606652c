//! What is to be said about samples, before it is known which metric it is about.

use super::Kind;

/// A remark that still lacks the metric's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Remark {
    /// A range or group holds floats and histograms, and nothing is made of both.
    MixedFloatsHistograms,
    /// An aggregation has met floats and histograms.
    MixedInAggregation,
    /// Something meant for counters was given a gauge.
    NotCounter,
    /// Something meant for gauges was given a counter.
    NotGauge,
    /// Exponential and custom buckets came together.
    MixedSchemas,
    /// Exponential and custom buckets came together in an operator.
    IncompatibleLayout(&'static str),
    /// An aggregation has left histograms out.
    IgnoredInAggregation(&'static str),
    /// A function of floats has left histograms out.
    IgnoredInRange,
    /// A quantile lies among observations that are no numbers.
    NanResult,
    /// Observations that are no numbers count as the largest.
    NanSkew,
    /// Observations that are no numbers are in no fraction.
    FractionNans,
    /// Histograms contradict each other about a counter reset.
    Collision(Operation),
    /// A sample counts what an earlier one has counted already.
    StartOverlap,
    /// Custom buckets had different bounds.
    Reconciled(Operation),
    /// An operator does not take operands of these types.
    Incompatible { left: &'static str, operator: &'static str, right: &'static str },
}

/// What was done with histograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Addition,
    Subtraction,
    Aggregation,
}

impl Operation {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Addition => "addition",
            Self::Subtraction => "subtraction",
            Self::Aggregation => "aggregation",
        }
    }
}

impl Remark {
    /// The annotation about the metric `name`.
    pub(crate) const fn about(self, name: &str) -> Kind<'_> {
        Kind::Noticed { remark: self, name }
    }

    pub(super) const fn is_warning(self) -> bool {
        match self {
            Self::MixedFloatsHistograms
            | Self::MixedInAggregation
            | Self::NotCounter
            | Self::NotGauge
            | Self::MixedSchemas
            | Self::StartOverlap
            | Self::IncompatibleLayout(_)
            | Self::Collision(_) => true,
            Self::IgnoredInAggregation(_)
            | Self::IgnoredInRange
            | Self::NanResult
            | Self::NanSkew
            | Self::FractionNans
            | Self::Reconciled(_)
            | Self::Incompatible { .. } => false,
        }
    }
}
