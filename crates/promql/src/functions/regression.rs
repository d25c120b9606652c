//! `deriv` and `predict_linear`: the straight line through a window's samples.

use super::range::each;
use crate::grid::{ABSENT, Grid};
use crate::kahan::Sum;
use crate::window::{Samples, Windows};

/// The slope of each window, per second.
pub(super) fn deriv(windows: &Windows, samples: Samples<'_>, out: &mut [f64]) {
    each(windows, out, |_, low, high| {
        if high - low < 2 { ABSENT } else { line(samples, low, high, samples.times[low]).0 }
    });
}

/// The value `ahead` seconds after each step.
pub(super) fn predict(
    windows: &Windows,
    samples: Samples<'_>,
    grid: &Grid,
    ahead: &[f64],
    out: &mut [f64],
) {
    each(windows, out, |k, low, high| {
        if high - low < 2 {
            return ABSENT;
        }
        let (slope, intercept) = line(samples, low, high, grid.time(k));
        slope * ahead[k] + intercept
    });
}

/// The slope of the line of least squares, and its value at the time `zero`.
fn line(samples: Samples<'_>, low: usize, high: usize, zero: i64) -> (f64, f64) {
    let (times, values) = (&samples.times[low..high], &samples.values[low..high]);
    let first = values[0];
    #[expect(clippy::float_cmp, reason = "a line through equal values needs no sums")]
    if values.iter().skip(1).all(|&value| value == first) {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let mut count = 0.0;
    let [mut x_sum, mut y_sum, mut xy_sum, mut xx_sum] = [Sum::default(); 4];
    for (&time, &y) in times.iter().zip(values) {
        count += 1.0;
        let x = time.saturating_sub(zero) as f64 / 1e3;
        x_sum.add(x);
        y_sum.add(y);
        xy_sum.add(x * y);
        xx_sum.add(x * x);
    }
    let (x, y) = (x_sum.total(), y_sum.total());
    let covariance = xy_sum.total() - x * y / count;
    let variance = xx_sum.total() - x * x / count;
    let slope = covariance / variance;
    (slope, y / count - slope * x / count)
}
