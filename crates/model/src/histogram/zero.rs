//! Zero buckets of different widths.

use super::cell::{Cell, Compensated};
use super::{Histogram, HistogramOf};

impl<C: Cell> HistogramOf<C> {
    /// What the zero bucket would count if it reached to `threshold`, which is not less than it does,
    /// or a little further, where that is in the middle of a bucket that has observations. Returns
    /// the count and how far it reaches then.
    #[expect(clippy::float_cmp, reason = "thresholds are bounds of buckets, not measurements")]
    pub(super) fn zero_count_up_to(&self, mut threshold: f64) -> (Compensated, f64) {
        if threshold == self.zero_threshold {
            return (self.zero_count.compensated(), threshold);
        }
        let positive = || self.positive.iter().map(|(index, cell)| (index, cell.compensated()));
        let negative = || self.negative.iter().map(|(index, cell)| (index, cell.compensated()));
        'again: loop {
            let mut count = self.zero_count.compensated();
            for (index, cell) in positive() {
                if self.upper_bound(index - 1) >= threshold {
                    break;
                }
                count.add(cell);
                let upper = self.upper_bound(index);
                if upper > threshold {
                    if cell.sum != 0.0 {
                        threshold = upper;
                    }
                    break;
                }
            }
            for (index, cell) in negative() {
                if self.upper_bound(index - 1) >= threshold {
                    break;
                }
                count.add(cell);
                let upper = self.upper_bound(index);
                if upper > threshold {
                    if cell.sum != 0.0 {
                        // The positive buckets were counted up to a threshold that is no more.
                        threshold = upper;
                        continue 'again;
                    }
                    break;
                }
            }
            return (count, threshold);
        }
    }

    /// Widens this histogram's zero bucket so far that `other` can have one of the same width, and
    /// returns what that one counts.
    #[expect(clippy::float_cmp, reason = "thresholds are bounds of buckets, not measurements")]
    pub(super) fn reconcile_zero(&mut self, other: &Histogram) -> Compensated {
        let (mut count, mut threshold) = (Compensated::of(other.zero_count), other.zero_threshold);
        while threshold != self.zero_threshold {
            // A threshold that is no number fits nothing.
            if threshold.is_nan() || self.zero_threshold.is_nan() {
                break;
            }
            if self.zero_threshold > threshold {
                (count, threshold) = other.zero_count_up_to(self.zero_threshold);
            }
            if threshold > self.zero_threshold {
                let (own, reached) = self.zero_count_up_to(threshold);
                self.zero_count = C::from_compensated(own);
                self.zero_threshold = reached;
                self.empty_within_zero();
            }
        }
        count
    }

    /// Removes the buckets that have become part of the zero bucket.
    fn empty_within_zero(&mut self) {
        let (schema, threshold) = (self.schema, self.zero_threshold);
        for buckets in [&mut self.positive, &mut self.negative] {
            let within = |index| super::exponential_bound(index - 1, schema) < threshold;
            let count = buckets.iter().take_while(|&(index, _)| within(index)).count();
            buckets.cells_mut()[..count].fill(C::default());
            buckets.compact();
        }
    }
}
