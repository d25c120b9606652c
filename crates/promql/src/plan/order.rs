//! Whether the order of a result means something.

use super::{AggregateNode, AggregateOp, Node};

impl Node {
    /// Whether a part of the plan sorts or ranks, and nothing around it mixes the series up again.
    pub(crate) fn is_ordered(&self) -> bool {
        match self {
            Self::Sort { .. } => true,
            Self::Aggregate(AggregateNode { op, .. }) => {
                matches!(op, AggregateOp::TopK | AggregateOp::BottomK)
            }
            _ => self.children().into_iter().any(Self::is_ordered),
        }
    }
}
