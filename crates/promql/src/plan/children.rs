//! The nodes below a node.

use super::{Node, RangeSource};

impl Node {
    /// How many nodes there are, this one included.
    pub(crate) fn count(&self) -> usize {
        1 + self.children().into_iter().map(Self::count).sum::<usize>()
    }

    /// The nodes that this one is computed from.
    pub(crate) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Number(_)
            | Self::Text(_)
            | Self::Time
            | Self::StepDate(_)
            | Self::Select(_)
            | Self::SampleTime(_)
            | Self::SampleStart(_) => Vec::new(),
            Self::Vector(inner)
            | Self::Scalar(inner)
            | Self::Constant(inner)
            | Self::ScalarNegate(inner)
            | Self::Nothing(inner) => vec![inner],
            Self::Range(arg) => subquery(&arg.source),
            Self::RangeCall(call) => {
                let mut children = subquery(&call.arg.source);
                children.extend(&call.params);
                children
            }
            Self::Map { input, params, .. } => {
                let mut children: Vec<&Self> = vec![input];
                children.extend(params);
                children
            }
            Self::ScalarMap { left, right, .. } => vec![left, right],
            Self::VectorScalar(node) => vec![&node.vector, &node.scalar],
            Self::VectorVector(node) => vec![&node.left, &node.right],
            Self::Set(node) => vec![&node.left, &node.right],
            Self::Aggregate(node) => {
                let mut children: Vec<&Self> = vec![&node.input];
                children.extend(node.param.as_deref());
                children
            }
            Self::Absent { input, .. }
            | Self::LabelJoin { input, .. }
            | Self::Sort { input, .. } => vec![input],
            Self::LabelReplace(node) => vec![&node.input],
            Self::HistogramQuantile { quantile, input, .. } => vec![quantile, input],
            Self::HistogramQuantiles(node) => {
                let mut children: Vec<&Self> = vec![&node.input];
                children.extend(node.quantiles.iter().map(|(quantile, _)| quantile));
                children
            }
            Self::HistogramFraction { lower, upper, input, .. } => vec![lower, upper, input],
            Self::Info(node) => vec![&node.input],
        }
    }
}

fn subquery(source: &RangeSource) -> Vec<&Node> {
    match source {
        RangeSource::Series(_) => Vec::new(),
        RangeSource::Subquery { inner, .. } => vec![inner],
    }
}
