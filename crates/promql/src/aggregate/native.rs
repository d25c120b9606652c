//! Histograms in `sum` and `avg`, beside the floats of the same groups.
//!
//! A group and step that has met both has no result (upstream: `promql/engine.go`, 3.14). Histograms
//! are added up in the order of the series, as floats are. Where zero buckets of different widths
//! come together the order can be seen; upstream's is not fixed.

use std::collections::{BTreeMap, BTreeSet};

use regain_model::{Histogram, HistogramSum};
use regain_storage::{Ctx, Symbol};

use super::Noticed;
use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::functions::native::{Mean, Noticed as Hints};
use crate::grid::{ABSENT, is_absent};
use crate::native::{keep, size_bytes};

/// The histograms of all groups and steps.
#[derive(Debug)]
pub(super) struct NativeState {
    average: bool,
    cells: BTreeMap<(usize, usize), Cell>,
    pub(super) noticed: BTreeSet<Noticed>,
}

#[derive(Debug)]
struct Cell {
    value: Value,
    hints: Hints,
}

#[derive(Debug)]
enum Value {
    Sum(Box<HistogramSum>),
    Mean(Box<Mean>),
    /// There is no result, because there were floats before.
    AfterFloats,
    /// There is no result, because the histograms do not fit each other. Floats that came before are
    /// what is complained about, those that came later are not.
    Incompatible {
        floats: bool,
    },
}

impl NativeState {
    pub(super) const fn new(average: bool) -> Self {
        Self { average, cells: BTreeMap::new(), noticed: BTreeSet::new() }
    }

    /// Adds a histogram of the metric `name` to a group and step; `floats` tells whether there were
    /// floats before. Returns how much memory that took.
    pub(super) fn add(
        &mut self,
        at: (usize, usize),
        histogram: &Histogram,
        floats: bool,
        name: Option<Symbol>,
    ) -> usize {
        let Some(cell) = self.cells.get_mut(&at) else {
            let mut hints = Hints::default();
            hints.hint(histogram.hint);
            let value = if floats {
                Value::AfterFloats
            } else if self.average {
                Value::Mean(Box::new(Mean::of(histogram)))
            } else {
                Value::Sum(Box::new(HistogramSum::of(histogram)))
            };
            self.cells.insert(at, Cell { value, hints });
            // A compensation goes with each count.
            return size_of::<(usize, usize, Cell)>() + 2 * size_bytes(histogram);
        };
        let combined = match &mut cell.value {
            Value::Sum(sum) => sum.add(histogram),
            Value::Mean(mean) => mean.add(histogram),
            Value::AfterFloats | Value::Incompatible { .. } => return 0,
        };
        cell.hints.hint(histogram.hint);
        if let Ok(combined) = combined {
            cell.hints.combined(combined);
        } else {
            self.noticed.insert((Remark::MixedSchemas, name));
            cell.value = Value::Incompatible { floats };
        }
        0
    }

    /// Writes the results of a group over those of its floats.
    pub(super) fn finish(&mut self, group: usize, ctx: &Ctx, out: &mut [f64]) -> Result<()> {
        let mut cells = self.cells.split_off(&(group, 0));
        self.cells = cells.split_off(&(group + 1, 0));
        for ((_, k), Cell { value, hints }) in cells {
            let floats = match value {
                Value::Incompatible { floats } => floats,
                _ => !is_absent(out[k]),
            };
            out[k] = ABSENT;
            if floats {
                self.noticed.insert((Remark::MixedInAggregation, None));
            }
            let result = match value {
                Value::Sum(sum) if !floats => Some(sum.total()),
                Value::Mean(mean) if !floats => Some(mean.mean()),
                _ => None,
            };
            let Some(mut result) = result else {
                self.noticed.extend(hints.without_hints().map(|remark| (remark, None)));
                continue;
            };
            self.noticed.extend(hints.remarks().map(|remark| (remark, None)));
            result.compact();
            out[k] = keep(ctx, result.into())?;
        }
        Ok(())
    }
}
