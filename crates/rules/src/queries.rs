//! How rules come to the answers of their queries.

use std::sync::Arc;

use regain_model::Timestamp;
use regain_promql::{Engine, EvalError, Expr, QueryResult, Round, Turn};
use regain_storage::{ByteBudget, Ctx, Queryable};

/// Is one query of a rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleQuery<'a> {
    pub expr: &'a Expr,
    /// Is the expression as text.
    pub text: &'a str,
    pub at: Timestamp,
    /// Is the file of the rule's group.
    pub file: &'a str,
    pub group: &'a str,
    /// Is the name of the rule.
    pub rule: &'a str,
    /// Is the query's place among those of its group at this time, if it is the expression of a rule.
    pub turn: Option<Turn<'a>>,
}

/// Answers the queries of rules: among those of everybody else, or by itself.
pub trait RuleQueries: Send + Sync {
    /// Returns the context of a query to come, by which it can be ended.
    fn context(&self) -> Arc<Ctx>;

    /// Begins a round of queries: the expressions of the rules of a group, one after another, at the time `at`.
    fn round(&self, exprs: &[&Expr], at: Timestamp) -> Round;

    /// Returns the value of an expression, once it is its turn. Blocks.
    fn instant(&self, query: &RuleQuery<'_>, ctx: &Arc<Ctx>) -> Result<QueryResult, EvalError>;
}

/// Asks an engine at once, whoever else asks.
#[derive(Clone)]
pub struct DirectQueries {
    pub engine: Engine,
    /// Is asked.
    pub source: Arc<dyn Queryable>,
}

impl std::fmt::Debug for DirectQueries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectQueries").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl RuleQueries for DirectQueries {
    fn context(&self) -> Arc<Ctx> {
        self.engine.context()
    }

    fn round(&self, exprs: &[&Expr], at: Timestamp) -> Round {
        self.engine.round(exprs, at, ByteBudget::new(Round::BYTES_MAX, Arc::default()))
    }

    fn instant(&self, query: &RuleQuery<'_>, ctx: &Arc<Ctx>) -> Result<QueryResult, EvalError> {
        match query.turn {
            Some(turn) => self.engine.instant_in(turn, &*self.source, query.expr, ctx),
            None => self.engine.instant(&*self.source, query.expr, query.at, ctx),
        }
    }
}
