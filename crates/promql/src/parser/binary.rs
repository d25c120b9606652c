//! Binary operations.

use super::tree::Tree;
use super::{Parsed, Parser};
use crate::ast::{Binary, BinaryOp, MatchGrouping, Matching};
use crate::parse_error::SyntaxError;
use crate::token::{Keyword, TokenKind};

/// How tightly operators bind, from loosely to tightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Power,
    /// No operator binds as tightly.
    Operand,
}

impl Precedence {
    pub(super) const fn of(op: BinaryOp) -> Self {
        match op {
            BinaryOp::Or => Self::Or,
            BinaryOp::And | BinaryOp::Unless => Self::And,
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::Greater
            | BinaryOp::LessOrEqual
            | BinaryOp::GreaterOrEqual
            | BinaryOp::TrimUpper
            | BinaryOp::TrimLower => Self::Comparison,
            BinaryOp::Add | BinaryOp::Sub => Self::Sum,
            BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod | BinaryOp::Atan2 => Self::Product,
            BinaryOp::Pow => Self::Power,
        }
    }

    /// How tightly the operators on the right of such an operator must bind to come first. Powers
    /// alone start at the right.
    pub(super) const fn of_right(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Comparison,
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Power => Self::Power,
            Self::Operand => Self::Operand,
        }
    }
}

/// What stands between a binary operator and its right operand.
#[derive(Default)]
struct Modifiers {
    as_bool: bool,
    matching: Matching,
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> Parsed<Tree> {
        self.operations(Precedence::Or)
    }

    /// An expression whose operators, outside of parentheses, bind at least as tightly as `min`.
    pub(super) fn operations(&mut self, min: Precedence) -> Parsed<Tree> {
        self.nested(|parser| {
            let left = parser.operand().or_else(|failure| parser.hole(failure))?;
            parser.more_operations(left, min)
        })
    }

    /// `tree` with the operators that follow.
    pub(super) fn chained(&mut self, tree: Tree) -> Parsed<Tree> {
        self.more_operations(tree, Precedence::Or)
    }

    fn more_operations(&mut self, mut left: Tree, min: Precedence) -> Parsed<Tree> {
        while let TokenKind::Binary(op) = self.peek()?.kind {
            let precedence = Precedence::of(op);
            if precedence < min {
                break;
            }
            self.take()?;
            let modifiers = self.modifiers()?;
            let right = self.operations(precedence.of_right())?;
            left = self.operation(left, op, modifiers, right)?;
        }
        Ok(left)
    }

    fn operation(
        &mut self,
        left: Tree,
        op: BinaryOp,
        modifiers: Modifiers,
        right: Tree,
    ) -> Parsed<Tree> {
        let at = left.expr.at.start..right.expr.at.end;
        let Modifiers { as_bool, matching } = modifiers;
        let fills = matching.fill_left.is_some() || matching.fill_right.is_some();
        if fills && !self.options.fill_modifiers {
            self.report(SyntaxError::FillModifiers, at.clone());
        }
        let matching = Some(matching);
        let binary = Binary { op, left: left.expr, right: right.expr, as_bool, matching };
        self.operation_tree(binary, at, left.height, right.height)
    }

    fn modifiers(&mut self) -> Parsed<Modifiers> {
        let mut modifiers = Modifiers {
            as_bool: self.take_if(TokenKind::Keyword(Keyword::Bool))?.is_some(),
            ..Modifiers::default()
        };
        let matching = &mut modifiers.matching;
        if let TokenKind::Keyword(clause @ (Keyword::On | Keyword::Ignoring)) = self.peek()?.kind {
            self.take()?;
            matching.on = clause == Keyword::On;
            matching.labels = self.label_list()?;
            self.grouping(matching)?;
        }
        self.fills(matching)?;
        Ok(modifiers)
    }

    fn grouping(&mut self, matching: &mut Matching) -> Parsed<()> {
        matching.grouping = match self.peek()?.kind {
            TokenKind::Keyword(Keyword::GroupLeft) => MatchGrouping::Left,
            TokenKind::Keyword(Keyword::GroupRight) => MatchGrouping::Right,
            _ => return Ok(()),
        };
        self.take()?;
        let next = self.peek()?.kind;
        // What starts an expression is the right operand; a parenthesis starts the labels first.
        if next == TokenKind::LeftParen || !next.starts_expr() {
            matching.include = self.label_list()?;
        }
        Ok(())
    }

    /// `fill`, or one or both of `fill_left` and `fill_right`.
    fn fills(&mut self, matching: &mut Matching) -> Parsed<()> {
        if self.take_if(TokenKind::Keyword(Keyword::Fill))?.is_some() {
            let value = Some(self.fill_value()?);
            (matching.fill_left, matching.fill_right) = (value, value);
            return Ok(());
        }
        for _ in 0..2 {
            let (keyword, value) = match self.peek()?.kind {
                TokenKind::Keyword(Keyword::FillLeft) if matching.fill_left.is_none() => {
                    (Keyword::FillLeft, &mut matching.fill_left)
                }
                TokenKind::Keyword(Keyword::FillRight) if matching.fill_right.is_none() => {
                    (Keyword::FillRight, &mut matching.fill_right)
                }
                _ => break,
            };
            self.expect(TokenKind::Keyword(keyword))?;
            *value = Some(self.fill_value()?);
        }
        Ok(())
    }

    fn fill_value(&mut self) -> Parsed<f64> {
        self.signed_value().or_else(|failure| {
            self.skip_to(TokenKind::RightParen, failure)?;
            Ok(0.0)
        })
    }

    fn signed_value(&mut self) -> Parsed<f64> {
        self.expect(TokenKind::LeftParen)?;
        let negative = self.sign()?.is_some_and(|(_, negative)| negative);
        let value = self.number()?.value;
        self.expect(TokenKind::RightParen)?;
        Ok(if negative { -value } else { value })
    }
}
