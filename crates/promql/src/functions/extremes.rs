//! `min_over_time`, `max_over_time` and the times of both.
//!
//! A queue keeps the samples that can still become the extreme of a later window, so that each
//! sample is looked at a constant number of times. NaN counts only where there is nothing else.

use super::range::{RangeFn, Scratch, each};
use crate::window::{Samples, Windows};

/// The extreme of each window: the first of equal values, or for times the last of them.
pub(super) fn run(
    function: RangeFn,
    windows: &Windows,
    samples: Samples<'_>,
    scratch: &mut Scratch,
    out: &mut [f64],
) {
    let time = |at: usize| samples.times[at] as f64 / 1000.0;
    let value = |at: usize| samples.values[at];
    match function {
        RangeFn::Max => find(windows, samples.values, |old, new| old < new, scratch, value, out),
        RangeFn::Min => find(windows, samples.values, |old, new| old > new, scratch, value, out),
        RangeFn::TimeOfMax => {
            find(windows, samples.values, |old, new| old <= new, scratch, time, out);
        }
        _ => find(windows, samples.values, |old, new| old >= new, scratch, time, out),
    }
}

fn find(
    windows: &Windows,
    values: &[f64],
    beaten: impl Fn(f64, f64) -> bool,
    scratch: &mut Scratch,
    answer: impl Fn(usize) -> f64,
    out: &mut [f64],
) {
    let queue = &mut scratch.positions;
    queue.clear();
    let (mut front, mut seen) = (0, 0);
    each(windows, out, |_, low, high| {
        for (at, &value) in values.iter().enumerate().take(high).skip(seen.max(low)) {
            if value.is_nan() {
                continue;
            }
            while queue.len() > front
                && queue.last().is_some_and(|&o| beaten(values[o as usize], value))
            {
                queue.pop();
            }
            queue.push(u32::try_from(at).expect("a run's positions are 32 bits wide"));
        }
        seen = seen.max(high);
        while queue.get(front).is_some_and(|&at| (at as usize) < low) {
            front += 1;
        }
        // All are NaN: upstream lets each one replace the one before.
        answer(queue.get(front).map_or(high - 1, |&at| at as usize))
    });
}
