//! Ranges and subqueries.

use super::tree::Tree;
use super::{Failure, Parsed, Parser};
use crate::ast::{
    At, Duration, DurationExpr, DurationExprKind, ExprKind, MatrixSelector, Subquery,
    TimeModifiers, VectorSelector,
};
use crate::parse_error::{Expectation, SyntaxError};
use crate::token::TokenKind;

const RANGE: Expectation = Expectation {
    within: "subquery or range selector",
    expected: "number, duration, step(), or range()",
};
const RANGE_NEXT: Expectation =
    Expectation { within: "subquery or range", expected: "\":\" or \"]\"" };
const STEP: Expectation = Expectation {
    within: "subquery selector",
    expected: "number, duration, step(), range(), or \"]\"",
};
const STEP_NEXT: Expectation = Expectation { within: "subquery selector", expected: "\"]\"" };

impl Parser<'_> {
    /// `tree` over the range in the brackets that follow.
    pub(super) fn brackets(&mut self, tree: Tree) -> Parsed<Tree> {
        let open = self.expect(TokenKind::LeftBracket)?;
        let range = self.positive_duration();
        let range = self.expecting(range, RANGE)?;
        let next = self.peek()?;
        match next.kind {
            TokenKind::RightBracket => {
                self.take()?;
                if let Err(error) = check_range(&tree) {
                    self.report(error, open.start..next.end);
                }
                self.matrix(tree, range)
            }
            TokenKind::Colon => {
                self.take()?;
                self.subquery(tree, range)
            }
            _ => self.expecting(Err(Failure::Unexpected), RANGE_NEXT),
        }
    }

    fn matrix(&mut self, tree: Tree, range: Duration) -> Parsed<Tree> {
        let at = tree.expr.at.start..self.end;
        let selector = match tree.expr.kind {
            ExprKind::Vector(selector) => selector,
            // It has been reported, and is never looked at.
            _ => VectorSelector {
                name: None,
                matchers: Vec::new(),
                time: TimeModifiers::default(),
                extension: None,
            },
        };
        let matrix = MatrixSelector { selector, range };
        self.tree(ExprKind::Matrix(matrix), at, tree.height)
    }

    fn subquery(&mut self, tree: Tree, range: Duration) -> Parsed<Tree> {
        let mut step = None;
        if self.take_if(TokenKind::RightBracket)?.is_none() {
            let duration = self.positive_duration();
            step = Some(self.expecting(duration, STEP)?);
            let close = self.expect(TokenKind::RightBracket);
            self.expecting(close, STEP_NEXT)?;
        }
        let at = tree.expr.at.start..self.end;
        let time = TimeModifiers::default();
        let subquery = Subquery { expr: tree.expr, range, step, time };
        self.tree(ExprKind::Subquery(Box::new(subquery)), at, tree.height)
    }

    fn positive_duration(&mut self) -> Parsed<Duration> {
        let duration = self.bracket_duration()?;
        if is_not_positive(&duration) {
            self.report(SyntaxError::DurationNotPositive, duration.at.clone());
        }
        Ok(duration.into())
    }
}

fn is_not_positive(duration: &DurationExpr) -> bool {
    matches!(duration.kind, DurationExprKind::Number(number) if number.value <= 0.0)
}

/// Whether what stands before a range may have one.
fn check_range(tree: &Tree) -> Result<(), SyntaxError> {
    let ExprKind::Vector(selector) = &tree.expr.kind else {
        return Err(SyntaxError::RangeOfExpression);
    };
    match (&selector.time.offset, selector.time.at) {
        (Some(Duration::Literal(_)), _) => Err(SyntaxError::OffsetBeforeRange),
        (_, Some(At::Time(_))) => Err(SyntaxError::AtBeforeRange),
        _ => Ok(()),
    }
}
