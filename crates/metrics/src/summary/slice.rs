//! One slice of a summary's window: counts of observations whose leading bits agree.

use std::collections::BTreeMap;

/// Leaves sign, exponent and six bits of the mantissa.
const DROPPED_BITS: u32 = 46;
/// Bounds the memory of a slice; beyond it an observation counts into the next cell that exists.
const CELLS_MAX: usize = 2048;

#[derive(Debug, Default)]
pub(super) struct Slice {
    cells: BTreeMap<u64, u64>,
    total: u64,
}

impl Slice {
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_nan() {
            self.add_count(cell_of(value), 1);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (&cell, &count) in &other.cells {
            self.add_count(cell, count);
        }
    }

    /// Returns the value below which the given share of the observations lies.
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        let rank = quantile * self.total as f64;
        let mut below = 0;
        for (&cell, &count) in &self.cells {
            below += count;
            if below as f64 >= rank {
                return middle_of(cell);
            }
        }
        f64::NAN
    }

    fn add_count(&mut self, cell: u64, count: u64) {
        self.total += count;
        let cell = if self.cells.len() < CELLS_MAX {
            cell
        } else {
            let above = self.cells.range(cell..).next();
            above.or_else(|| self.cells.last_key_value()).map_or(cell, |(&found, _)| found)
        };
        *self.cells.entry(cell).or_default() += count;
    }
}

/// Maps a number to its cell; cells ascend as the numbers do.
fn cell_of(value: f64) -> u64 {
    let bits = value.to_bits();
    let ascending = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    ascending >> DROPPED_BITS
}

fn middle_of(cell: u64) -> f64 {
    let restore = |ascending: u64| {
        f64::from_bits(if ascending >> 63 == 1 { ascending & !(1 << 63) } else { !ascending })
    };
    let low = cell << DROPPED_BITS;
    let negative = low >> 63 == 0;
    let edge = restore(if negative { low | ((1 << DROPPED_BITS) - 1) } else { low });
    // The cells of zero and of infinity hold no other number that matters.
    if edge == 0.0 || edge.is_infinite() {
        return edge;
    }
    restore(low | 1 << (DROPPED_BITS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_gives_back_nearly_the_number_it_was_made_of() {
        for value in [0.0, 1.0, -1.0, 0.3, -77.7, 1e-9, 1e300, f64::INFINITY, f64::NEG_INFINITY] {
            let back = middle_of(cell_of(value));
            assert!(
                back.total_cmp(&value).is_eq() || (back - value).abs() <= value.abs() * 0.01,
                "{value}: {back}"
            );
        }
    }

    #[test]
    fn a_full_slice_still_counts_everything() {
        let mut slice = Slice::default();
        for i in 0..5000 {
            slice.add(f64::powi(1.01, i));
        }
        assert_eq!(slice.cells.values().sum::<u64>(), 5000);
        assert!(slice.cells.len() <= CELLS_MAX);
    }
}
