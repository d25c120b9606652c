//! The doors of the house's store: traits between writers, stores and queries; the file-system
//! seam; errors and annotations.
//!
//! **Invariant.** A query names no store: whatever implements [`Queryable`] can be asked. A writer
//! names no store either: scrapes, pushes and rules all append through [`Appendable`].

mod append;
mod error;

mod arena;
mod batch;
mod block_format;
mod cell;
mod ctx;
mod exemplars;
mod gate;
mod histograms;
mod marks;
mod merged;
mod retention;
mod select;
mod trouble;
mod value;

pub mod fs;
pub mod memory;
pub mod record;

pub use append::{Appendable, Appender, Committed, LaneKey, SeriesRef, Verdict};
pub use arena::{ArenaReader, ArenaWriter, LabelArena, LabelsId, Symbol};
pub use batch::{Batch, Run};
pub use block_format::{BlockFormat, Written};
pub use cell::{histogram_cell, histogram_index, is_histogram, quieted};
pub use ctx::{Budget, ByteBudget, ByteLimit, BytePool, Cancel, Ctx, OverBytes, Warnings};
pub use error::{Error, Result};
pub use exemplars::{ExemplarVerdict, SeriesExemplars};
pub use gate::Gate;
pub use histograms::HistogramArena;
pub use marks::Marks;
pub use merged::Merged;
pub use retention::{Retention, RetentionRule};
pub use select::{
    Hints, Order, Part, Parts, Presence, Queryable, Selection, SeriesMeta, Snapshot, Want,
};
pub use trouble::Trouble;
pub use value::Value;
