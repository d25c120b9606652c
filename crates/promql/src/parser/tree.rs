//! Expressions under construction.

use super::{CHAIN_MAX, Failure, NESTING_MAX, Parsed, Parser};
use crate::ast::{Binary, Expr, ExprKind, Position};
use crate::parse_error::SyntaxError;

/// An expression and how high it is.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) expr: Expr,
    pub(super) height: Height,
}

/// How many expressions contain each other, the outermost included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Height {
    /// All of them.
    levels: u32,
    /// Of a chain of operations only the first, because walks go along chains in loops.
    nested: u32,
}

impl Height {
    const LEAF: Self = Self { levels: 1, nested: 1 };

    /// That of the higher one, each way of counting by itself.
    pub(super) fn max(self, other: Self) -> Self {
        Self { levels: self.levels.max(other.levels), nested: self.nested.max(other.nested) }
    }

    const fn plus_one(self) -> Self {
        Self { levels: self.levels + 1, nested: self.nested + 1 }
    }
}

impl Tree {
    /// An expression that contains no other.
    pub(super) const fn leaf(kind: ExprKind, at: Position) -> Self {
        Self { expr: Expr { kind, at }, height: Height::LEAF }
    }
}

impl Parser<'_> {
    /// An expression around others, the highest of which has `height`.
    pub(super) fn tree(&mut self, kind: ExprKind, at: Position, height: Height) -> Parsed<Tree> {
        self.bounded(kind, at, height.plus_one())
    }

    /// An operation on operands of these heights.
    pub(super) fn operation_tree(
        &mut self,
        binary: Binary,
        at: Position,
        left: Height,
        right: Height,
    ) -> Parsed<Tree> {
        let mut height = left.plus_one().max(right.plus_one());
        if matches!(binary.left.kind, ExprKind::Binary(_)) {
            height.nested = left.nested.max(right.nested + 1);
        }
        self.bounded(ExprKind::Binary(Box::new(binary)), at, height)
    }

    fn bounded(&mut self, kind: ExprKind, at: Position, height: Height) -> Parsed<Tree> {
        let problem = if height.nested > NESTING_MAX {
            SyntaxError::TooDeep
        } else if height.levels > CHAIN_MAX {
            SyntaxError::ChainTooLong
        } else {
            return Ok(Tree { expr: Expr { kind, at }, height });
        };
        Err(self.give_up(problem, at))
    }

    /// Reports what no part of the text can make good again.
    #[cold]
    pub(super) fn give_up(&mut self, problem: SyntaxError, at: Position) -> Failure {
        self.report(problem, at);
        self.resumes = false;
        Failure::Reported
    }
}
