//! Alerting in this process: its file, what the file comes to, and its start.
//!
//! A receiver of alerts of its own and a server with alerting inside share all of it.

mod config_metrics;
mod source;

use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use regain_alerting::{Alerting, Clock, OpenError, Options, Plan, Surroundings};
use regain_metrics::Registry;
use regain_storage::fs::RealFs;

pub(crate) use self::config_metrics::ConfigMetrics;
pub(crate) use self::source::{AlertingFile, AlertingRefused, AlertingSource, ReadyAlerting};
use crate::clock;

/// Opens alerting with its state in `dir`.
pub(crate) fn open(
    dir: PathBuf,
    options: Options,
    plan: Plan,
    registry: &Registry,
) -> Result<Alerting, OpenError> {
    let around = Surroundings {
        dir,
        fs: Arc::new(RealFs),
        clock: Clock::new(now),
        seed: RandomState::new().hash_one(clock::since_epoch()),
        registry: registry.clone(),
    };
    Alerting::open(around, options, plan)
}

/// The present time with all its digits.
pub(crate) fn now() -> Timestamp {
    let since_epoch = jiff::SignedDuration::try_from(clock::since_epoch()).unwrap_or_default();
    Timestamp::from_duration(since_epoch).unwrap_or(Timestamp::MAX)
}
