//! Values that are the same but for rounding.

use regain_model::{Buckets, Histogram, is_stale};

use crate::test_language::report::Shown;

/// The relative difference that is let pass.
const EPSILON: f64 = 1e-6;

/// Whether two values differ by less than their sum times [`EPSILON`]. Staleness markers equal each
/// other alone, and so does any other NaN.
#[expect(clippy::float_cmp, reason = "equal infinities have no difference to look at")]
pub(super) fn almost_equal(a: f64, b: f64) -> bool {
    if is_stale(a) || is_stale(b) {
        return is_stale(a) && is_stale(b);
    }
    if a == b || a.is_nan() && b.is_nan() {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < EPSILON * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < EPSILON
}

/// Whether a value is the expected one.
pub(super) fn same(expected: &Shown, got: &Shown) -> bool {
    match (expected, got) {
        (Shown::Float(expected), Shown::Float(got)) => almost_equal(*got, *expected),
        (Shown::Histogram { histogram: expected, hinted }, Shown::Histogram { histogram, .. }) => {
            same_histogram(expected, histogram) && (!hinted || expected.hint == histogram.hint)
        }
        _ => false,
    }
}

#[expect(clippy::float_cmp, reason = "bounds are settings, not measurements")]
fn same_histogram(expected: &Histogram, got: &Histogram) -> bool {
    expected.schema == got.schema
        && almost_equal(expected.count, got.count)
        && almost_equal(expected.sum, got.sum)
        && (!expected.is_custom() || expected.custom_bounds() == got.custom_bounds())
        && expected.zero_threshold == got.zero_threshold
        && almost_equal(expected.zero_count, got.zero_count)
        && same_buckets(&expected.negative, &got.negative)
        && same_buckets(&expected.positive, &got.positive)
}

fn same_buckets(expected: &Buckets, got: &Buckets) -> bool {
    let filled = |buckets: &Buckets| -> Vec<(i32, f64)> {
        buckets.iter().filter(|(_, count)| *count != 0.0).collect()
    };
    let (expected, got) = (filled(expected), filled(got));
    let same = |(a, b): (&(i32, f64), &(i32, f64))| a.0 == b.0 && almost_equal(a.1, b.1);
    expected.len() == got.len() && expected.iter().zip(&got).all(same)
}

#[cfg(test)]
mod tests {
    use super::almost_equal;
    use regain_model::STALE_NAN;

    #[test]
    fn rounding_is_let_pass_and_nothing_else() {
        for (a, b, expected) in [
            (1.0, 1.0, true),
            (1.0, 1.000_000_1, true),
            (1.0, 1.001, false),
            (0.0, 1e-9, false),
            (0.0, -0.0, true),
            (f64::NAN, f64::NAN, true),
            (f64::NAN, STALE_NAN, false),
            (STALE_NAN, STALE_NAN, true),
            (f64::INFINITY, f64::INFINITY, true),
            (f64::INFINITY, f64::NEG_INFINITY, false),
            (f64::INFINITY, f64::MAX, false),
            (1.0, f64::NAN, false),
            (f64::MAX, f64::MAX * 0.999_999_9, true),
        ] {
            assert_eq!(almost_equal(a, b), expected, "{a} {b}");
            assert_eq!(almost_equal(b, a), expected, "{b} {a}");
        }
    }
}
