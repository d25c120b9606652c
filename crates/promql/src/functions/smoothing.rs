//! `double_exponential_smoothing`: a weighted mean that follows a trend.

use super::range::each;
use crate::eval_error::{EvalError, Result};
use crate::grid::ABSENT;
use crate::window::{Samples, Windows};

/// Refuses factors out of range, at steps whose windows hold anything.
pub(super) fn check(windows: &Windows, smoothing: &[f64], trend: &[f64]) -> Result<()> {
    let inside = |factor: f64| !(factor <= 0.0 || factor >= 1.0);
    for (k, (low, high)) in windows.iter().enumerate() {
        if low < high && !inside(smoothing[k]) {
            return Err(EvalError::SmoothingFactor(smoothing[k]));
        }
        if low < high && !inside(trend[k]) {
            return Err(EvalError::TrendFactor(trend[k]));
        }
    }
    Ok(())
}

/// The smoothed last value of each window.
pub(super) fn run(
    windows: &Windows,
    samples: Samples<'_>,
    smoothing: &[f64],
    trend: &[f64],
    out: &mut [f64],
) -> Result<()> {
    check(windows, smoothing, trend)?;
    each(windows, out, |k, low, high| {
        smooth(&samples.values[low..high], smoothing[k], trend[k]).unwrap_or(ABSENT)
    });
    Ok(())
}

fn smooth(values: &[f64], smoothing: f64, trend: f64) -> Option<f64> {
    let (&first, &second) = (values.first()?, values.get(1)?);
    let (mut before, mut level, mut slope) = (0.0, first, second - first);
    for (index, &value) in values.iter().enumerate().skip(1) {
        let scaled = smoothing * value;
        if index > 1 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        let carried = (1.0 - smoothing) * (level + slope);
        (before, level) = (level, scaled + carried);
    }
    Some(level)
}
