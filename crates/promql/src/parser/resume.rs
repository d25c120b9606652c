//! Parsing on behind mistakes, for editors.
//!
//! A token that fits nowhere leaves a hole, and what follows it is skipped up to the next operator, comma
//! or closing bracket outside of further brackets. Whatever holds the hole goes on from there.

use super::tree::Tree;
use super::{Failure, Parsed, Parser, ParserOptions};
use crate::ast::{Expr, ExprKind};
use crate::parse_error::ParseError;
use crate::token::TokenKind;
use crate::typing;

/// What can be made of a text that may be unfinished or wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The expression, with holes where something is missing or could not be read. There is none where
    /// the text is empty, too long, nested too deeply or beyond all hope.
    pub expr: Option<Expr>,
    /// All mistakes: those of [`parse`](super::parse) first, further ones of the syntax, and then
    /// further ones of the types of what is known.
    pub errors: Vec<ParseError>,
}

/// What `text` is as far as it can be read.
pub fn parse_draft(text: &str, options: &ParserOptions) -> Draft {
    let mut parser = match Parser::new(text, *options) {
        Ok(parser) => parser,
        Err(errors) => return Draft { expr: None, errors: errors.iter().cloned().collect() },
    };
    parser.resumes = true;
    let mut expr = parser.whole_expression().map_err(|failure| parser.blame(failure)).ok();
    let mut errors = parser.errors;
    if let Some(expr) = &mut expr {
        typing::check_draft(expr, text, &mut errors);
    }
    Draft { expr, errors }
}

impl Parser<'_> {
    /// An expression, up to a token that `ends` it. Only a parse that resumes looks for that token.
    pub(super) fn part(&mut self, ends: impl Fn(TokenKind) -> bool) -> Parsed<Tree> {
        let mut tree = self.expr()?;
        while self.resumes {
            let next = self.peek()?.kind;
            if ends(next) {
                break;
            }
            if let TokenKind::Binary(_) = next {
                tree = self.chained(tree)?;
            } else {
                self.skip(Failure::Unexpected, true)?;
            }
        }
        Ok(tree)
    }

    /// A hole in place of an expression that failed.
    pub(super) fn hole(&mut self, failure: Failure) -> Parsed<Tree> {
        let start = self.peek()?.start;
        self.skip(failure, false)?;
        let end = self.peek()?.start.max(start);
        let kept = self.text.get(start as usize..end as usize).unwrap_or_default();
        let end = start + u32::try_from(kept.trim_end().len()).expect("texts are shorter");
        Ok(Tree::leaf(ExprKind::Hole, start..end))
    }

    /// Takes the token that closes a part, or does without it if the parse resumes.
    pub(super) fn close(&mut self, closing: TokenKind) -> Parsed<()> {
        let Err(failure) = self.expect(closing) else { return Ok(()) };
        self.skip_to(closing, failure)
    }

    /// Takes the comma before another item of a list, or the token that closes it.
    pub(super) fn another(&mut self, closing: TokenKind) -> Parsed<bool> {
        if self.take_if(TokenKind::Comma)?.is_some() {
            return Ok(true);
        }
        let Err(failure) = self.expect(closing) else { return Ok(false) };
        self.skip_to_one_of(&[TokenKind::Comma, closing], failure)
            .map(|found| found == Some(TokenKind::Comma))
    }

    /// Reports a failure and goes on behind the token that closes the part, or where something around it
    /// is closed.
    pub(super) fn skip_to(&mut self, closing: TokenKind, failure: Failure) -> Parsed<()> {
        self.skip_to_one_of(&[closing], failure).map(drop)
    }

    /// Reports a failure, goes on behind the next token that is one of `sought`, and says which it was;
    /// or goes on where something around the part is closed.
    fn skip_to_one_of(
        &mut self,
        sought: &[TokenKind],
        failure: Failure,
    ) -> Parsed<Option<TokenKind>> {
        self.skip(failure, false)?;
        loop {
            let kind = self.peek()?.kind;
            if sought.contains(&kind) {
                self.pass()?;
                return Ok(Some(kind));
            }
            if is_closing(kind) {
                self.lexer.leave();
                return Ok(None);
            }
            self.skip(Failure::Reported, true)?;
        }
    }

    /// Reports a failure and skips to the next operator, comma or closing bracket; where `past`, at least
    /// one token. Fails unless the parse resumes.
    pub(super) fn skip(&mut self, failure: Failure, past: bool) -> Parsed<()> {
        let failure = self.blame(failure);
        if !self.resumes {
            return Err(failure);
        }
        if past {
            self.pass()?;
        }
        let mut open = 0_usize;
        loop {
            match self.peek()?.kind {
                TokenKind::End => return Ok(()),
                TokenKind::LeftParen | TokenKind::LeftBrace | TokenKind::LeftBracket => open += 1,
                TokenKind::Comma | TokenKind::Binary(_) if open == 0 => return Ok(()),
                kind if is_closing(kind) => match open.checked_sub(1) {
                    Some(inner) => open = inner,
                    None => return Ok(()),
                },
                _ => {}
            }
            self.pass()?;
        }
    }

    /// Passes over a token that is part of a mistake.
    fn pass(&mut self) -> Parsed<()> {
        let settled = self.settled;
        if self.peek()?.kind != TokenKind::End {
            self.take()?;
        }
        self.settled = settled;
        Ok(())
    }
}

const fn is_closing(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::RightParen | TokenKind::RightBrace | TokenKind::RightBracket | TokenKind::End
    )
}
