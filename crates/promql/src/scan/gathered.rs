//! Rows that come in any order, gathered so that they can be handed on in that of their series.
//!
//! What a sum comes to depends on the order of its terms to the last bit, so that series have one order, whoever reads
//! them in whatever other.

use std::ops::Range;
use std::sync::Arc;

use regain_model::SeriesKey;
use regain_storage::Ctx;

use super::part::RowOutcome;
use crate::eval_error::Result;
use crate::grid::{Held, RowLabels};

/// The most memory for the rows of one selection, in bytes.
const BYTES_MAX: usize = 16 << 20;
/// How many rows are handed on before somebody looks whether the query is to end.
const UNCHECKED_ROWS: usize = 1 << 12;

/// Whether a query gathers rows. It takes memory that the query could do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Gathering {
    /// It may, and has not yet.
    #[default]
    Allowed,
    Done,
    Refused,
}

/// Rows of one selection.
#[derive(Debug)]
pub(super) struct Gathered {
    steps: usize,
    /// The key of each row, in halves, and its place among the rows.
    keys: Vec<(u64, u64, u32)>,
    rows: Vec<(RowLabels, Place)>,
    values: Vec<f64>,
    /// The memory of all this.
    _held: Held,
}

/// What a row holds.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Values, from here on.
    Values(u32),
    /// Samples from one step up to, not including, another one.
    Present(u32, u32),
}

impl Gathered {
    /// How many rows of so many steps can be gathered.
    pub(super) const fn rows_max(steps: usize) -> usize {
        BYTES_MAX / Self::row_bytes(steps)
    }

    const fn row_bytes(steps: usize) -> usize {
        let known = size_of::<(u64, u64, u32)>() + size_of::<(RowLabels, Place)>();
        known.saturating_add(steps.saturating_mul(size_of::<f64>()))
    }

    /// Room for so many rows, of which there are at most [`rows_max`](Self::rows_max).
    pub(super) fn new(rows: usize, steps: usize, ctx: &Arc<Ctx>) -> Result<Self> {
        let mut held = Held::new(ctx, 0)?;
        held.add_bytes(rows.saturating_mul(Self::row_bytes(steps)))?;
        Ok(Self {
            steps,
            keys: Vec::with_capacity(rows),
            rows: Vec::with_capacity(rows),
            values: Vec::with_capacity(rows * steps),
            _held: held,
        })
    }

    /// How many steps a row has.
    pub(super) const fn steps(&self) -> usize {
        self.steps
    }

    /// Adds the row of a series.
    pub(super) fn add(&mut self, key: SeriesKey, labels: RowLabels, outcome: RowOutcome<'_>) {
        let place = match outcome {
            RowOutcome::Nothing => return,
            RowOutcome::Values(values) => {
                let at = index(self.values.len());
                self.values.extend_from_slice(values);
                Place::Values(at)
            }
            RowOutcome::Present(steps) => Place::Present(index(steps.start), index(steps.end)),
        };
        let high = u64::try_from(key.0 >> 64).expect("the upper half");
        let low = u64::try_from(key.0 & u128::from(u64::MAX)).expect("the lower half");
        self.keys.push((high, low, index(self.rows.len())));
        self.rows.push((labels, place));
    }

    /// Hands all rows on, in the order of their keys.
    pub(super) fn hand_on(
        mut self,
        ctx: &Ctx,
        mut take: impl FnMut(RowLabels, RowOutcome<'_>) -> Result<()>,
    ) -> Result<()> {
        self.keys.sort_unstable();
        for keys in self.keys.chunks(UNCHECKED_ROWS) {
            ctx.cancel.check()?;
            for &(.., row) in keys {
                let (labels, place) = self.rows[row as usize];
                let outcome = match place {
                    Place::Values(at) => {
                        RowOutcome::Values(&self.values[at as usize..at as usize + self.steps])
                    }
                    Place::Present(start, end) => {
                        RowOutcome::Present(Range { start: start as usize, end: end as usize })
                    }
                };
                take(labels, outcome)?;
            }
        }
        Ok(())
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("what is gathered is small")
}
