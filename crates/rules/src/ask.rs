//! How rules and their templates ask the engine.

use std::sync::Arc;

use regain_model::{Labels, Timestamp};
use regain_promql::{Expr, ParserOptions, Round, Sample, Turn, Value, parse};

use crate::error::RuleError;
use crate::queries::{RuleQueries, RuleQuery};
use crate::running::Running;
use crate::settings::{Rule, RuleGroup};

/// Asks for one evaluation's rules.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) queries: Arc<dyn RuleQueries>,
    pub(crate) group: Arc<RuleGroup>,
    /// Is the name of the rule that asks.
    pub(crate) rule: Arc<str>,
    pub(crate) parser: ParserOptions,
    pub(crate) running: Arc<Running>,
    /// Is what the rules of the group share while they are evaluated, if they are, and which of them asks.
    pub(crate) round: Option<Arc<Round>>,
    pub(crate) index: usize,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask").field("running", &self.running).finish_non_exhaustive()
    }
}

impl Ask {
    /// Returns the samples of the expression of `rule`, which asks, at `at`.
    pub(crate) fn of_rule(&self, rule: &Rule, at: Timestamp) -> Result<Vec<Sample>, RuleError> {
        let round = self.round.as_deref().filter(|round| round.at() == at);
        let turn = round.map(|round| Turn { round, index: self.index });
        self.samples((&rule.expr, &rule.query), at, turn)
    }

    /// Returns the samples of `expr`, whose text is `text`, at `at`; a scalar is a sample without labels.
    fn samples(
        &self,
        (expr, text): (&Expr, &str),
        at: Timestamp,
        turn: Option<Turn<'_>>,
    ) -> Result<Vec<Sample>, RuleError> {
        let RuleGroup { file, name: group, .. } = &*self.group;
        let query = RuleQuery { expr, text, at, file, group, rule: &self.rule, turn };
        let ctx = self.queries.context();
        self.running.begin(&ctx);
        let answer = self.queries.instant(&query, &ctx);
        self.running.end();
        match answer?.value {
            Value::Vector(samples) => Ok(samples),
            Value::Scalar(scalar) => {
                let sample = Sample {
                    labels: Labels::empty(),
                    time: scalar.time,
                    value: scalar.value,
                    histogram: None,
                };
                Ok(vec![sample])
            }
            Value::Matrix(_) | Value::String(_) => Err(RuleError::NotAVector),
        }
    }

    /// Returns the samples of the expression that `text` is.
    pub(crate) fn text(&self, text: &str, at: Timestamp) -> Result<Vec<Sample>, RuleError> {
        self.samples((&parse(text, &self.parser)?, text), at, None)
    }
}
