//! Calls of functions.

use super::tree::{Height, Tree};
use super::{Parsed, Parser};
use crate::ast::{Call, Expr, ExprKind};
use crate::parse_error::SyntaxError;
use crate::signatures;
use crate::token::{Token, TokenKind};

/// The arguments of a call or an aggregation, and the height of the highest.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) args: Vec<Expr>,
    pub(super) height: Height,
}

impl Parser<'_> {
    /// The call of the function whose name has been taken.
    pub(super) fn call(&mut self, name: Token) -> Parsed<Tree> {
        let Arguments { args, height } = self.arguments()?;
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

    /// Arguments in parentheses.
    pub(super) fn arguments(&mut self) -> Parsed<Arguments> {
        self.expect(TokenKind::LeftParen)?;
        let mut arguments = Arguments::default();
        if self.take_if(TokenKind::RightParen)?.is_some() {
            return Ok(arguments);
        }
        loop {
            let arg = self.part(|kind| {
                matches!(kind, TokenKind::Comma | TokenKind::RightParen | TokenKind::End)
            })?;
            arguments.height = arguments.height.max(arg.height);
            arguments.args.push(arg.expr);
            if !self.another_argument()? {
                self.close(TokenKind::RightParen)?;
                return Ok(arguments);
            }
        }
    }

    /// Takes the comma before another argument. Commas before none are reported.
    fn another_argument(&mut self) -> Parsed<bool> {
        while let Some(comma) = self.take_if(TokenKind::Comma)? {
            let next = self.peek()?.kind;
            // At the end of an unfinished text the argument is what is missing.
            if next.starts_expr() || next == TokenKind::End {
                return Ok(true);
            }
            self.report(SyntaxError::TrailingComma, comma.at());
        }
        Ok(false)
    }
}
