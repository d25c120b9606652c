//! `count_values`: how many series have each value.

use hashbrown::HashMap;
use regain_go_format::format_float;
use regain_model::{Labels, LabelsBuilder};
use regain_storage::{ArenaReader, LabelArena};

use super::groups::{Grouping, Groups};
use super::{Aggregation, Sink};
use crate::eval_error::Result;
use crate::grid::{ABSENT, Held, Matrix, RowLabels, is_absent};

/// Counts by group and value.
pub(crate) struct CountValues {
    steps: usize,
    label: String,
    /// Whether the value is told, which it is not where its label is grouped away.
    tell: bool,
    groups: Groups,
    rows: HashMap<(usize, u64), usize>,
    keys: Vec<(usize, f64)>,
    counts: Vec<f64>,
}

impl CountValues {
    pub(crate) fn new(label: &str, grouping: Grouping<'_>, steps: usize, held: Held) -> Self {
        let tell = !grouping.without || !grouping.labels.iter().any(|name| name == label);
        // The value replaces a label of this name, so it cannot tell groups apart.
        let mut labels = grouping.labels.to_vec();
        if grouping.without {
            labels.push(label.to_owned());
        } else {
            labels.retain(|name| name != label);
        }
        let groups = Groups::new(Grouping { labels: &labels, ..grouping }.filter(), held, steps);
        let (rows, keys, counts) = (HashMap::new(), Vec::new(), Vec::new());
        Self { steps, label: label.to_owned(), tell, groups, rows, keys, counts }
    }

    fn row_of(&mut self, group: usize, value: f64) -> Result<usize> {
        let bits = if !self.tell {
            0
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

    fn labels(&self, group: &Labels, value: f64) -> Labels {
        let mut builder = LabelsBuilder::from(group);
        if self.tell {
            builder.set(&self.label, &format_float(value));
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
    fn finish(self: Box<Self>, arena: &LabelArena) -> Matrix {
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
            matrix.push(RowLabels { labels, drop_name: false }, counts);
        }
        matrix
    }
}
