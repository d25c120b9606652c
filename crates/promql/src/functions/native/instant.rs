//! `irate` and `idelta` of ranges that hold histograms.

use regain_model::ResetHint;

use super::Mixed;
use crate::annotations::{Operation, Remark};
use crate::eval_error::Result;
use crate::grid::ABSENT;
use crate::native::Native;

/// The growth between the last two samples of a window.
pub(super) fn growth(window: Mixed<'_>, rate: bool, native: &mut Native<'_>) -> Result<f64> {
    let Some(last_at) = window.times.len().checked_sub(1).filter(|at| *at > 0) else {
        return Ok(ABSENT);
    };
    let elapsed = window.times[last_at].saturating_sub(window.times[last_at - 1]);
    if elapsed == 0 {
        return Ok(ABSENT);
    }
    let seconds = elapsed as f64 / 1000.0;
    let (before, last) = match (&window.histograms[last_at - 1], &window.histograms[last_at]) {
        (Some(before), Some(last)) => (before, last),
        (None, None) => {
            let (before, last) = (window.values[last_at - 1], window.values[last_at]);
            let reset = last < before || window.starts_again(last_at);
            let growth = if rate && reset { last } else { last - before };
            return Ok(if rate { growth / seconds } else { growth });
        }
        _ => {
            native.note(Remark::MixedFloatsHistograms);
            return Ok(ABSENT);
        }
    };
    let gauges = [before.hint, last.hint].map(|hint| hint == ResetHint::Gauge);
    if rate && gauges.contains(&true) {
        native.note(Remark::NotCounter);
    }
    if !rate && gauges.contains(&false) {
        native.note(Remark::NotGauge);
    }
    let mut growth = last.as_ref().clone();
    if !rate || !window.starts_again(last_at) && !last.detect_reset(before) {
        match growth.subtract(before) {
            Ok(combined) if combined.reconciled => {
                native.note(Remark::Reconciled(Operation::Subtraction));
            }
            Ok(_) => {}
            Err(_) => {
                native.note(Remark::MixedSchemas);
                return Ok(ABSENT);
            }
        }
    }
    growth.hint = ResetHint::Gauge;
    growth.compact();
    if rate {
        growth.divide(seconds);
    }
    native.keep(growth)
}
