//! Calls of functions.

use super::tree::Tree;
use super::{Parsed, Parser};
use crate::ast::{Call, Expr, ExprKind};
use crate::parse_error::SyntaxError;
use crate::signatures;
use crate::token::{Token, TokenKind};

impl Parser<'_> {
    /// The call of the function whose name has been taken.
    pub(super) fn call(&mut self, name: Token) -> Parsed<Tree> {
        let (args, height) = self.arguments()?;
        let function = self.text_of(name).to_owned();
        match signatures::find(&function) {
            None => self.report(SyntaxError::UnknownFunction(function.clone()), name.at()),
            Some(found) if found.experimental && !self.options.experimental_functions => {
                self.report(SyntaxError::ExperimentalFunction(function.clone()), name.at());
            }
            Some(_) => {}
        }
        self.tree(ExprKind::Call(Call { function, args }), name.start..self.end, height)
    }

    /// Arguments in parentheses, and the height of the highest.
    pub(super) fn arguments(&mut self) -> Parsed<(Vec<Expr>, u32)> {
        self.expect(TokenKind::LeftParen)?;
        let (mut args, mut height) = (Vec::new(), 0);
        if self.take_if(TokenKind::RightParen)?.is_some() {
            return Ok((args, height));
        }
        loop {
            let arg = self.expr()?;
            height = height.max(arg.height);
            args.push(arg.expr);
            if !self.another_argument()? {
                self.expect(TokenKind::RightParen)?;
                return Ok((args, height));
            }
        }
    }

    /// Takes the comma before another argument. Commas before none are reported.
    fn another_argument(&mut self) -> Parsed<bool> {
        while let Some(comma) = self.take_if(TokenKind::Comma)? {
            if self.peek()?.kind.starts_expr() {
                return Ok(true);
            }
            self.report(SyntaxError::TrailingComma, comma.at());
        }
        Ok(false)
    }
}
