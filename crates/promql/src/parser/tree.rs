//! Expressions under construction.

use super::{Failure, NESTING_MAX, Parsed, Parser};
use crate::ast::{Expr, ExprKind, Position};
use crate::parse_error::SyntaxError;

/// An expression and how many expressions contain each other in it, itself included.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) expr: Expr,
    pub(super) height: u32,
}

impl Tree {
    /// An expression that contains no other.
    pub(super) const fn leaf(kind: ExprKind, at: Position) -> Self {
        Self { expr: Expr { kind, at }, height: 1 }
    }
}

impl Parser<'_> {
    /// An expression around others, the highest of which has `height`.
    pub(super) fn tree(&mut self, kind: ExprKind, at: Position, height: u32) -> Parsed<Tree> {
        if height >= NESTING_MAX {
            self.report(SyntaxError::TooDeep, at);
            return Err(Failure::Reported);
        }
        Ok(Tree { expr: Expr { kind, at }, height: height + 1 })
    }
}
