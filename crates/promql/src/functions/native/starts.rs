//! Start timestamps: a counter that says when it started need not be seen to fall.
//!
//! Upstream: `promql/functions.go`, 3.14.

use super::super::range::{RangeCall, RangeFn};
use super::super::rate::factor;
use super::{Kind, Mixed};
use crate::annotations::Remark;
use crate::grid::ABSENT;
use crate::native::Native;
use crate::window::{Layout, Windows};

impl Mixed<'_> {
    fn start(&self, at: usize) -> i64 {
        self.starts.get(at).copied().unwrap_or_default()
    }

    /// Whether the sample at `at`, which is not the first, says that its counter started after the
    /// sample before.
    pub(super) fn starts_again(&self, at: usize) -> bool {
        let (before, now) = (self.start(at - 1), self.start(at));
        let time_before = self.times[at - 1];
        if now == 0 || now >= self.times[at] || now < time_before {
            return false;
        }
        // A start at the sample before is that of a difference, or of a counter whose start is not
        // known; the sample before tells them apart.
        now > time_before || before != 0 && before < time_before
    }

    /// Whether a sample counts from before the sample before it, and from another time than that.
    pub(super) fn any_overlap(&self) -> bool {
        let overlap = |at: usize| {
            let (before, now) = (self.start(at - 1), self.start(at));
            now != 0 && now < self.times[at - 1] && now != before
        };
        (1..self.starts.len()).any(overlap)
    }

    /// When the first sample's counter started, if that was after `start` and before the sample.
    pub(super) fn start_within(&self, start: i64) -> Option<i64> {
        let (first, time) = (self.start(0), *self.times.first()?);
        (first != 0 && first > start && first < time).then_some(first)
    }
}

/// Computes `rate` and `increase` of windows that hold nothing but floats.
pub(super) fn floats(
    call: &RangeCall,
    samples: Mixed<'_>,
    windows: &Windows,
    native: &mut Native<'_>,
    out: &mut [f64],
) {
    if call.function == RangeFn::Delta {
        return;
    }
    for (k, ((low, high), out)) in windows.iter().zip(out).enumerate() {
        if low == high {
            continue;
        }
        let window = samples.window(low, high);
        if window.kind() == Kind::Floats {
            let end = call.reach.end_of(k);
            let span = (end.saturating_sub(call.reach.range), end);
            *out = growth(call, window, span, native).unwrap_or(ABSENT);
        }
    }
}

fn growth(
    call: &RangeCall,
    window: Mixed<'_>,
    (start, end): (i64, i64),
    native: &mut Native<'_>,
) -> Option<f64> {
    let values = window.values;
    let (first, last) = (*values.first()?, *values.last()?);
    if window.any_overlap() {
        native.note(Remark::StartOverlap);
    }
    let mut growth = last - first;
    for at in 1..values.len() {
        if values[at] < values[at - 1] || window.starts_again(at) {
            growth += values[at - 1];
        }
    }
    let divisor = call.divisor();
    let layout = Layout::of(window.times, start, end, divisor);
    if let Some(inside) = window.start_within(start) {
        return Some((growth + first) * layout.factor_since(window.times, (inside, end), divisor));
    }
    if values.len() < 2 {
        return None;
    }
    Some(growth * factor(&layout, first, growth, divisor))
}
