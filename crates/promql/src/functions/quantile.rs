//! Quantiles of a handful of values.

use std::cmp::Ordering;

/// The quantile `q` of `values`, which are reordered; NaN is the smallest.
pub(crate) fn of(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    let rank = q * (values.len() as f64 - 1.0);
    let weight = rank - rank.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the rank lies between 0 and the number of values"
    )]
    let lower = (rank.floor() as usize).min(values.len() - 1);
    let (low, high) = if values.iter().fold(false, |any, value| any | value.is_nan()) {
        neighbours(values, lower, compare)
    } else {
        // The order of their bits is that of numbers, and takes no branches.
        neighbours(values, lower, |a, b| a.total_cmp(&b))
    };
    low * (1.0 - weight) + high * weight
}

/// The value that would come at the place `lower` if all were sorted, and the one after it.
#[inline]
fn neighbours(
    values: &mut [f64],
    lower: usize,
    compare: impl Fn(f64, f64) -> Ordering,
) -> (f64, f64) {
    let (_, &mut low, above) = values.select_nth_unstable_by(lower, |a, b| compare(*a, *b));
    let high = above.iter().copied().min_by(|a, b| compare(*a, *b)).unwrap_or(low);
    (low, high)
}

/// Orders NaN before all numbers.
fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}
