//! Prometheus' data directory at the edge of the house: reading all of it, and writing its blocks.
//!
//! [`PrometheusDir`] is a directory as Prometheus left it, running or stopped, behind the same seam
//! that every query asks at. [`BlockWriter`] makes blocks that Prometheus and Thanos open, and
//! [`export()`] makes them of any store. [`Blocks`] are a directory of them that lives: they come, lose samples, are
//! merged and go; [`Snapshots`] keeps what a running one held at a moment. Formats and outcomes are upstream's (`tsdb`, 3.14).
//!
//! **Invariants.** No clock, no environment, no threads; files are reached through
//! [`regain_storage::fs::Fs`] only, and a directory that is only read is never written to. A byte that comes
//! from a file is never trusted: lengths are checked against what is there, checksums are verified,
//! and what is damaged is named with its file and offset.

mod blocks;
mod dir;
mod export;
mod query;
mod select;
mod snapshots;
mod stored;
mod survey;
mod windows;
mod writer;

mod block;
mod cache;
mod chunks;
mod content;
mod head;
mod matching;
mod merge;
mod names;

mod chunk;
mod cut;
mod index;
mod meta;
mod record;
mod sample;
mod segments;
mod spans;
mod tombstones;
mod ulid;
mod wal;

mod bits;
mod cursor;
mod fault;
mod reading;

pub use block::{Block, BlockSeries, ChunkStats};
pub use blocks::{Blocks, BlocksOptions, BlocksStats};
pub use chunk::Encoding;
pub use dir::{
    PrometheusDir, entries_of_head, entries_with_samples, holds_foreign_blocks, holds_head,
    holds_samples, open_blocks,
};
pub use export::{ExportError, ExportOptions, ExportProgress, Exported, export};
pub use index::TooLong;
pub use meta::{Compaction, Meta, Parent, Stats};
pub use names::origin_of;
pub use sample::{Counts, Layout, Native, Samples, Value};
pub use select::SeriesSamples;
pub use snapshots::Snapshots;
pub use stored::StoredSeries;
pub use survey::Holdings;
pub use tombstones::Intervals;
pub use ulid::{NotUlid, Ulid};
pub use windows::{WINDOW_MS, windows};
pub use writer::{BlockOptions, BlockWriter, WriteError};
