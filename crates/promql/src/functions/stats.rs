//! Numbers about one histogram: `histogram_count` and its kin, quantiles and fractions.
//!
//! Upstream: `promql/functions.go` and `promql/quantile.go`, 3.14.

use regain_model::Histogram;
use regain_model::histogram::Bucket;

use crate::annotations::Remark;
use crate::kahan::Sum;
use crate::row_op::Stat;

/// The function of this name.
pub(crate) fn from_name(name: &str) -> Option<Stat> {
    Some(match name {
        "histogram_count" => |histogram| histogram.count,
        "histogram_sum" => |histogram| histogram.sum,
        "histogram_avg" => |histogram| histogram.sum / histogram.count,
        "histogram_stddev" => |histogram| variance(histogram).sqrt(),
        "histogram_stdvar" => variance,
        _ => return None,
    })
}

/// The variance, where all observations of a bucket lie in its middle.
fn variance(histogram: &Histogram) -> f64 {
    let mean = histogram.sum / histogram.count;
    let mut variance = Sum::default();
    for bucket in histogram.all_buckets().filter(|bucket| bucket.count != 0.0) {
        let middle = if histogram.is_custom() {
            f64::midpoint(bucket.upper, bucket.lower)
        } else if around_zero(&bucket) {
            0.0
        } else {
            let middle = (bucket.upper * bucket.lower).sqrt();
            if bucket.upper < 0.0 { -middle } else { middle }
        };
        let delta = middle - mean;
        variance.add(bucket.count * delta * delta);
    }
    variance.total() / histogram.count
}

fn around_zero(bucket: &Bucket) -> bool {
    bucket.lower <= 0.0 && bucket.upper >= 0.0
}

/// `bucket`, cut at zero if it is the zero bucket of a histogram with buckets on one side only.
fn cut_at_zero(histogram: &Histogram, mut bucket: Bucket) -> Bucket {
    match (histogram.negative.is_empty(), histogram.positive.is_empty()) {
        (true, false) => bucket.lower = 0.0,
        (false, true) => bucket.upper = 0.0,
        _ => {}
    }
    bucket
}

/// The quantile `q`, and what is to be said about it.
pub(crate) fn quantile(q: f64, histogram: &Histogram) -> (f64, Option<Remark>) {
    if q < 0.0 {
        return (f64::NEG_INFINITY, None);
    }
    if q > 1.0 {
        return (f64::INFINITY, None);
    }
    if histogram.count == 0.0 || q.is_nan() {
        return (f64::NAN, None);
    }
    // Observations that are no numbers are in no bucket, so that only ranks from below mean
    // anything; otherwise the nearer end is started from.
    let has_nan = histogram.sum.is_nan();
    if has_nan || q < 0.5 {
        let rank = q * histogram.count;
        let mut buckets = histogram.all_buckets();
        let found = search(&mut buckets, rank);
        let behind: Vec<Bucket> = if has_nan { buckets.collect() } else { Vec::new() };
        at_rank(histogram, found, rank, false, &behind)
    } else {
        let rank = (1.0 - q) * histogram.count;
        let found = search(&mut histogram.all_buckets().rev(), rank);
        at_rank(histogram, found, rank, true, &[])
    }
}

/// Where a search for a rank has ended: in a bucket, after so many observations.
struct Found {
    bucket: Bucket,
    count: f64,
}

fn search(buckets: &mut impl Iterator<Item = Bucket>, rank: f64) -> Found {
    let nothing = Bucket {
        lower: 0.0,
        upper: 0.0,
        lower_inclusive: false,
        upper_inclusive: false,
        count: 0.0,
    };
    let mut found = Found { bucket: nothing, count: 0.0 };
    for bucket in buckets {
        found.bucket = bucket;
        if bucket.count == 0.0 {
            continue;
        }
        found.count += bucket.count;
        if found.count >= rank {
            break;
        }
    }
    found
}

fn at_rank(
    histogram: &Histogram,
    Found { mut bucket, count }: Found,
    rank: f64,
    from_above: bool,
    behind: &[Bucket],
) -> (f64, Option<Remark>) {
    if histogram.is_custom() {
        if bucket.lower == f64::NEG_INFINITY {
            if bucket.upper <= 0.0 {
                return (bucket.upper, None);
            }
            bucket.lower = 0.0;
        } else if bucket.upper == f64::INFINITY {
            return (bucket.lower, None);
        }
    } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
        bucket = cut_at_zero(histogram, bucket);
    }
    // Rounding can let the buckets have more observations than there are.
    let count = count.min(histogram.count);
    if count < rank {
        if histogram.sum.is_nan() {
            return (f64::NAN, Some(Remark::NanResult));
        }
        return (bucket.upper, None);
    }
    let within = if from_above { count - rank } else { rank - (count - bucket.count) };
    let all = behind.iter().fold(count, |all, bucket| all + bucket.count);
    let skewed = histogram.sum.is_nan() && all < histogram.count;
    let remark = skewed.then_some(Remark::NanSkew);
    // Upstream looks for the value in the last bucket then.
    let bucket = behind.last().copied().unwrap_or(bucket);
    (interpolate(histogram, &bucket, within / bucket.count), remark)
}

/// The value below which `fraction` of the bucket's observations lie.
fn interpolate(histogram: &Histogram, bucket: &Bucket, fraction: f64) -> f64 {
    if histogram.is_custom() || around_zero(bucket) {
        return bucket.lower + (bucket.upper - bucket.lower) * fraction;
    }
    let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
    if bucket.lower > 0.0 {
        (lower + (upper - lower) * fraction).exp2()
    } else {
        -(upper + (lower - upper) * (1.0 - fraction)).exp2()
    }
}

/// Which part of all observations lies between `lower` and `upper`, and what is to be said about it.
pub(crate) fn fraction(lower: f64, upper: f64, histogram: &Histogram) -> (f64, Option<Remark>) {
    if histogram.count == 0.0 || lower.is_nan() || upper.is_nan() {
        return (f64::NAN, None);
    }
    if lower >= upper {
        return (0.0, None);
    }
    let (mut rank, mut counted) = (0.0, 0.0);
    let (mut lower_rank, mut upper_rank) = (None, None);
    for bucket in histogram.all_buckets() {
        counted += bucket.count;
        if lower_rank.is_some() && upper_rank.is_some() {
            continue;
        }
        let zero = around_zero(&bucket);
        let bucket = if zero { cut_at_zero(histogram, bucket) } else { bucket };
        let linear = histogram.is_custom() || zero;
        for (bound, known) in [(lower, &mut lower_rank), (upper, &mut upper_rank)] {
            if known.is_some() {
                continue;
            }
            if bucket.lower >= bound {
                *known = Some(rank);
            } else if bucket.upper > bound {
                // Nobody knows how observations lie in a bucket without a lower bound.
                *known = Some(if linear && bucket.lower == f64::NEG_INFINITY {
                    bucket.count
                } else {
                    rank + bucket.count * bucket.fraction_below(bound, linear)
                });
            }
        }
        rank += bucket.count;
    }
    let mut remark = None;
    let mut count = histogram.count;
    if histogram.sum.is_nan() {
        count = counted;
        remark = (counted < histogram.count).then_some(Remark::FractionNans);
    }
    let within = |rank: Option<f64>| match rank {
        None => count,
        Some(rank) if rank > count => count,
        Some(rank) => rank,
    };
    ((within(upper_rank) - within(lower_rank)) / histogram.count, remark)
}
