//! Limits on queries.

use std::time::Duration;

/// Limits on queries (`--query.*`).
#[derive(Clone, Copy, Debug)]
pub struct QueryLimits {
    /// How many run at once.
    pub concurrency_max: usize,
    /// How long one may take, its wait included.
    pub timeout: Duration,
    /// How many bytes one may hold.
    pub bytes_per_query_max: u64,
    /// How many bytes all may hold together.
    pub bytes_max: u64,
}
