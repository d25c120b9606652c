//! Ranges and subqueries.

use super::tree::Tree;
use super::{Parsed, Parser};
use crate::ast::{
    At, Duration, DurationExpr, DurationExprKind, Expr, ExprKind, MatrixSelector, Subquery,
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
        let (range, window) = match self.within_brackets() {
            Ok(parts) => parts,
            Err(failure) => {
                self.skip_to(TokenKind::RightBracket, failure)?;
                return Ok(Tree::leaf(ExprKind::Hole, tree.expr.at.start..self.end));
            }
        };
        let at = tree.expr.at.start..self.end;
        let kind = match (window, tree.expr.kind) {
            (Window::Subquery { step }, kind) => {
                let expr = Expr { kind, at: tree.expr.at };
                let time = TimeModifiers::default();
                ExprKind::Subquery(Box::new(Subquery { expr, range, step, time }))
            }
            (Window::Range, ExprKind::Vector(selector)) => {
                if let Err(error) = check_range(&selector) {
                    self.report(error, open.start..self.end);
                }
                ExprKind::Matrix(MatrixSelector { selector, range })
            }
            (Window::Range, _) => {
                self.report(SyntaxError::RangeOfExpression, open.start..self.end);
                ExprKind::Hole
            }
        };
        self.tree(kind, at, tree.height)
    }

    fn within_brackets(&mut self) -> Parsed<(Duration, Window)> {
        let range = self.within(RANGE, Self::positive_duration)?;
        if self.take_if(TokenKind::RightBracket)?.is_some() {
            return Ok((range, Window::Range));
        }
        self.within(RANGE_NEXT, |parser| parser.expect(TokenKind::Colon))?;
        if self.take_if(TokenKind::RightBracket)?.is_some() {
            return Ok((range, Window::Subquery { step: None }));
        }
        let step = Some(self.within(STEP, Self::positive_duration)?);
        self.within(STEP_NEXT, |parser| parser.expect(TokenKind::RightBracket))?;
        Ok((range, Window::Subquery { step }))
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

/// What the brackets make of what stands before them.
enum Window {
    Range,
    Subquery { step: Option<Duration> },
}

/// Whether the selector before a range may have one.
fn check_range(selector: &VectorSelector) -> Result<(), SyntaxError> {
    match (&selector.time.offset, selector.time.at) {
        (Some(Duration::Literal(_)), _) => Err(SyntaxError::OffsetBeforeRange),
        (_, Some(At::Time(_))) => Err(SyntaxError::AtBeforeRange),
        _ => Ok(()),
    }
}
