//! Buckets with their bounds, in the order of their values.

use super::Histogram;

/// A bucket and where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
    /// Whether the lower bound itself is counted.
    pub lower_inclusive: bool,
    /// Whether the upper bound itself is counted.
    pub upper_inclusive: bool,
    /// The observations.
    pub count: f64,
}

impl Bucket {
    /// Which part of the bucket lies below `value`, which lies within: by distance, or else by the
    /// distance of logarithms.
    pub fn fraction_below(&self, value: f64, linear: bool) -> f64 {
        if linear {
            return (value - self.lower) / (self.upper - self.lower);
        }
        let log = |x: f64| x.abs().log2();
        let (lower, upper, at) = (log(self.lower), log(self.upper), log(value));
        if value > 0.0 {
            (at - lower) / (upper - lower)
        } else {
            1.0 - ((at - upper) / (lower - upper))
        }
    }
}

impl Histogram {
    /// The bucket around zero.
    pub fn zero_bucket(&self) -> Bucket {
        Bucket {
            lower: -self.zero_threshold,
            upper: self.zero_threshold,
            lower_inclusive: true,
            upper_inclusive: true,
            count: self.zero_count,
        }
    }

    /// The positive buckets, from zero up.
    pub fn positive_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> {
        self.positive.iter().map(|(index, count)| {
            let (lower, upper) = (self.upper_bound(index - 1), self.upper_bound(index));
            let custom = self.is_custom();
            Bucket {
                lower,
                upper,
                lower_inclusive: if custom { index == 0 } else { lower < 0.0 },
                upper_inclusive: custom || upper > 0.0,
                count,
            }
        })
    }

    /// The negative buckets, from zero down.
    pub fn negative_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> {
        self.negative.iter().map(|(index, count)| {
            let (lower, upper) = (-self.upper_bound(index), -self.upper_bound(index - 1));
            let (lower_inclusive, upper_inclusive) = (lower < 0.0, upper > 0.0);
            Bucket { lower, upper, lower_inclusive, upper_inclusive, count }
        })
    }

    /// All buckets in ascending order. Those that overlap with the zero bucket end at it.
    pub fn all_buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> {
        let zero = (self.zero_count > 0.0).then(|| self.zero_bucket());
        let negative = self.negative_buckets().rev().map(|bucket| self.outside_zero(bucket));
        let positive = self.positive_buckets().map(|bucket| self.outside_zero(bucket));
        negative.chain(zero).chain(positive)
    }

    fn outside_zero(&self, mut bucket: Bucket) -> Bucket {
        let threshold = self.zero_threshold;
        if bucket.upper < 0.0 && bucket.upper > -threshold {
            bucket.upper = -threshold;
        } else if bucket.lower > 0.0 && bucket.lower < threshold {
            bucket.lower = threshold;
        }
        bucket
    }
}
