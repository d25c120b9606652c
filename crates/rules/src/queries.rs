//! How rules come to the answers of their queries.

use std::sync::Arc;

use regain_model::Timestamp;
use regain_promql::{Engine, EvalError, Expr, QueryResult};
use regain_storage::{Ctx, Queryable};

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
}

/// Answers the queries of rules: among those of everybody else, or by itself.
pub trait RuleQueries: Send + Sync {
    /// Returns the context of a query to come, by which it can be ended.
    fn context(&self) -> Arc<Ctx>;

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

    fn instant(&self, query: &RuleQuery<'_>, ctx: &Arc<Ctx>) -> Result<QueryResult, EvalError> {
        self.engine.instant(&*self.source, query.expr, query.at, ctx)
    }
}
