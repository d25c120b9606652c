//! Binary operations between two vectors.
//!
//! Which series match is found once for each pair of series, not at every step: a match group is
//! nearly always one series on each side, and then an operation is a loop over two rows. Errors are
//! still those of the earliest step, because upstream looks at one step after the other.

mod arithmetic;
mod groups;
mod result_labels;
mod rows;
mod set;

pub(crate) use arithmetic::vectors;
pub(crate) use groups::{MatchGroups, matching_filter};
pub(crate) use rows::combine;
pub(crate) use set::set;

#[cfg(test)]
mod tests;
