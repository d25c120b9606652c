//! `anchored` and `smoothed` selectors of histograms.

use regain_model::{Histogram, ResetHint, Timestamp};

use super::super::range::{Extension, RangeCall, RangeFn};
use super::{Kind, Mixed};
use crate::annotations::{Operation, Remark};
use crate::eval_error::Result;
use crate::grid::ABSENT;
use crate::native::{Native, keep};

/// A histogram at a time.
type Point<'a> = (i64, &'a Histogram);

/// Why there is no result: exponential and custom buckets came together.
struct Mismatch;

/// The value at `time`, between the samples around it.
pub(super) fn interpolate(window: Mixed<'_>, time: i64, native: &mut Native<'_>) -> Result<f64> {
    let next = window.times.partition_point(|&sample| sample < time);
    let exact = window.times.get(next) == Some(&time);
    match window.kind() {
        Kind::Both => {
            native.note(Remark::MixedFloatsHistograms);
            return Ok(ABSENT);
        }
        Kind::Floats => {
            let point = |at: usize| (window.times[at], window.values[at]);
            let value = match next.checked_sub(1) {
                _ if exact => window.values[next],
                None => ABSENT,
                Some(before) if next < window.times.len() => {
                    super::super::extended::between(point(before), point(next), time, false)
                }
                Some(before) => window.values[before],
            };
            return Ok(value);
        }
        Kind::Histograms => {}
    }
    let points = window.points();
    let point = |at: usize| (window.times[at], points[at]);
    if exact {
        return window.cell(native, next);
    }
    let Some(before) = next.checked_sub(1) else { return Ok(ABSENT) };
    if next == points.len() {
        let carried = Histogram { hint: ResetHint::Unknown, ..points[before].clone() };
        return native.keep(carried);
    }
    let pair = [points[before], points[next]];
    let counter = pair.iter().any(|histogram| histogram.hint != ResetHint::Gauge);
    let same_kind = pair[0].is_custom() == pair[1].is_custom();
    let between = same_kind.then(|| between(point(before), point(next), time, counter, native));
    if let Some(Ok(histogram)) = between {
        return native.keep(histogram);
    }
    native.note(Remark::MixedSchemas);
    Ok(ABSENT)
}

/// The growth from `start` to `end`, from the samples around them and without extrapolation.
pub(super) fn growth(
    call: &RangeCall,
    extension: Extension,
    window: Mixed<'_>,
    span: (i64, i64),
    native: &mut Native<'_>,
) -> Result<f64> {
    let smoothed = extension == Extension::Smoothed;
    let counter = call.function != RangeFn::Delta;
    let points = window.points();
    let range = Range { times: window.times, points: &points, span, smoothed, counter };
    match range.growth(native) {
        Ok(Some(mut growth)) => {
            if call.function == RangeFn::Rate {
                growth.divide(Timestamp(call.reach.range).as_seconds());
            }
            growth.hint = ResetHint::Gauge;
            growth.compact();
            keep(native.ctx, growth.into())
        }
        Ok(None) => Ok(ABSENT),
        Err(Mismatch) => {
            native.note(Remark::MixedSchemas);
            Ok(ABSENT)
        }
    }
}

struct Range<'a> {
    times: &'a [i64],
    points: &'a [&'a Histogram],
    span: (i64, i64),
    smoothed: bool,
    counter: bool,
}

impl Range<'_> {
    fn point(&self, at: usize) -> Point<'_> {
        (self.times[at], self.points[at])
    }

    fn growth(&self, native: &mut Native<'_>) -> std::result::Result<Option<Histogram>, Mismatch> {
        let (start, end) = self.span;
        let newest = self.times.len() - 1;
        let inside = self.times[..newest].partition_point(|&time| time <= start);
        let first = inside.saturating_sub(1);
        let mut last = newest;
        if self.smoothed {
            last = self.times[..newest].partition_point(|&time| time < end);
        }
        if self.times[last] <= start || (self.smoothed && self.times[first] > end) {
            return Ok(None);
        }
        self.check(first, last, native)?;
        let left = if self.smoothed && self.times[first] < start {
            between(self.point(first), self.point(first + 1), start, self.counter, native)?
        } else {
            self.points[first].clone()
        };
        let right = if self.smoothed && last > 0 && self.times[last] > end {
            between(self.point(last - 1), self.point(last), end, self.counter, native)?
        } else {
            self.points[last].clone()
        };
        let gauges = left.hint == ResetHint::Gauge && right.hint == ResetHint::Gauge;
        if !self.counter && !gauges {
            native.note(Remark::NotGauge);
        }
        let mut growth = right.clone();
        subtract(&mut growth, &left, native)?;
        if self.counter
            && let Some(lost) = self.lost_in_resets(first, last, [&left, &right], native)?
        {
            add(&mut growth, &lost, native)?;
        }
        Ok(Some(growth))
    }

    fn check(
        &self,
        first: usize,
        last: usize,
        native: &mut Native<'_>,
    ) -> std::result::Result<(), Mismatch> {
        for point in self.points.get(first..=last).unwrap_or_default() {
            if point.is_custom() != self.points[first].is_custom() {
                return Err(Mismatch);
            }
            if self.counter && point.hint == ResetHint::Gauge {
                native.note(Remark::NotCounter);
            }
        }
        Ok(())
    }

    /// What the counter had reached before each reset between the borders.
    fn lost_in_resets(
        &self,
        first: usize,
        last: usize,
        [left, right]: [&Histogram; 2],
        native: &mut Native<'_>,
    ) -> std::result::Result<Option<Histogram>, Mismatch> {
        let (mut from, mut previous) = (first + 1, left);
        if self.smoothed
            && self.times[first] < self.span.0
            && self.points[first + 1].detect_reset(self.points[first])
        {
            // The left border lies within this reset and has accounted for it.
            previous = self.points[first + 1];
            from += 1;
        }
        // The last point is the right border, or what is behind it.
        if from > last {
            return Ok(None);
        }
        let mut lost: Option<Histogram> = None;
        for point in self.points[from..last].iter().copied().chain([right]) {
            if point.detect_reset(previous) {
                match &mut lost {
                    Some(lost) => add(lost, previous, native)?,
                    None => lost = Some(previous.clone()),
                }
            }
            previous = point;
        }
        Ok(lost)
    }
}

/// The histogram at `time` between two others; a counter that started again started from nothing.
fn between(
    left: Point<'_>,
    right: Point<'_>,
    time: i64,
    counter: bool,
    native: &mut Native<'_>,
) -> std::result::Result<Histogram, Mismatch> {
    if time == left.0 {
        return Ok(left.1.clone());
    }
    let mut between = right.1.clone();
    if time == right.0 {
        return Ok(between);
    }
    let elapsed = time.saturating_sub(left.0) as f64;
    let fraction = elapsed / right.0.saturating_sub(left.0) as f64;
    if counter && right.1.detect_reset(left.1) {
        between.multiply(fraction);
        return Ok(between);
    }
    subtract(&mut between, left.1, native)?;
    between.multiply(fraction);
    add(&mut between, left.1, native)?;
    Ok(between)
}

fn subtract(
    from: &mut Histogram,
    other: &Histogram,
    native: &mut Native<'_>,
) -> std::result::Result<(), Mismatch> {
    if from.subtract(other).map_err(|_| Mismatch)?.reconciled {
        native.note(Remark::Reconciled(Operation::Subtraction));
    }
    Ok(())
}

fn add(
    to: &mut Histogram,
    other: &Histogram,
    native: &mut Native<'_>,
) -> std::result::Result<(), Mismatch> {
    if to.add(other).map_err(|_| Mismatch)?.reconciled {
        native.note(Remark::Reconciled(Operation::Addition));
    }
    Ok(())
}
