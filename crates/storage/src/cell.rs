//! Values in columns of floats: floats, and histograms that lie beside the column.
//!
//! A histogram's place in a column is taken by a NaN whose bits say which of the histograms beside
//! the column is meant. It is a signalling NaN, which no arithmetic makes; a store that is handed
//! one as a value quiets it ([`quieted`]). So a column without histograms is nothing but floats, and
//! is worked on as such.

/// The upper bits of a histogram's place.
const TAG: u64 = 0x7ff1 << 48;
/// The bit that tells quiet NaNs from signalling ones.
const QUIET: u64 = 1 << 51;

/// The place of the histogram with this index.
#[inline]
pub const fn histogram_cell(index: u32) -> f64 {
    f64::from_bits(TAG | index as u64)
}

/// Whether a histogram is meant.
#[inline]
pub const fn is_histogram(cell: f64) -> bool {
    cell.to_bits() >> 48 == TAG >> 48
}

/// The index of the histogram that is meant.
#[inline]
pub const fn histogram_index(cell: f64) -> Option<u32> {
    if !is_histogram(cell) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the index is what the lower half holds")]
    let index = cell.to_bits() as u32;
    Some(index)
}

/// A float as it may stand in a column: one that looks like a histogram's place becomes a NaN that
/// does not.
#[inline]
pub const fn quieted(value: f64) -> f64 {
    if is_histogram(value) { f64::from_bits(value.to_bits() | QUIET) } else { value }
}

#[cfg(test)]
mod tests {
    use super::{histogram_cell, histogram_index, is_histogram, quieted};
    use regain_model::STALE_NAN;

    #[test]
    fn histograms_are_told_from_all_numbers() {
        for index in [0, 1, 77, u32::MAX] {
            let cell = histogram_cell(index);
            assert!(cell.is_nan());
            assert_eq!(histogram_index(cell), Some(index));
            assert!(!is_histogram(quieted(cell)) && quieted(cell).is_nan());
        }
        for value in [0.0, -1.5, f64::NAN, -f64::NAN, STALE_NAN, f64::INFINITY, f64::MAX] {
            assert_eq!(histogram_index(value), None);
            assert_eq!(quieted(value).to_bits(), value.to_bits());
        }
        // What arithmetic makes of a place is no place.
        assert!(!is_histogram(std::hint::black_box(histogram_cell(3)) + 1.0));
    }
}
