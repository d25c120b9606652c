//! Why a rule has no result. The texts are API: pages and tools show them.

use regain_promql::{EvalError, ParseErrors};
use regain_storage as storage;
use regain_storage::Verdict;

/// The failure of one rule's evaluation.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The expression has no value.
    #[error(transparent)]
    Query(#[from] EvalError),
    /// The query of a template is no expression.
    #[error(transparent)]
    Parse(#[from] ParseErrors),
    /// The expression is a text or a range of samples.
    #[error("rule result is not a vector or scalar")]
    NotAVector,
    /// Two samples make one alert.
    #[error("vector contains metrics with the same labelset after applying alert labels")]
    DuplicateAlert,
    /// Two samples make one series.
    #[error("vector contains metrics with the same labelset after applying rule labels")]
    DuplicateSeries,
    /// The rule yields more series than its group allows.
    #[error("exceeded limit of {limit} with {found} series")]
    SeriesLimit {
        /// The group's limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// The rule yields more alerts than its group allows.
    #[error("exceeded limit of {limit} with {found} alerts")]
    AlertLimit {
        /// The group's limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// The store refused a sample.
    #[error("{}", refusal(*.0))]
    Refused(Verdict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] storage::Error),
    /// Something in the evaluation is broken.
    #[error("panic in rule evaluation: {0}")]
    Panicked(String),
}

impl RuleError {
    /// Whether somebody gave the evaluation up on purpose.
    pub(crate) const fn is_canceled(&self) -> bool {
        matches!(self, Self::Query(EvalError::Canceled))
    }
}

const fn refusal(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Duplicate => "duplicate sample for timestamp",
        Verdict::OutOfOrder => "out of order sample",
        Verdict::TooOld => "too old sample",
        Verdict::TooNew => "out of bounds",
        Verdict::OverLimit => "limit of series or memory exceeded",
        Verdict::NoRoom => "no room for samples until others are written",
        Verdict::UnknownSeries => "unknown series",
        Verdict::Accepted => "accepted",
    }
}
