//! A job: how to scrape, and where its targets come from.

use regain_discovery::{FileSdConfig, StaticConfig};

use crate::config::JobConfig;
use crate::failure_log::FailureLog;

/// Says what to scrape and how.
#[derive(Debug, Clone)]
pub struct Job {
    pub config: JobConfig,
    /// Holds the targets that are written in the configuration itself.
    pub statics: StaticConfig,
    /// Names the files that hold more. Jobs with an equal item share its reading.
    pub files: Vec<FileSdConfig>,
    /// Gets a line for each scrape that brings no body.
    pub failure_log: Option<FailureLog>,
}
