//! `limit_ratio`: a part of all series, chosen by the hash of their labels.

use std::sync::Arc;

use regain_storage::{ArenaReader, Ctx};

use super::{Aggregation, Noticed, Sink};
use crate::eval_error::Result;
use crate::grid::{ABSENT, Held, Matrix, RowLabels, row_cost};
use crate::label_sets::{drop_metadata, without_metadata};

/// The rows that are chosen.
pub(crate) struct LimitRatio {
    ratios: Vec<f64>,
    strip: bool,
    kept: Matrix,
    held: Held,
    row: Vec<f64>,
}

impl LimitRatio {
    pub(crate) fn new(ratios: Vec<f64>, strip: bool, ctx: &Arc<Ctx>) -> Result<Self> {
        let (kept, held) = (Matrix::new(ratios.len()), Held::new(ctx, 0)?);
        Ok(Self { ratios, strip, kept, held, row: Vec::new() })
    }
}

/// Whether a series at `offset` between 0 and 1 is among the chosen.
fn chosen(ratio: f64, offset: f64) -> bool {
    if ratio >= 0.0 { offset < ratio } else { offset >= 1.0 + ratio }
}

impl Sink for LimitRatio {
    fn begin(&mut self, _arena: &ArenaReader<'_>) {}

    fn row(&mut self, arena: &ArenaReader<'_>, labels: RowLabels, row: &[f64]) -> Result<()> {
        let mut text = arena.labels(labels.labels);
        if self.strip {
            text = without_metadata(&text);
        }
        let offset = text.upstream_hash() as f64 / u64::MAX as f64;
        self.row.clear();
        let values = row.iter().zip(&self.ratios);
        self.row.extend(values.map(|(&v, &ratio)| if chosen(ratio, offset) { v } else { ABSENT }));
        self.held.add(row_cost(&self.row))?;
        self.kept.push_held(labels, &self.row, &mut self.held)
    }
}

impl Aggregation for LimitRatio {
    fn finish(mut self: Box<Self>, ctx: &Ctx) -> Result<(Matrix, Vec<Noticed>)> {
        if self.strip {
            drop_metadata(&ctx.labels, &mut self.kept.labels);
        }
        Ok((self.kept, Vec::new()))
    }
}
