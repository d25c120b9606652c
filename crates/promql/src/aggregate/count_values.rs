//! `count_values`: how many series have each value.

use std::sync::Arc;

use hashbrown::HashMap;
use regain_go_format::format_float;
use regain_model::{Labels, LabelsBuilder};
use regain_storage::{ArenaReader, Ctx, is_histogram};

use super::groups::{Grouping, Groups};
use super::{Aggregation, Noticed, Sink};
use crate::eval_error::Result;
use crate::grid::{ABSENT, Held, Matrix, RowLabels, is_absent};

/// Counts by group and value.
pub(crate) struct CountValues {
    steps: usize,
    label: String,
    /// Whether the value is told, which it is not where its label is grouped away.
    tell: bool,
    ctx: Arc<Ctx>,
    groups: Groups,
    rows: HashMap<(usize, u64), usize>,
    /// Histograms are the same value when their texts are.
    histograms: HashMap<String, f64>,
    keys: Vec<(usize, f64)>,
    counts: Vec<f64>,
}

impl CountValues {
    pub(crate) fn new(
        label: &str,
        grouping: Grouping<'_>,
        steps: usize,
        ctx: &Arc<Ctx>,
    ) -> Result<Self> {
        let tell = !grouping.without || !grouping.labels.iter().any(|name| name == label);
        // The value replaces a label of this name, so it cannot tell groups apart.
        let mut labels = grouping.labels.to_vec();
        if grouping.without {
            labels.push(label.to_owned());
        } else {
            labels.retain(|name| name != label);
        }
        let held = Held::new(ctx, 0)?;
        let filter = Grouping { labels: &labels, ..grouping }.filter();
        let groups = Groups::new(filter, held, steps, size_of::<f64>());
        let (rows, keys, counts) = (HashMap::new(), Vec::new(), Vec::new());
        let (ctx, label, histograms) = (Arc::clone(ctx), label.to_owned(), HashMap::new());
        Ok(Self { steps, label, tell, ctx, groups, rows, histograms, keys, counts })
    }

    fn row_of(&mut self, group: usize, value: f64) -> Result<usize> {
        let bits = if !self.tell {
            0
        } else if is_histogram(value) {
            self.representative(value).to_bits()
        } else if value.is_nan() {
            f64::NAN.to_bits()
        } else {
            value.to_bits()
        };
        if let Some(&row) = self.rows.get(&(group, bits)) {
            return Ok(row);
        }
        self.groups.hold_row()?;
        let row = self.keys.len();
        self.rows.insert((group, bits), row);
        self.keys.push((group, value));
        self.counts.resize(self.counts.len() + self.steps, ABSENT);
        Ok(row)
    }

    /// The first histogram with the text of this one.
    fn representative(&mut self, cell: f64) -> f64 {
        let text = self.ctx.histograms.get(cell).map_or_else(String::new, |held| held.to_string());
        *self.histograms.entry(text).or_insert(cell)
    }

    fn labels(&self, group: &Labels, value: f64) -> Labels {
        let mut builder = LabelsBuilder::from(group);
        if self.tell {
            let histogram = self.ctx.histograms.get(value);
            let text = histogram.map_or_else(|| format_float(value), |held| held.to_string());
            builder.set(&self.label, &text);
        }
        builder.labels()
    }
}

impl Sink for CountValues {
    fn begin(&mut self, arena: &ArenaReader<'_>) {
        self.groups.begin(arena);
    }

    fn row(&mut self, arena: &ArenaReader<'_>, labels: RowLabels, row: &[f64]) -> Result<()> {
        let (group, _) = self.groups.number(arena, labels)?;
        for (k, &value) in row.iter().enumerate() {
            if is_absent(value) {
                continue;
            }
            let at = self.row_of(group, value)? * self.steps + k;
            let count = &mut self.counts[at];
            *count = if is_absent(*count) { 1.0 } else { *count + 1.0 };
        }
        Ok(())
    }
}

impl Aggregation for CountValues {
    fn finish(mut self: Box<Self>, ctx: &Ctx) -> Result<(Matrix, Vec<Noticed>)> {
        let arena = &ctx.labels;
        let groups = self.groups.labels(arena);
        let groups: Vec<(Labels, bool)> = {
            let reader = arena.read();
            groups.iter().map(|row| (reader.labels(row.labels), row.drop_name)).collect()
        };
        let mut matrix = Matrix::new(self.steps);
        for (row, &(group, value)) in self.keys.iter().enumerate() {
            let (labels, _) = &groups[group];
            let labels = arena.add(&self.labels(labels, value));
            let counts = &self.counts[row * self.steps..(row + 1) * self.steps];
            let labels = RowLabels { labels, drop_name: false };
            matrix.push_held(labels, counts, &mut self.groups.held)?;
        }
        Ok((matrix, Vec::new()))
    }
}
