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
    let (_, &mut low, above) = values.select_nth_unstable_by(lower, |a, b| compare(*a, *b));
    let high = above.iter().copied().min_by(|a, b| compare(*a, *b)).unwrap_or(low);
    low * (1.0 - weight) + high * weight
}

/// Orders NaN before all numbers.
fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}
