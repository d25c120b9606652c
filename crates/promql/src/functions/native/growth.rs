//! `rate`, `increase` and `delta` of histograms.

use std::cmp;

use regain_model::{Histogram, ResetHint};

use super::super::range::{RangeCall, RangeFn};
use super::super::rate::factor;
use super::Mixed;
use crate::annotations::{Operation, Remark};
use crate::eval_error::Result;
use crate::grid::ABSENT;
use crate::native::Native;
use crate::window::Layout;

/// The growth in a window from `start` to `end`, extrapolated to its borders.
pub(super) fn extrapolated(
    call: &RangeCall,
    window: Mixed<'_>,
    (start, end): (i64, i64),
    native: &mut Native<'_>,
) -> Result<f64> {
    let points = window.points();
    let counter = call.function != RangeFn::Delta;
    let inside = if counter { window.start_within(start) } else { None };
    let Some(first) = points.first().filter(|_| points.len() > 1 || inside.is_some()) else {
        return Ok(ABSENT);
    };
    let mut remarks = Vec::new();
    let growth = match (points.len(), counter) {
        (1, _) => Some((*first).clone()),
        (_, true) => counter_growth(window, &points, &mut remarks),
        (_, false) => gauge_growth(&points, &mut remarks),
    };
    for remark in remarks {
        native.note(remark);
    }
    let Some(mut growth) = growth else { return Ok(ABSENT) };
    if points.len() > 1 {
        growth.hint = ResetHint::Gauge;
        growth.compact();
        if inside.is_some() && !add_first(&mut growth, first, native) {
            return Ok(ABSENT);
        }
    }
    let divisor = call.divisor();
    let layout = Layout::of(window.times, start, end, divisor);
    growth.multiply(match inside {
        Some(inside) => layout.factor_since(window.times, (inside, end), divisor),
        None if counter => factor(&layout, first.count, growth.count, divisor),
        None => layout.factor,
    });
    native.keep(growth)
}

/// Adds what the first point has counted since it started; `false` when it does not fit.
fn add_first(growth: &mut Histogram, first: &Histogram, native: &mut Native<'_>) -> bool {
    let Ok(combined) = growth.add(first) else {
        native.note(Remark::MixedSchemas);
        return false;
    };
    if combined.reconciled {
        native.note(Remark::Reconciled(Operation::Addition));
    }
    true
}

/// The difference of two or more points; nothing when they do not fit each other.
fn gauge_growth(points: &[&Histogram], remarks: &mut Vec<Remark>) -> Option<Histogram> {
    let (first, last) = (*points.first()?, *points.last()?);
    if last.is_custom() != first.is_custom() {
        remarks.push(Remark::MixedSchemas);
        return None;
    }
    let growth = difference(last, first, first.schema, remarks)?;
    if first.hint != ResetHint::Gauge || last.hint != ResetHint::Gauge {
        remarks.push(Remark::NotGauge);
    }
    Some(growth)
}

/// The growth of a counter over two or more points, across resets; nothing when they do not fit
/// each other.
fn counter_growth(
    window: Mixed<'_>,
    points: &[&Histogram],
    remarks: &mut Vec<Remark>,
) -> Option<Histogram> {
    let (first, second, last) = (*points.first()?, *points.get(1)?, *points.last()?);
    if first.hint == ResetHint::Gauge || last.hint == ResetHint::Gauge {
        remarks.push(Remark::NotCounter);
    }
    // The layout of a point before a reset does not matter.
    let blank =
        Histogram { schema: second.schema, bounds: second.bounds.clone(), ..Histogram::default() };
    let reset = window.starts_again(1) || second.detect_reset(first);
    let start = if reset { &blank } else { first };
    if last.is_custom() != start.is_custom() {
        remarks.push(Remark::MixedSchemas);
        return None;
    }
    let mut schema = start.schema;
    for point in &points[1..points.len() - 1] {
        if point.hint == ResetHint::Gauge {
            remarks.push(Remark::NotCounter);
        }
        schema = cmp::min(schema, point.schema);
        if point.is_custom() != start.is_custom() {
            return mixed(remarks);
        }
    }
    let mut growth = difference(last, start, schema, remarks)?;
    if window.any_overlap() {
        remarks.push(Remark::StartOverlap);
    }
    let mut previous = start;
    for (at, &point) in points.iter().enumerate().skip(1) {
        if window.starts_again(at) || point.detect_reset(previous) {
            match growth.add(previous) {
                Ok(combined) if combined.reconciled => {
                    remarks.push(Remark::Reconciled(Operation::Addition));
                }
                Ok(_) => {}
                Err(_) => return mixed(remarks),
            }
        }
        previous = point;
    }
    Some(growth)
}

/// `last` without `first`, at a schema that is no finer than `schema`.
fn difference(
    last: &Histogram,
    first: &Histogram,
    schema: i32,
    remarks: &mut Vec<Remark>,
) -> Option<Histogram> {
    let mut growth = last.at_schema(schema).into_owned();
    match growth.subtract(first) {
        Ok(combined) => {
            if combined.reconciled {
                remarks.push(Remark::Reconciled(Operation::Subtraction));
            }
            Some(growth)
        }
        Err(_) => mixed(remarks),
    }
}

/// No result, and nothing else to say than why.
fn mixed(remarks: &mut Vec<Remark>) -> Option<Histogram> {
    remarks.clear();
    remarks.push(Remark::MixedSchemas);
    None
}
