//! `rate`, `increase`, `delta`, `irate` and `idelta`.
//!
//! What depends on times alone comes from [`crate::window::Layouts`]. Counter resets are found once
//! for each series, so that a window costs the same however many samples it has. The order of the
//! operations is upstream's (`promql/functions.go`, 3.14).

use super::range::{RangeCall, RangeFn, Scratch, Shared};
use crate::grid::ABSENT;
use crate::window::{Layout, Samples, Windows};

/// The growth in each window, extrapolated to its borders.
pub(super) fn extrapolated(
    call: &RangeCall,
    shared: &Shared,
    samples: Samples<'_>,
    scratch: &mut Scratch,
    out: &mut [f64],
) {
    let values = samples.values;
    let counter = call.function != RangeFn::Delta;
    let resets = &mut scratch.positions;
    resets.clear();
    if counter {
        find_resets(values, resets);
    }
    let divisor = call.divisor();
    let mut first_reset = 0;
    let steps = shared.windows.iter().zip(shared.layouts.iter()).zip(out);
    for (((low, high), layout), out) in steps {
        if high - low < 2 {
            *out = ABSENT;
            continue;
        }
        let (first, last) = (values[low], values[high - 1]);
        let mut growth = last - first;
        while resets.get(first_reset).is_some_and(|&at| at as usize <= low) {
            first_reset += 1;
        }
        for &at in resets[first_reset..].iter().take_while(|at| (**at as usize) < high) {
            growth += values[at as usize - 1];
        }
        *out =
            growth * if counter { factor(layout, first, growth, divisor) } else { layout.factor };
    }
}

/// The factor for a counter, which cannot have been below zero before its first sample.
#[inline]
pub(super) fn factor(layout: &Layout, first: f64, growth: f64, divisor: Option<f64>) -> f64 {
    // A quotient takes long, and hardly any series begins so close to zero.
    if growth > 0.0 && first >= 0.0 && !is_surely_above(first, growth * layout.doubtful) {
        let to_zero = layout.sampled * (first / growth);
        if to_zero < layout.to_start {
            return layout.factor_from(to_zero, divisor);
        }
    }
    layout.factor
}

/// Whether `a` is larger than `b`, and not so small that underflow could have made it so.
#[inline]
fn is_surely_above(a: f64, b: f64) -> bool {
    a > b && a > f64::MIN_POSITIVE / f64::EPSILON
}

/// The positions of samples that are below their predecessor.
fn find_resets(values: &[f64], resets: &mut Vec<u32>) {
    let pairs = || values.iter().zip(values.iter().skip(1));
    // Counted first because that needs no branches, and most series have none.
    if pairs().map(|(before, after)| u32::from(after < before)).sum::<u32>() == 0 {
        return;
    }
    let falls = pairs().zip(1..).filter(|((before, after), _)| after < before);
    resets.extend(falls.map(|(_, at)| at));
}

/// The growth between the last two samples of each window.
pub(super) fn instant(windows: &Windows, samples: Samples<'_>, rate: bool, out: &mut [f64]) {
    for ((low, high), out) in windows.iter().zip(out) {
        *out = ABSENT;
        if high - low < 2 {
            continue;
        }
        let elapsed = samples.times[high - 1].saturating_sub(samples.times[high - 2]);
        let (before, last) = (samples.values[high - 2], samples.values[high - 1]);
        if elapsed == 0 {
            continue;
        }
        let growth = if rate && last < before { last } else { last - before };
        *out = if rate { growth / (elapsed as f64 / 1000.0) } else { growth };
    }
}
