//! What the two-hour cut of a store writes to: blocks of another format.
//!
//! The store that cuts and the blocks that it cuts into know each other by this seam only. See
//! `docs/adr/0009-blocks-beside-the-store.md`.

use regain_model::Span;

use crate::error::Result;
use crate::select::Queryable;

/// A place for blocks.
pub trait BlockFormat: Send + Sync {
    /// Writes all samples that `store` has within `span`, which lies in one window, as one block of that time. The
    /// block is durable, name and all, and queries see it before this returns; after an error there is none. Where
    /// there are no samples, none is written.
    ///
    /// `id` says what the block is made of. Where there is a block with this id and this span already, or one
    /// that was merged out of it, the same samples are there, and nothing is written.
    fn write(&self, store: &dyn Queryable, span: Span, id: u64) -> Result<Written>;
}

/// What was written to blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many blocks.
    pub blocks: u64,
    /// The series in each, added up.
    pub series: u64,
    /// The samples in them.
    pub samples: u64,
    /// The bytes of their files.
    pub bytes: u64,
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.series += other.series;
        self.samples += other.samples;
        self.bytes += other.bytes;
    }
}
