//! Operations on one row of values that look at nothing else.

mod mixed;

use regain_model::Histogram;

use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::functions::{dates, math};
use crate::grid::{ABSENT, is_absent};
use crate::native::{Native, has_histograms};
use crate::operators::BinaryOp;

/// What is told about a histogram by one number.
pub(crate) type Stat = fn(&Histogram) -> f64;

/// An operation with the scalars it needs, each with a value for every step.
#[derive(Clone, Debug)]
pub(crate) enum RowOp {
    Negate,
    Math(math::Map),
    /// A number about histograms; floats have none.
    Stat(Stat),
    Date(dates::Part),
    Round {
        inverse: Vec<f64>,
    },
    Clamp {
        min: Vec<f64>,
        max: Vec<f64>,
    },
    Binary {
        op: BinaryOp,
        scalars: Vec<f64>,
        scalar_left: bool,
        as_bool: bool,
    },
    /// The time of the step.
    Time {
        seconds: Vec<f64>,
    },
}

impl RowOp {
    /// Whether the series means something else afterwards, and so loses its name.
    pub(crate) const fn drops_name(&self) -> bool {
        match self {
            Self::Binary { op, as_bool, .. } => *as_bool || op.changes_meaning(),
            _ => true,
        }
    }

    /// Changes the values of `row`; a comparison may remove some.
    pub(crate) fn apply(&self, row: &mut [f64], native: &mut Native<'_>) -> Result<()> {
        if has_histograms(native.ctx, row) {
            return self.apply_mixed(row, native);
        }
        match self {
            Self::Stat(_) => row.fill(ABSENT),
            Self::Binary { op, .. } if op.histogram_only().is_some() => {
                if let Some(operator) = op.histogram_only()
                    && row.iter().any(|&value| !is_absent(value))
                {
                    let (left, right) = ("float", "float");
                    native.note(Remark::Incompatible { left, operator, right });
                }
                row.fill(ABSENT);
            }
            Self::Negate => map(row, |_, value| -value),
            Self::Math(function) => map(row, |_, value| function(value)),
            Self::Date(part) => map(row, |_, value| dates::part(*part, value)),
            Self::Round { inverse } => map(row, |k, value| math::round(value, inverse[k])),
            Self::Clamp { min, max } => map(row, |k, value| clamp(value, min[k], max[k])),
            Self::Time { seconds } => map(row, |k, _| seconds[k]),
            Self::Binary { op, scalars, scalar_left, as_bool } => {
                binary(row, *op, scalars, *scalar_left, *as_bool);
            }
        }
        Ok(())
    }
}

#[inline]
fn map(row: &mut [f64], f: impl Fn(usize, f64) -> f64) {
    for (k, value) in row.iter_mut().enumerate() {
        if !is_absent(*value) {
            *value = f(k, *value);
        }
    }
}

fn clamp(value: f64, min: f64, max: f64) -> f64 {
    if max < min { ABSENT } else { math::max(min, math::min(max, value)) }
}

fn binary(row: &mut [f64], op: BinaryOp, scalars: &[f64], scalar_left: bool, as_bool: bool) {
    if !op.is_comparison() {
        if scalar_left {
            op.each_arithmetic(|f| map(row, |k, value| f(scalars[k], value)));
        } else {
            op.each_arithmetic(|f| map(row, |k, value| f(value, scalars[k])));
        }
        return;
    }
    map(row, |k, value| {
        let (left, right) = if scalar_left { (scalars[k], value) } else { (value, scalars[k]) };
        match (op.holds(left, right), as_bool) {
            (true, true) => 1.0,
            (false, true) => 0.0,
            (true, false) => value,
            (false, false) => ABSENT,
        }
    });
}
