//! Nodes on their way into a plan, and what is the same at every step.

use super::{Node, Position, RangeArg};
use crate::eval_error::{EvalError, Result};

/// A lowered expression.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) value: LoweredValue,
    /// The expression's place in the query.
    pub(super) at: Position,
    /// Whether it is the same at every step.
    pub(super) invariant: bool,
    /// Whether evaluating it once saves anything.
    pub(super) worth_keeping: bool,
}

/// What an expression is lowered to.
#[derive(Debug)]
pub(super) enum LoweredValue {
    Node(Node),
    Range(RangeArg),
}

impl Lowered {
    /// A node that is the same at every step and costs nothing.
    pub(super) const fn literal(node: Node, at: Position) -> Self {
        Self { value: LoweredValue::Node(node), at, invariant: true, worth_keeping: false }
    }

    /// A node that is computed from nodes of which all are, or not all are, the same at every step.
    pub(super) const fn computed(node: Node, at: Position, invariant: bool) -> Self {
        let value = LoweredValue::Node(node);
        Self { value, at, invariant, worth_keeping: invariant }
    }

    /// The node, evaluated once where that saves something.
    pub(super) fn kept(self) -> Node {
        let keep = self.worth_keeping;
        let node = self.bare();
        if keep { Node::Constant(Box::new(node)) } else { node }
    }

    /// The node as part of one that is itself evaluated once.
    pub(super) fn bare(self) -> Node {
        match self.value {
            LoweredValue::Node(node) => node,
            LoweredValue::Range(arg) => Node::Range(arg),
        }
    }

    /// The node inside of one that is evaluated once if `invariant` says so.
    pub(super) fn within(self, invariant: bool) -> Node {
        if invariant { self.bare() } else { self.kept() }
    }

    /// The range vector that this is.
    pub(super) fn range(self) -> Result<RangeArg> {
        match self.value {
            LoweredValue::Range(arg) => Ok(arg),
            LoweredValue::Node(_) => {
                Err(EvalError::Unsupported("an instant vector in place of a range vector"))
            }
        }
    }
}
