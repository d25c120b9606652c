//! Where a node stands in the query's text.

use super::{Node, Position};

impl Node {
    /// The bytes of the query that the node comes from, as far as it keeps them, or else those of what it is computed
    /// from.
    pub(crate) fn place(&self) -> Option<Position> {
        let own = match self {
            Self::Select(selector) | Self::SampleTime(selector) | Self::SampleStart(selector) => {
                Some(selector.position.clone())
            }
            Self::RangeCall(node) => Some(node.at.clone()),
            Self::VectorScalar(node) => Some(node.at.clone()),
            Self::VectorVector(node) => Some(node.at.clone()),
            Self::Aggregate(node) => Some(node.at.clone()),
            Self::Sort { at, .. } => Some(at.clone()),
            Self::HistogramQuantile { at, .. } | Self::HistogramFraction { at, .. } => {
                Some(hull(at[0].clone(), at[1].clone()))
            }
            Self::HistogramQuantiles(node) => Some(node.at.clone()),
            _ => None,
        };
        own.or_else(|| self.children().into_iter().filter_map(Self::place).reduce(hull))
    }
}

fn hull(a: Position, b: Position) -> Position {
    a.start.min(b.start)..a.end.max(b.end)
}
