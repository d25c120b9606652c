//! What stands between binary operators.

use super::binary::Precedence;
use super::tree::Tree;
use super::{Failure, Parsed, Parser};
use crate::ast::{BinaryOp, ExprKind};
use crate::token::{Keyword, Token, TokenKind};

impl TokenKind {
    /// Whether a metric may have this name outside of braces.
    pub(super) const fn may_name_metric(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregate(_) | Self::TimeWord(_) => {
                true
            }
            Self::Keyword(keyword) => !matches!(
                keyword,
                Keyword::Bool
                    | Keyword::On
                    | Keyword::Ignoring
                    | Keyword::GroupLeft
                    | Keyword::GroupRight
            ),
            Self::Binary(op) => op.is_set(),
            _ => false,
        }
    }

    /// Whether an expression may start with this token.
    pub(super) const fn starts_expr(self) -> bool {
        self.may_name_metric()
            || matches!(
                self,
                Self::Number
                    | Self::Duration
                    | Self::String
                    | Self::LeftParen
                    | Self::LeftBrace
                    | Self::Binary(BinaryOp::Add | BinaryOp::Sub)
            )
    }
}

impl Parser<'_> {
    /// An operand with its sign or its modifiers.
    pub(super) fn operand(&mut self) -> Parsed<Tree> {
        let first = self.peek()?;
        if !first.kind.starts_expr() {
            return Err(Failure::Unexpected);
        }
        if let TokenKind::Binary(op @ (BinaryOp::Add | BinaryOp::Sub)) = first.kind {
            self.take()?;
            return self.signed(first, op == BinaryOp::Sub);
        }
        let tree = self.unmodified(first)?;
        self.modified(tree)
    }

    /// An operand with the modifiers that follow it.
    fn modified(&mut self, mut tree: Tree) -> Parsed<Tree> {
        loop {
            tree = match self.peek()?.kind {
                TokenKind::LeftBracket => self.brackets(tree)?,
                TokenKind::At => self.at(tree)?,
                TokenKind::Keyword(Keyword::Offset) => self.offset(tree)?,
                TokenKind::Keyword(Keyword::Anchored | Keyword::Smoothed) => {
                    self.extension(tree)?
                }
                _ => return Ok(tree),
            };
        }
    }

    fn unmodified(&mut self, first: Token) -> Parsed<Tree> {
        match first.kind {
            TokenKind::LeftBrace => self.selector(None),
            TokenKind::LeftParen => self.parens(),
            TokenKind::Number | TokenKind::Duration => {
                let number = self.number()?;
                Ok(Tree::leaf(ExprKind::Number(number), first.at()))
            }
            TokenKind::String => {
                let kind = self.string_operand()?;
                Ok(Tree::leaf(kind, first.at()))
            }
            _ => self.named(),
        }
    }

    /// What starts with a word.
    fn named(&mut self) -> Parsed<Tree> {
        let name = self.take()?;
        let next = self.peek()?.kind;
        match name.kind {
            TokenKind::Aggregate(op)
                if matches!(
                    next,
                    TokenKind::LeftParen | TokenKind::Keyword(Keyword::By | Keyword::Without)
                ) =>
            {
                self.aggregate(name, op)
            }
            TokenKind::Identifier | TokenKind::TimeWord(_) if next == TokenKind::LeftParen => {
                self.call(name)
            }
            _ => self.selector(Some(name)),
        }
    }

    fn parens(&mut self) -> Parsed<Tree> {
        let open = self.expect(TokenKind::LeftParen)?;
        let inner = self.part(|kind| matches!(kind, TokenKind::RightParen | TokenKind::End))?;
        self.close(TokenKind::RightParen)?;
        let kind = ExprKind::Paren(Box::new(inner.expr));
        self.tree(kind, open.start..self.end, inner.height)
    }

    /// A sign and its operand. Only `^` binds more tightly.
    fn signed(&mut self, sign: Token, negative: bool) -> Parsed<Tree> {
        let mut inner = self.operations(Precedence::Power)?;
        let at = sign.start..inner.expr.at.end;
        if let ExprKind::Number(number) = &mut inner.expr.kind {
            if negative {
                number.value = -number.value;
            }
            inner.expr.at = at;
            return Ok(inner);
        }
        let kind = ExprKind::Unary { negative, expr: Box::new(inner.expr) };
        self.tree(kind, at, inner.height)
    }
}
