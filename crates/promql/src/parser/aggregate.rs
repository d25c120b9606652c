//! Aggregations.

use super::call::Arguments;
use super::tree::Tree;
use super::{Parsed, Parser};
use crate::ast::{Aggregate, AggregateOp, Expr, ExprKind};
use crate::parse_error::{Expectation, SyntaxError};
use crate::token::{Keyword, Token, TokenKind};

const AGGREGATION: Expectation = Expectation { within: "aggregation", expected: "" };

/// `by` or `without` and its labels.
#[derive(Default)]
struct Clause {
    without: bool,
    labels: Vec<String>,
}

impl Parser<'_> {
    /// The aggregation whose operator has been taken.
    pub(super) fn aggregate(&mut self, name: Token, op: AggregateOp) -> Parsed<Tree> {
        let (clause, Arguments { args, height }) =
            self.within(AGGREGATION, Self::aggregate_parts)?;
        let at = name.start..self.end;
        let (param, expr) = match self.aggregate_arguments(op, args) {
            Ok(arguments) => arguments,
            Err(error) => {
                self.report(error, at.clone());
                return Ok(Tree::leaf(ExprKind::Hole, at));
            }
        };
        let Clause { without, labels: grouping } = clause.unwrap_or_default();
        let aggregate = Aggregate { op, expr, param, grouping, without };
        self.tree(ExprKind::Aggregate(Box::new(aggregate)), at, height)
    }

    /// The parameter and what is aggregated.
    fn aggregate_arguments(
        &self,
        op: AggregateOp,
        args: Vec<Expr>,
    ) -> Result<(Option<Expr>, Expr), SyntaxError> {
        let (got, expected) = (args.len(), 1 + usize::from(op.has_param()));
        if got == 0 {
            return Err(SyntaxError::NoAggregateArguments);
        }
        if op.is_experimental() && !self.options.experimental_functions {
            return Err(SyntaxError::ExperimentalAggregation(op));
        }
        let mut args = args.into_iter();
        let param = if op.has_param() { args.next() } else { None };
        match (args.next(), args.next()) {
            (Some(expr), None) => Ok((param, expr)),
            _ => Err(SyntaxError::AggregateArguments { expected, got }),
        }
    }

    /// The arguments, and the clause before or after them.
    fn aggregate_parts(&mut self) -> Parsed<(Option<Clause>, Arguments)> {
        let before = self.clause()?;
        let args = self.arguments()?;
        let clause = if before.is_some() { before } else { self.clause()? };
        Ok((clause, args))
    }

    fn clause(&mut self) -> Parsed<Option<Clause>> {
        let without = match self.peek()?.kind {
            TokenKind::Keyword(Keyword::By) => false,
            TokenKind::Keyword(Keyword::Without) => true,
            _ => return Ok(None),
        };
        self.take()?;
        Ok(Some(Clause { without, labels: self.label_list()? }))
    }
}
