//! `histogram_quantile` and its kin, over classic and native histograms.

mod found;

use regain_model::{Histogram, LabelsBuilder};

use super::Evaluator;
use crate::annotations::{Kind, Monotonicity, Remark};
use crate::eval_error::Result;
use crate::functions::{buckets, stats};
use crate::grid::{ABSENT, Grid, Matrix, RowLabels};
use crate::label_sets::{Duplicates, merge_same_labels};
use crate::plan::{HistogramQuantiles, Node, Position};
use found::{Found, Native};

impl Evaluator<'_> {
    pub(super) fn histogram_quantile(
        &mut self,
        quantile: &Node,
        input: &Node,
        at: &[Position; 2],
        grid: &Grid,
    ) -> Result<Matrix> {
        let quantiles = self.scalars(quantile, grid)?;
        let input = self.lent(input, grid)?;
        self.check_quantile_values(&quantiles, &at[0]);
        let histograms = self.histograms(&input, &at[1]);
        let mut out = Matrix::new(grid.len);
        self.native_quantiles(&histograms.native, &quantiles, &at[0], &mut out);
        self.classic_quantiles(&histograms, &input, &quantiles, (&at[1], grid), &mut out);
        self.drop_names(out)
    }

    pub(super) fn histogram_quantiles(
        &mut self,
        node: &HistogramQuantiles,
        grid: &Grid,
    ) -> Result<Matrix> {
        let input = self.lent(&node.input, grid)?;
        let histograms = self.histograms(&input, &node.at);
        let mut all = Matrix::new(grid.len);
        for (quantile, at) in &node.quantiles {
            let quantiles = self.scalars(quantile, grid)?;
            self.check_quantile_values(&quantiles, at);
            let mut out = Matrix::new(grid.len);
            self.native_quantiles(&histograms.native, &quantiles, &node.at, &mut out);
            self.classic_quantiles(&histograms, &input, &quantiles, (&node.at, grid), &mut out);
            let out = self.drop_names(out)?;
            for (labels, row) in out.rows() {
                self.push_with_quantile(&mut all, labels, row, &node.label, &quantiles);
            }
        }
        merge_same_labels(self.ctx, all, Duplicates::Merge)
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
        at: &[Position; 2],
        grid: &Grid,
    ) -> Result<Matrix> {
        let lower = self.scalars(bounds[0], grid)?;
        let upper = self.scalars(bounds[1], grid)?;
        let input = self.lent(input, grid)?;
        let histograms = self.histograms(&input, &at[1]);
        let mut out = Matrix::new(grid.len);
        self.native_rows(&histograms.native, &at[0], &mut out, |k, histogram| {
            stats::fraction(lower[k], upper[k], histogram)
        });
        let (mut row, mut step) = (vec![ABSENT; grid.len], Vec::new());
        for histogram in &histograms.classic {
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

    fn native_quantiles(
        &mut self,
        natives: &[Native],
        quantiles: &[f64],
        at: &Position,
        out: &mut Matrix,
    ) {
        self.native_rows(natives, at, out, |k, histogram| stats::quantile(quantiles[k], histogram));
    }

    /// Adds a row for each series of native histograms: what `f` says about the one at each step.
    fn native_rows(
        &mut self,
        natives: &[Native],
        at: &Position,
        out: &mut Matrix,
        f: impl Fn(usize, &Histogram) -> (f64, Option<Remark>),
    ) {
        for native in natives {
            let mut row = vec![ABSENT; out.steps];
            for (k, histogram) in &native.points {
                let (value, remark) = f(*k, histogram);
                row[*k] = value;
                if let Some(remark) = remark {
                    let name = if self.delayed() { native.name.as_str() } else { "" };
                    self.annotations.add(&remark.about(name), at.clone());
                }
            }
            out.push(native.labels, &row);
        }
    }

    fn classic_quantiles(
        &mut self,
        histograms: &Found,
        input: &Matrix,
        quantiles: &[f64],
        (at, grid): (&Position, &Grid),
        out: &mut Matrix,
    ) {
        let (mut row, mut step) = (vec![ABSENT; grid.len], Vec::new());
        for histogram in &histograms.classic {
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
    }
}

/// `value` as OpenMetrics writes it in labels: with a point or an exponent.
fn open_metrics_float(value: f64) -> String {
    let text = crate::annotations::general(value);
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain { text + ".0" } else { text }
}
