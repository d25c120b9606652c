//! Native histograms: how they are told apart, written against one another, and laid into columns.
//!
//! In columns of floats their places are taken by tagged NaNs ([`regain_storage::histogram_cell`]); the
//! histograms lie beside. What is known about counter resets was found out when a histogram was appended,
//! and is kept with it.

pub(crate) mod change;
pub(crate) mod columns;
mod layout;

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::sync::Arc;

use foldhash::fast::FixedState;
use regain_model::{Histogram, ResetHint};
use regain_storage::{histogram_cell, histogram_index};

/// The most buckets that a histogram may have.
pub(crate) const BUCKETS_MAX: usize = 1 << 16;

/// The histogram whose place `cell` is.
pub(crate) fn histogram_at(cell: f64, all: &[Arc<Histogram>]) -> Option<&Arc<Histogram>> {
    all.get(usize::try_from(histogram_index(cell)?).ok()?)
}

/// The place of the histogram that comes next behind so many.
pub(crate) fn next_cell(count: usize) -> f64 {
    histogram_cell(u32::try_from(count).expect("histograms in memory stay below 2^32"))
}

/// Bits that tell samples at one time apart: those of a float, or a tag with a hash of what a histogram
/// says, whatever empty buckets it has and whatever is known about resets.
pub(crate) fn bits_of(histogram: &Histogram) -> u64 {
    // What is equal must have one hash: −0 is 0 where numbers are compared and not their bits.
    let normal = |number: &f64| (number + 0.0).to_bits();
    let mut hasher = FixedState::default().build_hasher();
    histogram.schema.hash(&mut hasher);
    let numbers = [histogram.count, histogram.sum, histogram.zero_count];
    numbers.map(f64::to_bits).hash(&mut hasher);
    normal(&histogram.zero_threshold).hash(&mut hasher);
    if histogram.is_custom() {
        histogram.custom_bounds().iter().for_each(|bound| normal(bound).hash(&mut hasher));
    }
    for buckets in [&histogram.positive, &histogram.negative] {
        for (index, count) in buckets.iter().filter(|(_, count)| *count != 0.0) {
            (index, count.to_bits()).hash(&mut hasher);
        }
        u64::MAX.hash(&mut hasher);
    }
    // The upper 16 bits of a place say that it is one.
    histogram_cell(0).to_bits() | hasher.finish() >> 16
}

/// A hint as a number below four.
const fn number_of(hint: ResetHint) -> u8 {
    match hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    }
}

const fn hint_of(number: u8) -> Option<ResetHint> {
    match number {
        0 => Some(ResetHint::Unknown),
        1 => Some(ResetHint::Reset),
        2 => Some(ResetHint::NotReset),
        3 => Some(ResetHint::Gauge),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
