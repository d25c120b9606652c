//! Operations in a row. `a + b + c` is as high as it is long, so whatever walks over expressions goes
//! along the left operands in a loop.

use std::mem::replace;

use super::{Binary, Expr, ExprKind};

impl Expr {
    /// What stands where something is missing.
    pub(crate) const fn hole(at: super::Position) -> Self {
        Self { kind: ExprKind::Hole, at }
    }

    /// Takes the expression away and leaves a hole.
    pub(crate) const fn take(&mut self) -> Self {
        replace(self, Self::hole(0..0))
    }

    /// The operations that are each other's left operands, this one first, and the leftmost operand of
    /// all. What is no operation has none and is that operand itself.
    pub fn chain(&self) -> (Vec<&Binary>, &Self) {
        let (mut operations, mut first) = (Vec::new(), self);
        while let ExprKind::Binary(binary) = &first.kind {
            operations.push(&**binary);
            first = &binary.left;
        }
        (operations, first)
    }

    /// How many expressions contain each other, this one included.
    pub(crate) fn levels(&self) -> usize {
        let (mut levels, mut open) = (0, vec![(self, 1)]);
        while let Some((expr, level)) = open.pop() {
            levels = levels.max(level);
            open.extend(expr.children().into_iter().map(|child| (child, level + 1)));
        }
        levels
    }

    /// The expressions directly within, in the order in which they are written.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Vector(_)
            | ExprKind::Matrix(_)
            | ExprKind::Hole => Vec::new(),
            ExprKind::Subquery(subquery) => vec![&subquery.expr],
            ExprKind::Call(call) => call.args.iter().collect(),
            ExprKind::Aggregate(aggregate) => {
                aggregate.param.iter().chain([&aggregate.expr]).collect()
            }
            ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
            ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => vec![expr],
        }
    }
}

impl Clone for Binary {
    fn clone(&self) -> Self {
        let mut inner = Vec::new();
        let mut first = &self.left;
        while let ExprKind::Binary(binary) = &first.kind {
            inner.push((&**binary, first.at.clone()));
            first = &binary.left;
        }
        let mut left = first.clone();
        while let Some((binary, at)) = inner.pop() {
            left = Expr { kind: ExprKind::Binary(Box::new(binary.onto(left))), at };
        }
        self.onto(left)
    }
}

impl Binary {
    /// The same operation with another left operand.
    fn onto(&self, left: Expr) -> Self {
        let (right, matching) = (self.right.clone(), self.matching.clone());
        Self { op: self.op, left, right, as_bool: self.as_bool, matching }
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let mut left = self.left.take();
        while let ExprKind::Binary(binary) = &mut left.kind {
            let next = binary.left.take();
            left = next;
        }
    }
}
