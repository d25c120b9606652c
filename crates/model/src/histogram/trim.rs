//! Cutting off observations above or below a value, as far as buckets tell where they lie.
//!
//! The sum of what remains is estimated from the middles of the buckets that remain (upstream:
//! `model/histogram/float_histogram.go`, 3.14).

use super::Histogram;
use super::walk::Bucket;

/// Which observations remain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Below,
    Above,
}

/// What remains of a bucket: the observations, and where their middle lies.
type Rest = (f64, f64);

/// The side of a bucket and how observations are taken to lie in it.
#[derive(Clone, Copy, Debug)]
struct Place {
    positive: bool,
    linear: bool,
}

impl Histogram {
    /// Removes the observations above `at`.
    pub fn trim_above(&mut self, at: f64) {
        self.trim(Keep::Below, at);
    }

    /// Removes the observations below `at`.
    pub fn trim_below(&mut self, at: f64) {
        self.trim(Keep::Above, at);
    }

    fn trim(&mut self, keep: Keep, at: f64) {
        let (mut count, mut sum, mut trimmed) = (0.0, 0.0, false);
        let linear = self.is_custom();
        let positive: Vec<Bucket> = self.positive_buckets().collect();
        let negative: Vec<Bucket> = self.negative_buckets().collect();
        let filled = |buckets: &[Bucket]| buckets.iter().any(|bucket| bucket.count != 0.0);
        let zero = self.zero_bucket();
        let zero = around_zero(zero, filled(&negative), filled(&positive));
        for (side, buckets) in [(true, &positive), (false, &negative)] {
            let cells = if side { self.positive.cells_mut() } else { self.negative.cells_mut() };
            for (cell, bucket) in cells.iter_mut().zip(buckets) {
                if bucket.count == 0.0 {
                    continue;
                }
                let (kept, middle) = rest(bucket, keep, at, Place { positive: side, linear });
                count += kept;
                sum += middle * kept;
                trimmed |= kept.to_bits() != bucket.count.to_bits();
                *cell = kept;
            }
        }
        if self.zero_count > 0.0 {
            let (kept, middle) = rest_of_zero(&zero, keep, at);
            trimmed |= kept.to_bits() != self.zero_count.to_bits();
            self.zero_count = kept;
            sum += middle * kept;
            count += kept;
        }
        if trimmed {
            self.count = count;
            self.sum = sum;
            self.compact();
        }
    }
}

fn rest(bucket: &Bucket, keep: Keep, at: f64, place: Place) -> Rest {
    let (whole, none) = match keep {
        Keep::Below => (bucket.upper <= at, bucket.lower >= at),
        Keep::Above => (bucket.lower >= at, bucket.upper <= at),
    };
    if whole {
        return (bucket.count, middle(bucket.lower, bucket.upper, place));
    }
    // A limit that is no number leaves nothing.
    if none || at.is_nan() {
        return (0.0, 0.0);
    }
    if bucket.lower == f64::NEG_INFINITY || bucket.upper == f64::INFINITY {
        return rest_of_infinite(bucket, keep, at);
    }
    let below = bucket.count * bucket.fraction_below(at, place.linear);
    match keep {
        Keep::Below => (below, middle(bucket.lower, at, place)),
        Keep::Above => (bucket.count - below, middle(at, bucket.upper, place)),
    }
}

/// The rest of a bucket that has no bound on one side and holds `at`: nobody knows how its
/// observations lie.
fn rest_of_infinite(bucket: &Bucket, keep: Keep, at: f64) -> Rest {
    let finite_upper = bucket.upper < f64::INFINITY;
    match (bucket.lower == f64::NEG_INFINITY, keep) {
        // Custom buckets count from zero where the first bound is above it.
        (true, Keep::Below) if at > 0.0 && bucket.upper > 0.0 && finite_upper => {
            (bucket.count * at / bucket.upper, at / 2.0)
        }
        (true, Keep::Below) if bucket.upper <= 0.0 => (bucket.count, at),
        (true, Keep::Above) if at >= 0.0 && bucket.upper > at && finite_upper => {
            (bucket.count * (1.0 - at / bucket.upper), f64::midpoint(at, bucket.upper))
        }
        (false, Keep::Above) if at >= bucket.lower => (bucket.count, at),
        _ => (0.0, 0.0),
    }
}

/// The zero bucket as far as it can hold observations: where there are none on one side of it, it is
/// taken to have none either.
fn around_zero(mut zero: Bucket, negative: bool, positive: bool) -> Bucket {
    if negative && !positive {
        zero.upper = 0.0;
    }
    if positive && !negative {
        zero.lower = 0.0;
    }
    zero
}

fn rest_of_zero(zero: &Bucket, keep: Keep, at: f64) -> Rest {
    let Bucket { lower, upper, count, .. } = *zero;
    let (whole, none) = match keep {
        Keep::Below => (at >= upper, at <= lower),
        Keep::Above => (at <= lower, at >= upper),
    };
    match (none, whole, keep) {
        (true, _, Keep::Below) => (0.0, 0.0),
        (_, true, _) => (count, f64::midpoint(lower, upper)),
        (true, _, _) => (0.0, 0.0),
        (_, _, Keep::Below) => (count * ((at - lower) / (upper - lower)), f64::midpoint(lower, at)),
        (_, _, Keep::Above) => (count * ((upper - at) / (upper - lower)), f64::midpoint(at, upper)),
    }
}

/// Where the middle of the observations between two bounds is taken to be.
fn middle(lower: f64, upper: f64, place: Place) -> f64 {
    match (lower.is_infinite(), upper.is_infinite()) {
        (true, true) => 0.0,
        (true, false) if upper > 0.0 => upper / 2.0,
        (true, false) => upper,
        (false, true) => lower,
        (false, false) if place.linear => f64::midpoint(lower, upper),
        (false, false) => {
            let mean = (lower * upper).abs().sqrt();
            if place.positive { mean } else { -mean }
        }
    }
}
