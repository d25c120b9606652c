//! `histogram_quantile` and its kin over classic histograms.
//!
//! Series that differ in `le` alone are one histogram. Their buckets are ordered once, not at every
//! step.

use regain_go_format::parse_float;
use regain_model::{BUCKET_LABEL, LabelsBuilder};

use super::Evaluator;
use crate::annotations::{Kind, Monotonicity};
use crate::eval_error::Result;
use crate::functions::buckets::{self, Bucket};
use crate::grid::{ABSENT, Grid, Matrix, RowLabels, is_absent};
use crate::label_sets::{
    Duplicates, KeyIndex, LabelFilter, PendingSets, merge_same_labels, metric_name,
};
use crate::plan::{HistogramQuantiles, Node, Position};

/// The buckets of one histogram, ascending by bound.
struct Histogram {
    labels: RowLabels,
    name: String,
    buckets: Vec<(f64, usize)>,
}

impl Evaluator<'_> {
    pub(super) fn histogram_quantile(
        &mut self,
        quantile: &Node,
        input: &Node,
        at: &[Position; 2],
        grid: &Grid,
    ) -> Result<Matrix> {
        let quantiles = self.scalars(quantile, grid)?;
        let input = self.vector(input, grid)?;
        self.check_quantile_values(&quantiles, &at[0]);
        let histograms = self.histograms(&input, &at[1]);
        let out = self.quantile_rows(&histograms, &input, &quantiles, &at[1], grid);
        self.drop_names(out)
    }

    pub(super) fn histogram_quantiles(
        &mut self,
        node: &HistogramQuantiles,
        grid: &Grid,
    ) -> Result<Matrix> {
        let input = self.vector(&node.input, grid)?;
        let histograms = self.histograms(&input, &node.at);
        let mut all = Matrix::new(grid.len);
        for (quantile, at) in &node.quantiles {
            let quantiles = self.scalars(quantile, grid)?;
            self.check_quantile_values(&quantiles, at);
            let out = self.quantile_rows(&histograms, &input, &quantiles, &node.at, grid);
            let out = self.drop_names(out)?;
            for (labels, row) in out.rows() {
                self.push_with_quantile(&mut all, labels, row, &node.label, &quantiles);
            }
        }
        merge_same_labels(&self.ctx.labels, all, Duplicates::Merge)
    }

    /// Adds a row for each distinct quantile of its steps, told in the label `name`.
    fn push_with_quantile(
        &self,
        all: &mut Matrix,
        labels: RowLabels,
        row: &[f64],
        name: &str,
        quantiles: &[f64],
    ) {
        let mut distinct: Vec<u64> = quantiles.iter().map(|q| q.to_bits()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let text = self.ctx.labels.labels(labels.labels);
        for bits in distinct {
            let mut builder = LabelsBuilder::from(&text);
            builder.set(name, &open_metrics_float(f64::from_bits(bits)));
            let id = self.ctx.labels.add(&builder.labels());
            let at_quantile = row.iter().zip(quantiles);
            let row: Vec<f64> = at_quantile
                .map(|(&value, q)| if q.to_bits() == bits { value } else { ABSENT })
                .collect();
            all.push(RowLabels { labels: id, ..labels }, &row);
        }
    }

    pub(super) fn histogram_fraction(
        &mut self,
        bounds: [&Node; 2],
        input: &Node,
        at: &Position,
        grid: &Grid,
    ) -> Result<Matrix> {
        let lower = self.scalars(bounds[0], grid)?;
        let upper = self.scalars(bounds[1], grid)?;
        let input = self.vector(input, grid)?;
        let histograms = self.histograms(&input, at);
        let mut out = Matrix::new(grid.len);
        let (mut row, mut step) = (vec![ABSENT; grid.len], Vec::new());
        for histogram in &histograms {
            for (k, out) in row.iter_mut().enumerate() {
                histogram.at(&input, k, &mut step);
                let empty = step.is_empty();
                *out =
                    if empty { ABSENT } else { buckets::fraction(lower[k], upper[k], &mut step) };
            }
            out.push(histogram.labels, &row);
        }
        self.drop_names(out)
    }

    fn check_quantile_values(&mut self, quantiles: &[f64], at: &Position) {
        for &got in quantiles.iter().filter(|q| !(0.0..=1.0).contains(*q)) {
            self.annotations.add(&Kind::InvalidQuantile { got }, at.clone());
        }
    }

    fn quantile_rows(
        &mut self,
        histograms: &[Histogram],
        input: &Matrix,
        quantiles: &[f64],
        at: &Position,
        grid: &Grid,
    ) -> Matrix {
        let mut out = Matrix::new(grid.len);
        let (mut row, mut step) = (vec![ABSENT; grid.len], Vec::new());
        for histogram in histograms {
            let mut forced: Option<Monotonicity> = None;
            for (k, out) in row.iter_mut().enumerate() {
                histogram.at(input, k, &mut step);
                if step.is_empty() {
                    *out = ABSENT;
                    continue;
                }
                let found;
                (*out, found) = buckets::quantile(quantiles[k], &mut step, grid.time(k));
                match (&mut forced, found) {
                    (Some(forced), Some(found)) => forced.merge(&found),
                    (forced, found @ Some(_)) => *forced = found,
                    (_, None) => {}
                }
            }
            if let Some(forced) = forced {
                let name = if self.delayed() { histogram.name.as_str() } else { "" };
                self.annotations.add_monotonicity(name, forced, at.clone());
            }
            out.push(histogram.labels, &row);
        }
        out
    }

    /// Groups buckets into histograms.
    fn histograms(&mut self, input: &Matrix, at: &Position) -> Vec<Histogram> {
        let delayed = self.delayed();
        let arena = self.ctx.labels.read();
        let le = arena.symbol(BUCKET_LABEL);
        let mut filter = LabelFilter::removing([BUCKET_LABEL]);
        filter.resolve(&arena);
        let (mut index, mut key, mut pending) =
            (KeyIndex::default(), Vec::new(), PendingSets::default());
        let mut histograms: Vec<Histogram> = Vec::new();
        for (row, labels) in input.labels.iter().enumerate() {
            let label = le.and_then(|le| arena.get(labels.labels, le));
            let label = label.map_or("", |label| arena.text(label));
            let Some(bound) = parse_float(label.as_bytes()) else {
                let name = if delayed { metric_name(&arena, labels.labels) } else { "" };
                self.annotations.add(&Kind::BadBucketLabel { label, name }, at.clone());
                continue;
            };
            filter.apply(arena.pairs(labels.labels), &mut key);
            let (number, new) = index.number(&key);
            if new {
                pending.push(key.iter().copied());
                let name = metric_name(&arena, labels.labels).to_owned();
                histograms.push(Histogram { labels: *labels, name, buckets: Vec::new() });
            }
            histograms[number].buckets.push((bound, row));
        }
        drop(arena);
        for (histogram, labels) in histograms.iter_mut().zip(pending.store(&self.ctx.labels)) {
            histogram.labels.labels = labels;
            histogram.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        histograms
    }
}

impl Histogram {
    /// The buckets that have a count at step `k`.
    fn at(&self, input: &Matrix, k: usize, out: &mut Vec<Bucket>) {
        out.clear();
        for &(bound, row) in &self.buckets {
            let count = input.row(row)[k];
            if !is_absent(count) {
                out.push(Bucket { bound, count });
            }
        }
    }
}

/// `value` as OpenMetrics writes it in labels: with a point or an exponent.
fn open_metrics_float(value: f64) -> String {
    let text = crate::annotations::general(value);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain { text + ".0" } else { text }
}
