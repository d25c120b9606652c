//! The parameter of an aggregation, which may differ from step to step.

use crate::eval_error::{EvalError, Result};
use crate::functions::math;

/// Integers end here; the largest float below 2^63.
const INTEGER_MAX: f64 = 9_223_372_036_854_774_784.0;
const INTEGER_MIN: f64 = -9_223_372_036_854_775_808.0;

/// A parameter's value at each step.
#[derive(Clone, Debug)]
pub(crate) struct Params {
    pub(crate) values: Vec<f64>,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) any_nan: bool,
}

impl Params {
    pub(crate) fn new(values: Vec<f64>) -> Self {
        let min = values.iter().copied().fold(f64::MAX, math::min);
        let max = values.iter().copied().fold(-f64::MAX, math::max);
        let any_nan = values.iter().any(|value| value.is_nan());
        Self { values, min, max, any_nan }
    }

    /// How many series each step keeps, or `None` when no step keeps any.
    pub(crate) fn counts(&self) -> Result<Option<Vec<usize>>> {
        if self.max < 1.0 {
            return Ok(None);
        }
        if self.any_nan {
            return Err(EvalError::ParameterNan);
        }
        if self.min <= INTEGER_MIN {
            return Err(EvalError::ParameterUnderflow(self.min));
        }
        if self.max >= INTEGER_MAX {
            return Err(EvalError::ParameterOverflow(self.max));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "negative counts become zero, fractions are cut as upstream cuts them"
        )]
        let counts = self.values.iter().map(|&value| value as usize).collect();
        Ok(Some(counts))
    }

    /// The part of all series that each step keeps, or `None` when no step keeps any.
    pub(crate) fn ratios(&self) -> Result<Option<Vec<f64>>> {
        if self.max == 0.0 && self.min == 0.0 {
            return Ok(None);
        }
        if self.any_nan {
            return Err(EvalError::RatioNan);
        }
        Ok(Some(self.values.iter().map(|value| value.clamp(-1.0, 1.0)).collect()))
    }
}
