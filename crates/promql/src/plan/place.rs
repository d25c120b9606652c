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

    /// All bytes of the query that can be spoken of when the node is evaluated, in an order that is the same for all
    /// nodes that compute the same.
    pub(crate) fn places(&self) -> Vec<Position> {
        let (mut places, mut open) = (Vec::new(), vec![self]);
        while let Some(node) = open.pop() {
            node.add_places(&mut places);
            open.extend(node.children());
        }
        places
    }

    fn add_places(&self, places: &mut Vec<Position>) {
        match self {
            Self::Select(selector) | Self::SampleTime(selector) | Self::SampleStart(selector) => {
                places.push(selector.position.clone());
            }
            Self::RangeCall(node) => places.push(node.at.clone()),
            Self::VectorScalar(node) => places.push(node.at.clone()),
            Self::VectorVector(node) => places.push(node.at.clone()),
            Self::Aggregate(node) => {
                places.extend([&node.at, &node.input_at, &node.param_at].map(Clone::clone));
            }
            Self::Sort { at, .. } => places.push(at.clone()),
            Self::HistogramQuantile { at, .. } | Self::HistogramFraction { at, .. } => {
                places.extend(at.iter().cloned());
            }
            Self::HistogramQuantiles(node) => {
                places.push(node.at.clone());
                places.extend(node.quantiles.iter().map(|(_, at)| at.clone()));
            }
            Self::Number(_)
            | Self::Text(_)
            | Self::Time
            | Self::Vector(_)
            | Self::Scalar(_)
            | Self::Constant(_)
            | Self::Range(_)
            | Self::Map { .. }
            | Self::ScalarNegate(_)
            | Self::ScalarMap { .. }
            | Self::StepDate(_)
            | Self::Set(_)
            | Self::Absent { .. }
            | Self::LabelReplace(_)
            | Self::LabelJoin { .. }
            | Self::Info(_)
            | Self::Nothing(_) => {}
        }
    }
}

fn hull(a: Position, b: Position) -> Position {
    a.start.min(b.start)..a.end.max(b.end)
}
