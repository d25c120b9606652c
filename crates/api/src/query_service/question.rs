//! What is asked.

use std::time::Duration;

use regain_model::Timestamp;
use regain_promql::{Expr, QueryOptions, Steps};

use super::origin::Origin;

/// One question, parsed.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) expr: Expr,
    /// The expression as it came.
    pub(crate) text: String,
    pub(crate) origin: Origin,
    pub(crate) when: When,
    pub(crate) options: QueryOptions,
    /// The client's own limit on the time it waits.
    pub(crate) timeout: Option<Duration>,
    /// Whether what is kept of earlier answers may be used, and this one be kept.
    pub(crate) uses_cache: bool,
}

/// What times a question is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// One time.
    At(Timestamp),
    /// Several, one after another.
    Over(Steps),
}
