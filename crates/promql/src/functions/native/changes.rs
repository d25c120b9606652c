//! `changes` and `resets` of ranges that hold histograms. A change of the kind counts as both.

use super::super::changes::{differs, resets};
use super::super::range::{RangeCall, RangeFn};
use super::Mixed;
use crate::eval_error::Result;
use crate::grid::ABSENT;
use crate::window::Windows;

/// Counts neighbours in each window.
pub(super) fn run(
    call: &RangeCall,
    samples: Mixed<'_>,
    windows: &Windows,
    out: &mut [f64],
) -> Result<()> {
    let counts = |at: usize| -> bool {
        let (before, after) = (&samples.histograms[at], &samples.histograms[at + 1]);
        let changes = call.function == RangeFn::Changes;
        match (before, after) {
            (Some(before), Some(after)) if changes => !after.equals(before),
            (Some(before), Some(after)) => {
                samples.starts_again(at + 1) || after.detect_reset(before)
            }
            (None, None) => {
                let (before, after) = (samples.values[at], samples.values[at + 1]);
                if changes {
                    differs(before, after)
                } else {
                    resets(before, after) || samples.starts_again(at + 1)
                }
            }
            _ => true,
        }
    };
    super::each(windows, out, |k, low, high| {
        let mut first = low;
        if call.extension.is_some() {
            let start = call.reach.end_of(k).saturating_sub(call.reach.range);
            let inside = samples.times[low..high].partition_point(|&time| time <= start);
            if low + inside == high {
                return Ok(ABSENT);
            }
            first = low + inside.saturating_sub(1);
        }
        Ok((first..high - 1).filter(|&at| counts(at)).count() as f64)
    })
}
