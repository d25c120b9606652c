//! Target pools, the scrape loop, staleness and limits.
//!
//! The [`ScrapeManager`] has a pool for each [`Job`]; a pool relabels what discoveries find into [`Target`]s and runs a
//! loop for each; a loop scrapes in its target's slot. A scrape asks the target, reads the body in place against the
//! cache of what the target exposed last time, and appends one batch with the report series in it.
//!
//! **Invariants.** Targets do not touch each other: each has its loop, its cache and its lane, a deadline and limits, and
//! a panic ends one scrape. A scrape counts whole or not at all. The steady path reads no labels, hashes no series and
//! allocates nothing per sample. Time comes from the [`Clock`] and the runtime's timer alone.

mod clock;
mod config;
mod cost;
mod error;
mod job;
mod manager;

mod discoveries;
mod pool;
mod scrape_loop;
mod settings;
mod slot;
mod target;

mod scraper;

mod accept;
mod fetch;
mod media;

mod body;
mod buckets;
mod cache;
mod exemplars;
mod metadata;
mod mutate;
mod report;
mod row;
mod workspace;

mod blocking;
mod failure_log;
mod interner;
mod metrics;

pub use clock::Clock;
pub use config::{JobConfig, ScrapeProtocol};
pub use cost::{CpuPerScrape, ScrapeSize};
pub use error::{
    ApplyError, ContentTypeError, FetchError, JobError, ScrapeError, SeriesError, TargetError,
    TargetLimitExceeded,
};
pub use failure_log::FailureLog;
pub use job::Job;
pub use manager::{ScrapeManager, ScrapeOptions, StartTimestamps};
pub use metadata::FamilyMetadata;
pub use pool::PoolTargets;
pub use target::{Health, Target, TargetStatus};
