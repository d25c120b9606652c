//! `anchored` and `smoothed` selectors: growth up to the very borders of a window, from the samples
//! around it and without extrapolation.

use regain_model::Timestamp;

use super::range::{Extension, RangeCall, RangeFn, each};
use crate::grid::ABSENT;
use crate::value::Point;
use crate::window::{Reach, Samples, Windows};

/// Computes a function over windows that reach beyond their range.
pub(super) fn run(
    call: &RangeCall,
    extension: Extension,
    windows: &Windows,
    samples: Samples<'_>,
    out: &mut [f64],
) {
    each(windows, out, |k, low, high| {
        let end = call.reach.end_of(k);
        let start = end.saturating_sub(call.reach.range);
        let found =
            Samples { times: &samples.times[low..high], values: &samples.values[low..high] };
        let value = match call.function {
            RangeFn::Changes => count(found, start, super::changes::differs),
            RangeFn::Resets => count(found, start, super::changes::resets),
            _ => growth(call, extension, found, start, end),
        };
        value.unwrap_or(ABSENT)
    });
}

/// The value at the end of each window's range, between the samples around it.
pub(super) fn interpolate(windows: &Windows, samples: Samples<'_>, reach: &Reach, out: &mut [f64]) {
    each(windows, out, |k, low, high| {
        let time = reach.end_of(k);
        let next = low + samples.times[low..high].partition_point(|&sample| sample < time);
        let point = |at: usize| (samples.times[at], samples.values[at]);
        if next < high && samples.times[next] == time {
            samples.values[next]
        } else if next == low {
            ABSENT
        } else if next < high {
            between(point(next - 1), point(next), time, false)
        } else {
            samples.values[next - 1]
        }
    });
}

/// Counts from the last sample at or before `start` on.
fn count(samples: Samples<'_>, start: i64, test: impl Fn(f64, f64) -> bool) -> Option<f64> {
    let inside = samples.times.partition_point(|&time| time <= start);
    if inside == samples.times.len() {
        return None;
    }
    let values = &samples.values[inside.saturating_sub(1)..];
    let pairs = values.iter().zip(values.iter().skip(1));
    Some(pairs.filter(|(before, after)| test(**before, **after)).count() as f64)
}

fn growth(
    call: &RangeCall,
    extension: Extension,
    Samples { times, values }: Samples<'_>,
    start: i64,
    end: i64,
) -> Option<f64> {
    let (smoothed, counter) = (extension == Extension::Smoothed, call.function != RangeFn::Delta);
    let last_index = times.len() - 1;
    let mut first = times[..last_index].partition_point(|&time| time <= start).saturating_sub(1);
    let mut last = last_index;
    if smoothed {
        last = times[..last_index].partition_point(|&time| time < end);
    }
    if times[last] <= start || (smoothed && times[first] > end) {
        return None;
    }
    let point = |at: usize| (times[at], values[at]);
    let left = if smoothed && times[first] < start {
        between(point(first), point(first + 1), start, counter)
    } else {
        values[first]
    };
    let right = if smoothed && last > 0 && times[last] > end {
        between(point(last - 1), point(last), end, counter)
    } else {
        values[last]
    };
    let mut growth = right - left;
    if counter {
        first += usize::from(times[first] <= start);
        let after = last + usize::from(times[last] < end);
        growth += lost_in_resets(left, right, values.get(first..after).unwrap_or_default());
    }
    Some(call.divisor().map_or(growth, |seconds| growth / seconds))
}

/// The value at `time` on the line between two samples; a counter that fell started from zero.
pub(super) fn between(left: (i64, f64), right: (i64, f64), time: i64, counter: bool) -> f64 {
    let from = if counter && right.1 < left.1 { 0.0 } else { left.1 };
    let elapsed = time.saturating_sub(left.0) as f64;
    let whole = right.0.saturating_sub(left.0) as f64;
    from + (right.1 - from) * elapsed / whole
}

fn lost_in_resets(left: f64, right: f64, values: &[f64]) -> f64 {
    let (mut lost, mut before) = (0.0, left);
    for &value in values.iter().chain([&right]) {
        if value < before {
            lost += before;
        }
        before = value;
    }
    lost
}

/// The samples of a range vector by itself, with one at each border of the window.
pub(crate) fn extend(
    points: &[Point],
    (start, end): (i64, i64),
    extension: Extension,
) -> Vec<Point> {
    let smoothed = extension == Extension::Smoothed;
    let Some(mut last) = points.len().checked_sub(1) else { return Vec::new() };
    let time = |at: usize| points[at].time.0;
    let pair = |at: usize| (time(at), points[at].value);
    let inside = points[..last].partition_point(|point| point.time.0 <= start);
    let mut first = inside.saturating_sub(1);
    if smoothed {
        last = points[..last].partition_point(|point| point.time.0 < end);
    }
    if time(last) <= start {
        return Vec::new();
    }
    let left = if smoothed && time(first) < start {
        between(pair(first), pair(first + 1), start, false)
    } else {
        points[first].value
    };
    let right = if smoothed && last > 0 && time(last) > end {
        between(pair(last - 1), pair(last), end, false)
    } else {
        points[last].value
    };
    first += usize::from(time(first) <= start);
    let after = last + usize::from(time(last) < end);
    let mut out = vec![Point { time: Timestamp(start), value: left }];
    out.extend_from_slice(points.get(first..after).unwrap_or_default());
    out.push(Point { time: Timestamp(end), value: right });
    out
}
