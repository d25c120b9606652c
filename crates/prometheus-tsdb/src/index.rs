//! A block's index: symbols, series with their chunks, and which series have a label.
//!
//! Symbols are in memory, and of the table of postings each so manieth entry; series and postings are read when they
//! are wanted. Every checksum is verified when its bytes are read. Versions 1 to 3 are read (upstream:
//! `tsdb/index`, 3.14); in version 1 references are offsets and the table is not sorted.

mod postings;
mod read;
mod series;
mod symbols;
mod write;

pub(crate) use read::Index;
pub(crate) use series::{ChunkMeta, IndexedSeries};
pub use write::TooLong;
pub(crate) use write::{IndexBuilder, IndexWriter, Sink};

/// The name of the file in its block's directory.
pub(crate) const INDEX_FILE: &str = "index";
const MAGIC: u32 = 0xBAAA_D700;
const HEADER_BYTES: u64 = 5;
const CHECKSUM_BYTES: u64 = 4;
/// Six offsets and a checksum at the end of the file.
const CONTENTS_BYTES: u64 = 6 * 8 + CHECKSUM_BYTES;
/// What a series' reference is multiplied with to get its offset, from version 2 on.
const SERIES_ALIGNMENT: u64 = 16;
/// The largest file: references have 32 bits.
const BYTES_MAX: u64 = 64 << 30;
