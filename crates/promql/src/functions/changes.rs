//! `changes` and `resets`: how often neighbouring samples differ in some way.

use super::range::{Scratch, each};
use crate::window::{Samples, Windows};

/// Whether the value changed; NaN after NaN is no change.
#[inline]
#[expect(clippy::float_cmp, reason = "the question is whether the value is the same")]
pub(super) fn differs(before: f64, after: f64) -> bool {
    after != before && !(after.is_nan() && before.is_nan())
}

/// Whether a counter started again.
#[inline]
pub(super) fn resets(before: f64, after: f64) -> bool {
    after < before
}

/// Counts the neighbours in each window for which `test` holds.
pub(super) fn count(
    windows: &Windows,
    samples: Samples<'_>,
    test: impl Fn(f64, f64) -> bool,
    scratch: &mut Scratch,
    out: &mut [f64],
) {
    let counts = &mut scratch.counts;
    counts.clear();
    counts.push(0);
    let mut total = 0;
    for (&before, &after) in samples.values.iter().zip(samples.values.iter().skip(1)) {
        total += u32::from(test(before, after));
        counts.push(total);
    }
    each(windows, out, |_, low, high| f64::from(counts[high - 1] - counts[low]));
}
