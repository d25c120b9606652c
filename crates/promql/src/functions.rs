//! What the functions compute, one family in each file.
//!
//! Functions over ranges work on one series and all steps at once; functions of numbers work on
//! one row of numbers.

mod changes;
mod extended;
mod extremes;
mod over_time;
mod range;
mod rate;
mod regression;
mod smoothing;

pub(crate) mod buckets;
pub(crate) mod dates;
pub(crate) mod math;
pub(crate) mod native;
pub(crate) mod natural_order;
pub(crate) mod quantile;
pub(crate) mod stats;
pub(crate) mod trigonometry;

pub(crate) use extended::extend;
pub(crate) use range::{Extension, RangeCall, RangeFn, Scratch, Shared};

#[cfg(test)]
mod tests;
