//! Quantiles and fractions of classic histograms.
//!
//! Observations are taken to lie evenly within a bucket; upstream: `promql/quantile.go`, 3.14.

use crate::annotations::Monotonicity;

/// Counts that differ by less than this, relatively, are the same but for rounding.
const SMALL_DELTA: f64 = 1e-12;

/// The number of observations up to a bound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    pub(crate) bound: f64,
    pub(crate) count: f64,
}

/// The quantile `q` of `buckets`, which ascend by their bounds, and how they had to be corrected.
pub(crate) fn quantile(
    q: f64,
    buckets: &mut Vec<Bucket>,
    time: i64,
) -> (f64, Option<Monotonicity>) {
    if q.is_nan() {
        return (f64::NAN, None);
    }
    if q < 0.0 {
        return (f64::NEG_INFINITY, None);
    }
    if q > 1.0 {
        return (f64::INFINITY, None);
    }
    if buckets.last().is_none_or(|last| last.bound != f64::INFINITY) {
        return (f64::NAN, None);
    }
    coalesce(buckets);
    let forced = make_monotonic(buckets, time);
    (interpolate(q, buckets), forced)
}

fn interpolate(q: f64, buckets: &[Bucket]) -> f64 {
    let (Some(last), Some(second_last)) = (buckets.last(), buckets.iter().rev().nth(1)) else {
        return f64::NAN;
    };
    if last.count == 0.0 {
        return f64::NAN;
    }
    let mut rank = q * last.count;
    let below = |bucket: &Bucket| bucket.count < rank || bucket.count.is_nan() || rank.is_nan();
    let at = buckets[..buckets.len() - 1].partition_point(below);
    let bucket = buckets[at];
    if at == buckets.len() - 1 {
        return second_last.bound;
    }
    if at == 0 && bucket.bound <= 0.0 {
        return bucket.bound;
    }
    let (mut start, mut count) = (0.0, bucket.count);
    if at > 0 {
        let before = buckets[at - 1];
        start = before.bound;
        count -= before.count;
        rank -= before.count;
    }
    start + (bucket.bound - start) * (rank / count)
}

/// Adds up buckets with the same bound.
#[expect(clippy::float_cmp, reason = "bounds are the same or they are not")]
fn coalesce(buckets: &mut Vec<Bucket>) {
    buckets.dedup_by(|next, kept| {
        let same = next.bound == kept.bound;
        if same {
            kept.count += next.count;
        }
        same
    });
}

/// Raises counts that are below the one before.
#[expect(clippy::float_cmp, reason = "equal counts need no correction")]
fn make_monotonic(buckets: &mut [Bucket], time: i64) -> Option<Monotonicity> {
    let mut found: Option<Monotonicity> = None;
    let mut before = buckets.first()?.count;
    for bucket in &mut buckets[1..] {
        let count = bucket.count;
        if count == before {
            continue;
        }
        if almost_equal(before, count) {
            bucket.count = before;
        } else if count < before {
            bucket.count = before;
            let found = found.get_or_insert(Monotonicity {
                time_min: time,
                time_max: time,
                bucket_min: bucket.bound,
                bucket_max: bucket.bound,
                diff_max: 0.0,
                samples: 1,
            });
            found.bucket_min = found.bucket_min.min(bucket.bound);
            found.bucket_max = found.bucket_max.max(bucket.bound);
            found.diff_max = found.diff_max.max(before - count);
        } else {
            before = count;
        }
    }
    found
}

fn almost_equal(a: f64, b: f64) -> bool {
    if a.is_nan() && b.is_nan() {
        return true;
    }
    let (sum, diff) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        diff < SMALL_DELTA * f64::MIN_POSITIVE
    } else {
        diff / sum.min(f64::MAX) < SMALL_DELTA
    }
}

/// The fraction of the observations of `buckets` between `lower` and `upper`.
pub(crate) fn fraction(lower: f64, upper: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if buckets.last().is_none_or(|last| last.bound != f64::INFINITY) {
        return f64::NAN;
    }
    coalesce(buckets);
    let count = buckets.last().map_or(0.0, |last| last.count);
    if count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    let rank = |value: f64| {
        let rank = rank_of(value, buckets).unwrap_or(count);
        if rank > count { count } else { rank }
    };
    (rank(upper) - rank(lower)) / count
}

/// How many observations lie below `value`; `None` when it is above all buckets.
fn rank_of(value: f64, buckets: &[Bucket]) -> Option<f64> {
    let mut rank = 0.0;
    let mut start = if buckets.first()?.bound <= 0.0 { f64::NEG_INFINITY } else { 0.0 };
    for bucket in buckets {
        if start >= value {
            return Some(rank);
        }
        if bucket.bound > value {
            // A bucket without a lower bound has nothing to interpolate in.
            return Some(if start == f64::NEG_INFINITY {
                bucket.count
            } else {
                rank + (bucket.count - rank) * (value - start) / (bucket.bound - start)
            });
        }
        rank = bucket.count;
        start = bucket.bound;
    }
    None
}
