//! The queries of rules: among the others in every respect, but on the threads of the rules.

use std::sync::Arc;
use std::time::Instant;

use regain_model::Timestamp;
use regain_promql::{EvalError, Expr, QueryResult, Round};
use regain_rules::{RuleQueries, RuleQuery};
use regain_storage::{ByteBudget, Ctx};
use tokio::runtime::Handle;

use super::QueryService;
use super::origin::{Origin, RuleOrigin};
use super::question::When;

impl RuleQueries for QueryService {
    fn context(&self) -> Arc<Ctx> {
        Self::context(self)
    }

    fn round(&self, exprs: &[&Expr], at: Timestamp) -> Round {
        let bytes = ByteBudget::new(Round::BYTES_MAX, Arc::clone(&self.bytes));
        self.engine.load().round(exprs, at, bytes)
    }

    fn instant(&self, query: &RuleQuery<'_>, ctx: &Arc<Ctx>) -> Result<QueryResult, EvalError> {
        let RuleQuery { expr, text, at, file, group, rule, turn } = *query;
        let (file, group, name) = (file.to_owned(), group.to_owned(), rule.to_owned());
        let origin = Origin::Rule(RuleOrigin { file, group, name });
        let session = self.session(text.to_owned(), When::At(at), origin, ctx);
        let start = Instant::now();
        let place = Handle::current().block_on(self.places.wait(ctx));
        let _place = place.inspect_err(|error| session.never_begun(&error.to_string()))?;
        let engine = self.engine.load_full();
        let work = || match turn {
            Some(turn) => engine.instant_in(turn, &*self.source, expr, ctx),
            None => engine.instant(&*self.source, expr, at, ctx),
        };
        let (result, _) = session.run(start.elapsed(), work, |result| result.stats)?;
        Ok(result)
    }
}
