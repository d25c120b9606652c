//! How rules and their templates ask the engine.

use std::sync::Arc;

use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, Expr, ParserOptions, Sample, Value, parse};
use regain_storage::Queryable;

use crate::error::RuleError;
use crate::running::Running;

/// Asks for one evaluation's rules.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) engine: Arc<Engine>,
    pub(crate) source: Arc<dyn Queryable>,
    pub(crate) parser: ParserOptions,
    pub(crate) running: Arc<Running>,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask").field("running", &self.running).finish_non_exhaustive()
    }
}

impl Ask {
    /// Returns the samples of `expr` at `at`; a scalar is a sample without labels.
    pub(crate) fn samples(&self, expr: &Expr, at: Timestamp) -> Result<Vec<Sample>, RuleError> {
        let ctx = self.engine.context();
        self.running.begin(&ctx);
        let answer = self.engine.instant(&*self.source, expr, at, &ctx);
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
        self.samples(&parse(text, &self.parser)?, at)
    }
}
