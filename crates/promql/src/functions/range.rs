//! Functions over ranges: one series in, one value for each step out.

use std::ops::Range;

use regain_model::Timestamp;

use super::{changes, extended, extremes, over_time, rate, regression, smoothing};
use crate::eval_error::{EvalError, Result};
use crate::grid::{ABSENT, Grid};
use crate::window::{Layouts, Reach, Samples, Windows};

/// A function over a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeFn {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Changes,
    Resets,
    Deriv,
    PredictLinear,
    DoubleExponentialSmoothing,
    Avg,
    Sum,
    Count,
    Min,
    Max,
    First,
    Last,
    Present,
    Stddev,
    Stdvar,
    Quantile,
    Mad,
    TimeOfFirst,
    TimeOfLast,
    TimeOfMin,
    TimeOfMax,
    /// What a `smoothed` instant selector does: the value on the line between two samples.
    Interpolate,
}

impl RangeFn {
    /// The function of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "rate" => Self::Rate,
            "increase" => Self::Increase,
            "delta" => Self::Delta,
            "irate" => Self::Irate,
            "idelta" => Self::Idelta,
            "changes" => Self::Changes,
            "resets" => Self::Resets,
            "deriv" => Self::Deriv,
            "predict_linear" => Self::PredictLinear,
            "double_exponential_smoothing" => Self::DoubleExponentialSmoothing,
            "avg_over_time" => Self::Avg,
            "sum_over_time" => Self::Sum,
            "count_over_time" => Self::Count,
            "min_over_time" => Self::Min,
            "max_over_time" => Self::Max,
            "first_over_time" => Self::First,
            "last_over_time" => Self::Last,
            "present_over_time" | "absent_over_time" => Self::Present,
            "stddev_over_time" => Self::Stddev,
            "stdvar_over_time" => Self::Stdvar,
            "quantile_over_time" => Self::Quantile,
            "mad_over_time" => Self::Mad,
            "ts_of_first_over_time" => Self::TimeOfFirst,
            "ts_of_last_over_time" => Self::TimeOfLast,
            "ts_of_min_over_time" => Self::TimeOfMin,
            "ts_of_max_over_time" => Self::TimeOfMax,
            _ => return None,
        })
    }

    /// Whether the series keeps its name: what only moves samples in time changes no meaning.
    pub(crate) const fn keeps_name(self) -> bool {
        matches!(self, Self::First | Self::Last | Self::Interpolate)
    }

    /// Whether start timestamps count.
    pub(crate) const fn uses_starts(self) -> bool {
        matches!(self, Self::Rate | Self::Increase | Self::Irate | Self::Resets)
    }

    const fn uses_layout(self) -> bool {
        matches!(self, Self::Rate | Self::Increase | Self::Delta)
    }
}

/// Whether a selector looks beyond its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    Anchored,
    Smoothed,
}

impl Extension {
    /// The modifier as it is written.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Anchored => "anchored",
            Self::Smoothed => "smoothed",
        }
    }
}

/// A function over a range with all it needs to know.
#[derive(Clone, Debug)]
pub(crate) struct RangeCall {
    pub(crate) function: RangeFn,
    pub(crate) reach: Reach,
    pub(crate) grid: Grid,
    /// The scalar arguments, each with a value for every step.
    pub(crate) params: Vec<Vec<f64>>,
    pub(crate) extension: Option<Extension>,
}

/// What series with the same times share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) windows: Windows,
    pub(crate) layouts: Layouts,
}

/// Memory that is used again for each series.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(super) positions: Vec<u32>,
    pub(super) counts: Vec<u32>,
    pub(super) values: Vec<f64>,
}

impl RangeCall {
    /// What the range is divided by.
    pub(super) fn divisor(&self) -> Option<f64> {
        (self.function == RangeFn::Rate).then(|| Timestamp(self.reach.range).as_seconds())
    }

    /// Finds what all series with these times share.
    pub(crate) fn share(&self, times: &[i64], shared: &mut Shared) {
        shared.windows.find(times, &self.reach);
        if self.function.uses_layout() && self.extension.is_none() {
            shared.layouts.find(times, &shared.windows, &self.reach, self.divisor());
        }
    }

    /// The same call for some of its steps.
    pub(crate) fn piece(&self, steps: Range<usize>) -> Self {
        let (end, len) = (self.reach.end_of(steps.start), steps.len());
        Self {
            function: self.function,
            reach: Reach { end, steps: len, ..self.reach },
            grid: Grid { start: self.grid.time(steps.start), len, ..self.grid },
            params: self.params.iter().map(|param| param[steps.clone()].to_vec()).collect(),
            extension: self.extension,
        }
    }

    /// Computes one series' row.
    pub(crate) fn run(
        &self,
        shared: &Shared,
        samples: Samples<'_>,
        scratch: &mut Scratch,
        out: &mut [f64],
    ) -> Result<()> {
        let windows = &shared.windows;
        if let Some(extension) = self.extension {
            extended::run(self, extension, windows, samples, out);
            return Ok(());
        }
        match self.function {
            RangeFn::Rate | RangeFn::Increase | RangeFn::Delta => {
                rate::extrapolated(self, shared, samples, scratch, out);
            }
            RangeFn::Irate => rate::instant(windows, samples, true, out),
            RangeFn::Idelta => rate::instant(windows, samples, false, out),
            RangeFn::Changes => changes::count(windows, samples, changes::differs, scratch, out),
            RangeFn::Resets => changes::count(windows, samples, changes::resets, scratch, out),
            RangeFn::Deriv => regression::deriv(windows, samples, out),
            RangeFn::PredictLinear => {
                regression::predict(windows, samples, &self.grid, self.param(0)?, out);
            }
            RangeFn::DoubleExponentialSmoothing => {
                smoothing::run(windows, samples, self.param(0)?, self.param(1)?, out)?;
            }
            RangeFn::Quantile => {
                over_time::quantile(windows, samples, self.param(0)?, scratch, out);
            }
            RangeFn::Min | RangeFn::Max | RangeFn::TimeOfMin | RangeFn::TimeOfMax => {
                extremes::run(self.function, windows, samples, scratch, out);
            }
            RangeFn::Interpolate => extended::interpolate(windows, samples, &self.reach, out),
            other => over_time::run(other, windows, samples, scratch, out),
        }
        Ok(())
    }

    /// Refuses parameters that make no sense, at steps whose windows hold anything.
    pub(super) fn check_params(&self, windows: &Windows) -> Result<()> {
        match self.function {
            RangeFn::DoubleExponentialSmoothing => {
                smoothing::check(windows, self.param(0)?, self.param(1)?)
            }
            _ => Ok(()),
        }
    }

    fn param(&self, index: usize) -> Result<&[f64]> {
        let missing = EvalError::Unsupported("a function without its parameter");
        self.params.get(index).map(Vec::as_slice).ok_or(missing)
    }
}

/// Sets each step's value to what `f` makes of its samples; windows without samples have none.
#[inline]
pub(super) fn each(
    windows: &Windows,
    out: &mut [f64],
    mut f: impl FnMut(usize, usize, usize) -> f64,
) {
    for (k, ((low, high), out)) in windows.iter().zip(out).enumerate() {
        *out = if low == high { ABSENT } else { f(k, low, high) };
    }
}
