//! Operations on a row that holds histograms.

use std::sync::Arc;

use regain_model::Histogram;

use super::RowOp;
use crate::eval_error::Result;
use crate::grid::{ABSENT, is_absent};
use crate::native::{Native, keep};
use crate::operators::{BinaryOp, Operand, Outcome, combine_mixed};

impl RowOp {
    /// Changes the values of `row`. Functions of numbers leave histograms out.
    pub(super) fn apply_mixed(&self, row: &mut [f64], native: &mut Native<'_>) -> Result<()> {
        let histograms: Vec<(usize, Arc<Histogram>)> = row
            .iter()
            .enumerate()
            .filter_map(|(k, &cell)| Some((k, native.ctx.histograms.get(cell)?)))
            .collect();
        let floats = |row: &mut [f64]| {
            for &(k, _) in &histograms {
                row[k] = ABSENT;
            }
        };
        match self {
            Self::Stat(stat) => {
                row.fill(ABSENT);
                for (k, histogram) in histograms {
                    row[k] = stat(&histogram);
                }
            }
            Self::Negate => {
                floats(row);
                self.apply(row, native)?;
                for (k, histogram) in histograms {
                    let mut negated = histogram.as_ref().clone();
                    negated.multiply(-1.0);
                    row[k] = native.keep(negated)?;
                }
            }
            Self::Binary { op, scalars, scalar_left, .. } => {
                floats(row);
                if row.iter().any(|&value| !is_absent(value)) {
                    self.apply(row, native)?;
                }
                for (k, histogram) in histograms {
                    row[k] = binary(*op, histogram, scalars[k], *scalar_left, native)?;
                }
            }
            Self::Time { seconds } => {
                let present = row.iter_mut().zip(seconds).filter(|(cell, _)| !is_absent(**cell));
                present.for_each(|(cell, &seconds)| *cell = seconds);
            }
            Self::Math(_) | Self::Date(_) | Self::Round { .. } | Self::Clamp { .. } => {
                floats(row);
                self.apply(row, native)?;
            }
        }
        Ok(())
    }
}

fn binary(
    op: BinaryOp,
    histogram: Arc<Histogram>,
    scalar: f64,
    scalar_left: bool,
    native: &mut Native<'_>,
) -> Result<f64> {
    let (histogram, scalar) = (Operand::Histogram(histogram), Operand::Float(scalar));
    let (outcome, remark) = if scalar_left {
        combine_mixed(op, &scalar, &histogram)
    } else {
        combine_mixed(op, &histogram, &scalar)
    };
    if let Some(remark) = remark {
        native.note(remark);
    }
    match outcome {
        Outcome::Value(Operand::Histogram(histogram)) => keep(native.ctx, histogram),
        Outcome::Value(Operand::Float(value)) => Ok(value),
        Outcome::Holds(_) | Outcome::Refused => Ok(ABSENT),
    }
}
