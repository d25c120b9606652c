//! The `…_over_time` functions that need every sample of a window, and the trivial ones.

use super::quantile;
use super::range::{RangeFn, Scratch, each};
use crate::kahan::{Mean, Sum};
use crate::window::{Samples, Windows};

/// Above this, sums of integers stop being exact.
const INTEGER_SUM_MAX: f64 = 9_007_199_254_740_992.0;

/// How many times as many samples must be summed as there are before prefix sums pay.
const PREFIX_OVERLAP_MIN: u64 = 2;

/// Computes the functions that take nothing but the range.
pub(super) fn run(
    function: RangeFn,
    windows: &Windows,
    samples: Samples<'_>,
    scratch: &mut Scratch,
    out: &mut [f64],
) {
    let Samples { times, values } = samples;
    let seconds = |at: usize| times[at] as f64 / 1000.0;
    match function {
        RangeFn::Avg | RangeFn::Sum => {
            let avg = function == RangeFn::Avg;
            if windows.total > PREFIX_OVERLAP_MIN * values.len() as u64
                && integer_prefix_sums(values, &mut scratch.values)
            {
                let sums = &scratch.values;
                each(windows, out, |_, low, high| {
                    let sum = sums[high] - sums[low];
                    if avg { sum / (high - low) as f64 } else { sum }
                });
            } else if avg {
                each(windows, out, |_, low, high| mean(&values[low..high]));
            } else {
                each(windows, out, |_, low, high| sum(&values[low..high]));
            }
        }
        RangeFn::Count => each(windows, out, |_, low, high| (high - low) as f64),
        RangeFn::First => each(windows, out, |_, low, _| values[low]),
        RangeFn::Last => each(windows, out, |_, _, high| values[high - 1]),
        RangeFn::TimeOfFirst => each(windows, out, |_, low, _| seconds(low)),
        RangeFn::TimeOfLast => each(windows, out, |_, _, high| seconds(high - 1)),
        RangeFn::Stddev => each(windows, out, |_, low, high| variance(&values[low..high]).sqrt()),
        RangeFn::Stdvar => each(windows, out, |_, low, high| variance(&values[low..high])),
        RangeFn::Mad => {
            each(windows, out, |_, low, high| mad(&values[low..high], &mut scratch.values));
        }
        _ => each(windows, out, |_, _, _| 1.0),
    }
}

/// `quantile_over_time`.
pub(super) fn quantile(
    windows: &Windows,
    samples: Samples<'_>,
    quantiles: &[f64],
    scratch: &mut Scratch,
    out: &mut [f64],
) {
    let sorted = &mut scratch.values;
    each(windows, out, |k, low, high| {
        sorted.clear();
        sorted.extend_from_slice(&samples.values[low..high]);
        quantile::of(quantiles[k], sorted)
    });
}

fn sum(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    for &value in values {
        sum.add(value);
    }
    if sum.sum.is_infinite() { sum.sum } else { sum.total() }
}

fn mean(values: &[f64]) -> f64 {
    let (first, rest) = values.split_first().expect("windows without samples are skipped");
    let mut mean = Mean::of(*first);
    for &value in rest {
        mean.add(value);
    }
    mean.mean()
}

/// Sums up to each sample, as long as they are integers whose sums are exact: then the compensated
/// sum of a window is exact as well, and is the difference of two of these.
fn integer_prefix_sums(values: &[f64], sums: &mut Vec<f64>) -> bool {
    sums.clear();
    sums.push(0.0);
    let (mut sum, mut magnitude) = (0.0, 0.0);
    for &value in values {
        #[expect(clippy::cast_possible_truncation, reason = "what does not fit compares unequal")]
        let integer = value as i64;
        #[expect(clippy::float_cmp, reason = "the question is whether it is an integer")]
        let exact = integer as f64 == value;
        magnitude += value.abs();
        if !exact || magnitude > INTEGER_SUM_MAX {
            return false;
        }
        sum += value;
        sums.push(sum);
    }
    true
}

/// The population variance by Welford's method, compensated.
fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares, mut count) = (Sum::default(), Sum::default(), 0.0);
    for &value in values {
        count += 1.0;
        let delta = value - mean.total();
        mean.add(delta / count);
        squares.add(delta * (value - mean.total()));
    }
    squares.total() / count
}

/// The median of the distances from the median.
fn mad(values: &[f64], sorted: &mut Vec<f64>) -> f64 {
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    sorted.clear();
    sorted.extend_from_slice(values);
    let median = quantile::of(0.5, sorted);
    for value in sorted.iter_mut() {
        *value = (*value - median).abs();
    }
    quantile::of(0.5, sorted)
}
