//! The outermost node: from a plan to an answer.

use std::sync::Arc;

use regain_model::{Labels, Span, Timestamp};
use regain_storage::{Batch, Ctx, Hints, Queryable, Selection, is_histogram, quieted};

use super::{Evaluator, Output};
use crate::annotations::{Annotation, Annotations};
use crate::engine::EngineOptions;
use crate::eval_error::{EvalError, Result};
use crate::grid::{Grid, Held, Matrix, RowLabels, is_absent};
use crate::label_sets::{Duplicates, drop_metadata, merge_same_labels};
use crate::native::cost;
use crate::plan::{self, Node, RangeArg, RangeSource};
use crate::regex_cache::RegexCache;
use crate::scan::Pool;
use crate::value::{
    HistogramPoint, Point, QueryResult, QueryStats, Sample, Scalar, Series, Text, Value,
};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'q> {
    pub(crate) options: &'q EngineOptions,
    pub(crate) regexes: &'q RegexCache,
    pub(crate) node: &'q Node,
    pub(crate) grid: &'q Grid,
    /// Whether the answer is values over time.
    pub(crate) range: bool,
    /// Whether chains of operations are done in one go.
    pub(crate) fuse: bool,
}

/// Answers a question from what `source` holds.
pub(crate) fn answer(
    question: Question<'_>,
    source: &dyn Queryable,
    ctx: &Arc<Ctx>,
) -> Result<QueryResult> {
    let Question { options, regexes, node, grid, range, fuse } = question;
    let snapshot = source.snapshot(plan::time_span(node, grid, options), ctx)?;
    let mut evaluator = Evaluator {
        options,
        regexes,
        snapshot: snapshot.as_ref(),
        ctx,
        annotations: Annotations::default(),
        stats: QueryStats::default(),
        fuse,
    };
    let value =
        if range { evaluator.over_time(node, grid)? } else { evaluator.at_once(node, grid)? };
    ctx.cancel.check()?;
    let (mut warnings, infos) = evaluator.annotations.into_parts();
    warnings.extend(ctx.warnings.to_vec().into_iter().map(Annotation::plain));
    let stats = QueryStats { samples_peak: ctx.budget.peak(), ..evaluator.stats };
    Ok(QueryResult { value, warnings, infos, stats })
}

impl Evaluator<'_> {
    /// The value at the only time of `grid`; in the order of the labels, unless the query has one of its own.
    fn at_once(&mut self, node: &Node, grid: &Grid) -> Result<Value> {
        let time = Timestamp(grid.start);
        if let Some(arg) = as_range(node) {
            return self.range_vector(arg, grid).map(Value::Matrix);
        }
        Ok(match self.eval(node, grid)? {
            Output::Scalar(values) => {
                Value::Scalar(Scalar { time, value: values.first().copied().unwrap_or(f64::NAN) })
            }
            Output::Text(value) => Value::String(Text { time, value }),
            Output::Vector(matrix) => {
                let mut matrix = self.cleaned(matrix)?;
                matrix.hold(self.ctx)?;
                let rows = self.texts(&matrix.labels).into_iter().zip(&matrix.values);
                let sample = |(labels, &cell)| match self.ctx.histograms.get(cell) {
                    None => Sample { labels, time, value: cell, histogram: None },
                    histogram => Sample { labels, time, value: 0.0, histogram },
                };
                let mut samples: Vec<Sample> = rows.map(sample).collect();
                // Stores hand series out in an order of their own, which tells a reader nothing.
                if !node.is_ordered() {
                    samples.sort_by(|a, b| a.labels.cmp(&b.labels));
                }
                Value::Vector(samples)
            }
        })
    }

    /// The values at all times of `grid`, in the order of the labels.
    fn over_time(&mut self, node: &Node, grid: &Grid) -> Result<Value> {
        if as_range(node).is_some() {
            return Err(EvalError::RangeOfType("range vector"));
        }
        let matrix = match self.eval(node, grid)? {
            Output::Scalar(values) => self.unnamed(&values),
            Output::Vector(matrix) => self.cleaned(matrix)?,
            Output::Text(_) => return Err(EvalError::RangeOfType("string")),
        };
        let times: Vec<i64> = grid.times().collect();
        Ok(Value::Matrix(self.series(matrix, &times)?))
    }

    /// The series of a matrix whose steps are at `times`.
    fn series(&self, mut matrix: Matrix, times: &[i64]) -> Result<Vec<Series>> {
        matrix.hold(self.ctx)?;
        let rows = self.texts(&matrix.labels).into_iter().zip(0..matrix.len());
        let mut series: Vec<Series> = rows
            .map(|(labels, row)| {
                let pool = Pool::Query(&self.ctx.histograms);
                let (points, histograms) = points(times, matrix.row(row), pool);
                Series { labels, points, histograms }
            })
            .collect();
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(series)
    }

    fn texts(&self, rows: &[RowLabels]) -> Vec<Labels> {
        let arena = self.ctx.labels.read();
        rows.iter().map(|row| arena.labels(row.labels)).collect()
    }

    /// Removes the names whose removal was delayed.
    fn cleaned(&self, mut matrix: Matrix) -> Result<Matrix> {
        if !self.delayed() {
            return Ok(matrix);
        }
        let (mut rows, indexes): (Vec<RowLabels>, Vec<usize>) = matrix
            .labels
            .iter()
            .enumerate()
            .filter(|(_, row)| row.drop_name)
            .map(|(index, row)| (*row, index))
            .unzip();
        drop_metadata(&self.ctx.labels, &mut rows);
        for (row, index) in rows.into_iter().zip(indexes) {
            matrix.labels[index] = row;
        }
        merge_same_labels(&self.ctx.labels, matrix, Duplicates::Merge)
    }

    /// The samples of a range vector by itself.
    fn range_vector(&mut self, arg: &RangeArg, grid: &Grid) -> Result<Vec<Series>> {
        match &arg.source {
            RangeSource::Subquery { inner, step } => {
                let inner_grid = self.subquery_grid(arg, *step, grid)?;
                if inner_grid.len == 0 {
                    return Ok(Vec::new());
                }
                let matrix = match self.eval(inner, &inner_grid)? {
                    Output::Scalar(values) => self.unnamed(&values),
                    Output::Vector(matrix) => self.cleaned(matrix)?,
                    Output::Text(_) => return Err(EvalError::RangeOfType("string")),
                };
                let times: Vec<i64> = inner_grid.times().collect();
                self.series(matrix, &times)
            }
            RangeSource::Series(matchers) => {
                let reach = self.reach(arg, grid);
                let (start, end) = reach.span();
                let span = Span::new(Timestamp(start.saturating_add(1)), Timestamp(end));
                let hints = Hints { range_ms: arg.range, ..Hints::NONE };
                let selection = Selection { hints, ..Selection::new(matchers, span) };
                let border = (start.saturating_add(reach.before), reach.end);
                self.stored(&selection, arg, border)
            }
        }
    }

    fn stored(
        &mut self,
        selection: &Selection<'_>,
        arg: &RangeArg,
        border: (i64, i64),
    ) -> Result<Vec<Series>> {
        let mut parts = self.snapshot.select(selection, self.ctx)?;
        let (mut batch, mut series) = (Batch::default(), Vec::new());
        let mut held = Held::new(self.ctx, 0)?;
        while let Some(mut part) = parts.next()? {
            self.ctx.cancel.check()?;
            let count = part.series().len();
            part.decode(0..count, &mut batch)?;
            for run in &batch.runs {
                let pool = Pool::Batch(&batch.histograms);
                let (mut points, histograms) =
                    points(batch.times_of(run), batch.floats_of(run), pool);
                if let Some(extension) = arg.extension {
                    if !histograms.is_empty() {
                        return Err(EvalError::ModifierOfHistograms(extension.name()));
                    }
                    points = crate::functions::extend(&points, border, extension);
                }
                if points.is_empty() && histograms.is_empty() {
                    continue;
                }
                let sizes = histograms.iter().map(|point| cost(&point.histogram)).sum::<u64>();
                let size = points.len() as u64 + sizes;
                held.add(size)?;
                self.stats.samples_total += size;
                self.stats.samples_read += size;
                let labels = part.series()[run.series as usize].labels;
                let labels = self.ctx.labels.labels(labels);
                series.push(Series { labels, points, histograms });
            }
        }
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(series)
    }
}

/// The range vector that `node` is, if it is one.
fn as_range(node: &Node) -> Option<&RangeArg> {
    match node {
        Node::Range(arg) => Some(arg),
        Node::Constant(inner) => as_range(inner),
        _ => None,
    }
}

/// The values that are there, with their times: numbers and histograms. Staleness markers are not
/// values.
fn points(times: &[i64], values: &[f64], pool: Pool<'_>) -> (Vec<Point>, Vec<HistogramPoint>) {
    let (mut points, mut histograms) = (Vec::new(), Vec::new());
    for (&time, &value) in times.iter().zip(values).filter(|(_, value)| !is_absent(**value)) {
        let time = Timestamp(time);
        match if is_histogram(value) { pool.get(value) } else { None } {
            Some(histogram) => histograms.push(HistogramPoint { time, histogram }),
            None => points.push(Point { time, value: quieted(value) }),
        }
    }
    (points, histograms)
}
