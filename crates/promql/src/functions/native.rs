//! Functions over ranges that hold histograms.
//!
//! A range may hold floats and histograms. Some functions take both, some are of floats and leave
//! histograms out, and some make nothing of a mix (upstream: `promql/functions.go`, 3.14). Ranges
//! of floats alone never come here.

mod changes;
mod extended;
mod growth;
mod instant;
mod over_time;
mod starts;

use std::sync::Arc;

use regain_model::Histogram;

use super::range::{RangeCall, RangeFn, Scratch, Shared};
use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::grid::ABSENT;
use crate::native::{Native, keep};
use crate::window::{Samples, Windows};

pub(crate) use over_time::{Mean, Noticed};

/// The samples of one series, some of which are histograms; none of them is a staleness marker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixed<'a> {
    pub(crate) times: &'a [i64],
    /// The floats; what stands in place of histograms means nothing.
    pub(crate) values: &'a [f64],
    pub(crate) histograms: &'a [Option<Arc<Histogram>>],
    /// The start timestamps, 0 where there is none; empty where they do not count.
    pub(crate) starts: &'a [i64],
}

/// What a window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Floats,
    Histograms,
    Both,
}

impl<'a> Mixed<'a> {
    fn window(&self, low: usize, high: usize) -> Self {
        Self {
            times: &self.times[low..high],
            values: &self.values[low..high],
            histograms: &self.histograms[low..high],
            starts: self.starts.get(low..high).unwrap_or_default(),
        }
    }

    /// What a window that is not empty holds.
    fn kind(&self) -> Kind {
        let histograms = self.histograms.iter().filter(|held| held.is_some()).count();
        match histograms {
            0 => Kind::Floats,
            all if all == self.times.len() => Kind::Histograms,
            _ => Kind::Both,
        }
    }

    /// The histograms of a window that holds nothing else.
    fn points(&self) -> Vec<&'a Histogram> {
        self.histograms.iter().filter_map(Option::as_deref).collect()
    }

    fn cell(&self, native: &Native<'_>, at: usize) -> Result<f64> {
        match &self.histograms[at] {
            Some(histogram) => keep(native.ctx, Arc::clone(histogram)),
            None => Ok(self.values[at]),
        }
    }
}

/// Computes one series' row.
pub(crate) fn run(
    call: &RangeCall,
    samples: Mixed<'_>,
    windows: &Windows,
    native: &mut Native<'_>,
    out: &mut [f64],
) -> Result<()> {
    let seconds = |at: usize| samples.times[at] as f64 / 1000.0;
    match call.function {
        RangeFn::Count => each(windows, out, |_, low, high| Ok((high - low) as f64)),
        RangeFn::Present => each(windows, out, |_, _, _| Ok(1.0)),
        RangeFn::First => each(windows, out, |_, low, _| samples.cell(native, low)),
        RangeFn::Last => each(windows, out, |_, _, high| samples.cell(native, high - 1)),
        RangeFn::TimeOfFirst => each(windows, out, |_, low, _| Ok(seconds(low))),
        RangeFn::TimeOfLast => each(windows, out, |_, _, high| Ok(seconds(high - 1))),
        RangeFn::Changes | RangeFn::Resets => changes::run(call, samples, windows, out),
        RangeFn::Irate | RangeFn::Idelta => each(windows, out, |_, low, high| {
            let rate = call.function == RangeFn::Irate;
            instant::growth(samples.window(low, high), rate, native)
        }),
        RangeFn::Interpolate => each(windows, out, |k, low, high| {
            extended::interpolate(samples.window(low, high), call.reach.end_of(k), native)
        }),
        RangeFn::Rate | RangeFn::Increase | RangeFn::Delta => {
            floats(call, samples, out)?;
            if !samples.starts.is_empty() && call.extension.is_none() {
                starts::floats(call, samples, windows, native, out);
            }
            histograms(samples, windows, native, out, |k, window, native| {
                let end = call.reach.end_of(k);
                let span = (end.saturating_sub(call.reach.range), end);
                match call.extension {
                    Some(extension) => extended::growth(call, extension, window, span, native),
                    None => growth::extrapolated(call, window, span, native),
                }
            })
        }
        RangeFn::Sum | RangeFn::Avg => {
            floats(call, samples, out)?;
            histograms(samples, windows, native, out, |_, window, native| {
                let points = window.points();
                let result = if call.function == RangeFn::Sum {
                    over_time::sum(&points, native)
                } else {
                    over_time::mean(&points, native)
                };
                result.map_or(Ok(ABSENT), |histogram| native.keep(histogram))
            })
        }
        _ => {
            call.check_params(windows)?;
            floats(call, samples, out)?;
            let windows = windows.iter().filter(|(low, high)| low < high);
            let mut kinds = windows.map(|(low, high)| samples.window(low, high).kind());
            if kinds.any(|kind| kind == Kind::Both) {
                native.note(Remark::IgnoredInRange);
            }
            Ok(())
        }
    }
}

/// Computes the row of the floats alone.
fn floats(call: &RangeCall, samples: Mixed<'_>, out: &mut [f64]) -> Result<()> {
    let floats = || (0..samples.times.len()).filter(|&at| samples.histograms[at].is_none());
    let times: Vec<i64> = floats().map(|at| samples.times[at]).collect();
    let values: Vec<f64> = floats().map(|at| samples.values[at]).collect();
    if times.is_empty() {
        out.fill(ABSENT);
        return Ok(());
    }
    let (mut shared, mut scratch) = (Shared::default(), Scratch::default());
    call.share(&times, &mut shared);
    call.run(&shared, Samples { times: &times, values: &values }, &mut scratch, out)
}

/// Replaces the values of windows that hold histograms: by what `f` makes of histograms alone, by
/// nothing where there are floats as well.
fn histograms(
    samples: Mixed<'_>,
    windows: &Windows,
    native: &mut Native<'_>,
    out: &mut [f64],
    mut f: impl FnMut(usize, Mixed<'_>, &mut Native<'_>) -> Result<f64>,
) -> Result<()> {
    for (k, ((low, high), out)) in windows.iter().zip(out).enumerate() {
        if low == high {
            *out = ABSENT;
            continue;
        }
        let window = samples.window(low, high);
        match window.kind() {
            Kind::Floats => {}
            Kind::Histograms => *out = f(k, window, native)?,
            Kind::Both => {
                native.note(Remark::MixedFloatsHistograms);
                *out = ABSENT;
            }
        }
    }
    Ok(())
}

/// Sets each step's value to what `f` makes of its samples; windows without samples have none.
fn each(
    windows: &Windows,
    out: &mut [f64],
    mut f: impl FnMut(usize, usize, usize) -> Result<f64>,
) -> Result<()> {
    for (k, ((low, high), out)) in windows.iter().zip(out).enumerate() {
        *out = if low == high { ABSENT } else { f(k, low, high)? };
    }
    Ok(())
}
