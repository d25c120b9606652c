//! Regain's column store: write-ahead log, head, segments.
//!
//! Writers append batches to **lanes** ([`regain_storage::Appender`]); a lane is one writer's time
//! grid, so that a scrape's samples share one timestamp. A batch is in the write-ahead log before it
//! is visible. Rows stay in memory until a **seal** writes them to a segment file; then the log before
//! them goes. Queries see the store through [`regain_storage::Snapshot`]s that do not change. Whoever runs
//! [`Db::merge`] on a thread of its own makes one of neighbouring segments; so does what was deleted leave
//! the files.
//!
//! **Invariants.** No clock, no environment, no threads: time comes in through [`Db::tick`], files are
//! reached through [`regain_storage::fs::Fs`] only. A byte that comes from a file is never trusted.

mod limits;
mod options;
mod progress;
mod report;

mod db;

mod archive;
mod index;
mod lane;
mod series_log;
mod wal;

mod cardinality;
mod deleted;
mod exemplars;
mod manifest;
mod metadata;
mod segment;
mod view;

mod beside;
mod column;
mod frame;
mod histogram;
mod layout;
mod wire;

pub use db::{
    By, Cardinality, CardinalityQuery, Db, Group, HeadStats, Health, LabelStats, SegmentFacts,
    SetAside, SortBy, Stats, Unnoted, UnreadLog,
};
pub use exemplars::ExemplarStats;
pub use limits::{JobLimits, LimitsState, Reason, RefusedSeries, SeriesLimits};
pub use metadata::MetadataStats;
pub use options::Options;
pub use progress::ReplayProgress;
pub use regain_storage::{Retention, RetentionRule};
pub use report::{Damage, ReplayReport};
