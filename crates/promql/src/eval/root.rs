//! The outermost node: from a plan to an answer.

use std::sync::Arc;

use regain_model::{Labels, Span, Timestamp};
use regain_storage::{Batch, Ctx, Hints, Queryable, Selection, Snapshot, is_histogram, quieted};

use super::{Evaluator, Output};
use crate::annotations::{Annotation, Annotations};
use crate::engine::EngineOptions;
use crate::eval_error::{EvalError, Part, Result};
use crate::explain::Made;
use crate::grid::{Grid, Held, Matrix, RowLabels, is_absent};
use crate::label_sets::{Duplicates, drop_metadata, merge_same_labels};
use crate::laps::Laps;
use crate::native::{cost, size_bytes};
use crate::plan::{self, Node, RangeArg, RangeSource};
use crate::regex_cache::RegexCache;
use crate::scan::{Gathering, Pool};
use crate::sharing::{Shares, Sharing, census};
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
    /// Whether the query is about more than one moment.
    pub(crate) over_time: bool,
    /// Whether chains of operations are done in one go.
    pub(crate) fuse: bool,
    /// Whether equal parts are evaluated once.
    pub(crate) share: Sharing<'q>,
    /// The time since the query began.
    pub(crate) laps: Laps<'q>,
}

/// Answers a question from what `source` holds.
pub(crate) fn answer(
    question: Question<'_>,
    source: &dyn Queryable,
    ctx: &Arc<Ctx>,
) -> Result<QueryResult> {
    let Question { options, node, grid, .. } = question;
    let snapshot = source.snapshot(plan::time_span(node, grid, options), ctx)?;
    let preparation = question.laps.elapsed();
    let mut result = answer_from(question, snapshot.as_ref(), ctx)?;
    result.stats.preparation = preparation;
    Ok(result)
}

/// Answers a question from `snapshot`. One that could be too large is answered by the ledger, and so is one that asks for
/// it.
pub(crate) fn answer_from(
    question: Question<'_>,
    snapshot: &dyn Snapshot,
    ctx: &Arc<Ctx>,
) -> Result<QueryResult> {
    if !question.options.counted {
        match Evaluator::new(question, snapshot, ctx).answer(question) {
            Err(EvalError::TooManySamples) => {}
            outcome => return outcome,
        }
    }
    let question = Question { fuse: false, share: Sharing::None, ..question };
    Evaluator::counting(question, snapshot, ctx).answer(question)
}

impl<'q> Evaluator<'q> {
    /// An evaluator for one question over `snapshot`.
    pub(crate) fn new(
        Question { options, regexes, fuse, over_time, node, grid, laps, .. }: Question<'q>,
        snapshot: &'q dyn Snapshot,
        ctx: &'q Arc<Ctx>,
    ) -> Self {
        Self {
            options,
            regexes,
            snapshot,
            ctx,
            annotations: Annotations::default(),
            stats: QueryStats::default(),
            over_time,
            fuse,
            gathering: Gathering::default(),
            shares: Shares::default(),
            profile: None,
            ledger: None,
            operands: 0,
            unheld_max: (2 * node.count() as u64).saturating_mul(grid.len as u64),
            laps,
        }
    }
}

impl<'q> Evaluator<'q> {
    /// The answer to a question.
    pub(crate) fn answer(&mut self, question: Question<'q>) -> Result<QueryResult> {
        let value = self.value(question)?;
        self.ctx.cancel.check()?;
        let (mut warnings, infos) = std::mem::take(&mut self.annotations).into_parts();
        warnings.extend(self.ctx.warnings.to_vec().into_iter().map(Annotation::plain));
        self.check_room(self.operands)?;
        let (stats, steps) = self.take_stats();
        Ok(QueryResult { value, warnings, infos, stats, steps })
    }

    /// The value of a question, with equal parts evaluated once and rows gathered unless that takes too much memory.
    fn value(&mut self, question: Question<'q>) -> Result<Value> {
        let Question { node, grid, options, range, share, .. } = question;
        let value = |me: &mut Self| {
            if range { me.over_time(node, grid) } else { me.at_once(node, grid) }
        };
        self.shares = match share {
            Sharing::None => Shares::default(),
            Sharing::Within => census(node, grid, options),
            Sharing::Around(round) => round.shares(node, grid),
        };
        let outcome = value(self);
        let shares = std::mem::take(&mut self.shares);
        match outcome {
            Err(EvalError::TooMuchMemory(_))
                if shares.hold_any() || self.gathering == Gathering::Done =>
            {
                drop(shares);
                self.gathering = Gathering::Refused;
                self.annotations = Annotations::default();
                self.stats.samples_total = 0;
                value(self)
            }
            outcome => outcome,
        }
    }

    /// The value at the only time of `grid`; in the order of the labels, unless the query has one of its own.
    fn at_once(&mut self, node: &Node, grid: &Grid) -> Result<Value> {
        let time = Timestamp(grid.start);
        if let Some(arg) = as_range(node) {
            let made = |series: &Vec<Series>| Made::of_series(series);
            let series = self.profiled(node, grid, |me| me.range_vector(arg, grid), made);
            return series.map(Value::Matrix);
        }
        let output = self.eval(node, grid)?;
        self.shares = Shares::default();
        Ok(match output {
            Output::Scalar(values) => {
                Value::Scalar(Scalar { time, value: values.first().copied().unwrap_or(f64::NAN) })
            }
            Output::Text(value) => Value::String(Text { time, value }),
            Output::Vector(matrix) => {
                let mut matrix = self.cleaned(matrix)?;
                matrix.hold(self.ctx)?;
                let held_bytes = self.ctx.bytes.held();
                let texts = self.texts(&matrix.labels);
                let texts = texts.map_err(|error| error.about(Part::Answer, held_bytes))?;
                let rows = texts.into_iter().zip(&matrix.values);
                let sample = |(labels, &cell)| match self.ctx.histograms.get(cell) {
                    None => Sample { labels, time, value: cell, histogram: None },
                    histogram => Sample { labels, time, value: 0.0, histogram },
                };
                let mut samples: Vec<Sample> = rows.map(sample).collect();
                // Stores hand series out in an order of their own, which tells a reader nothing.
                if !node.is_ordered() {
                    self.sorting(|| samples.sort_by(|a, b| a.labels.cmp(&b.labels)));
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
        let output = self.eval(node, grid)?;
        self.shares = Shares::default();
        let matrix = match output {
            Output::Scalar(values) => self.unnamed(&values),
            Output::Vector(matrix) => self.cleaned(matrix)?,
            Output::Text(_) => return Err(EvalError::RangeOfType("string")),
        };
        let times: Vec<i64> = grid.times().collect();
        Ok(Value::Matrix(self.series(matrix, &times)?))
    }

    /// The series of a matrix whose steps are at `times`.
    fn series(&mut self, mut matrix: Matrix, times: &[i64]) -> Result<Vec<Series>> {
        matrix.hold(self.ctx)?;
        let held_bytes = self.ctx.bytes.held();
        let series = self.answer_series(&matrix, times);
        series.map_err(|error| error.about(Part::Answer, held_bytes))
    }

    fn answer_series(&mut self, matrix: &Matrix, times: &[i64]) -> Result<Vec<Series>> {
        let mut series = Vec::with_capacity(matrix.len());
        for (labels, row) in self.texts(&matrix.labels)?.into_iter().zip(0..) {
            self.ctx.cancel.check()?;
            let pool = Pool::Query(&self.ctx.histograms);
            let (points, histograms) = points(times, matrix.row(row), pool);
            self.ctx.bytes.take(points_bytes(&points, &histograms))?;
            series.push(Series { labels, points, histograms });
        }
        self.sorting(|| series.sort_by(|a, b| a.labels.cmp(&b.labels)));
        Ok(series)
    }

    /// The labels of an answer's series. Like all of the answer, their memory goes back at the end of the query.
    fn texts(&self, rows: &[RowLabels]) -> Result<Vec<Labels>> {
        let arena = self.ctx.labels.read();
        let mut texts = Vec::with_capacity(rows.len());
        for row in rows {
            self.ctx.cancel.check()?;
            let labels = arena.labels(row.labels);
            self.ctx.bytes.take((size_of::<Series>() + labels.size_bytes()) as u64)?;
            texts.push(labels);
        }
        Ok(texts)
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
        merge_same_labels(self.ctx, matrix, Duplicates::Merge)
    }

    /// The samples of a range vector by itself.
    fn range_vector(&mut self, arg: &RangeArg, grid: &Grid) -> Result<Vec<Series>> {
        match &arg.source {
            RangeSource::Subquery { inner, step } => {
                let inner_grid = self.subquery_grid(arg, *step, grid)?;
                if inner_grid.len == 0 {
                    return Ok(Vec::new());
                }
                let matrix = match self.whole_subquery(inner, &inner_grid)? {
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
                let held_bytes = self.ctx.bytes.held();
                let series = self.stored(&selection, arg, border);
                series.map_err(|error| error.about(Part::Answer, held_bytes))
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
        let (mut held, mut decoded) = (Held::new(self.ctx, 0)?, Held::new(self.ctx, 0)?);
        while let Some(mut part) = parts.next()? {
            self.ctx.cancel.check()?;
            let count = part.series().len();
            part.decode(0..count, &mut batch)?;
            decoded.set_bytes(batch.size_bytes())?;
            for run in &batch.runs {
                let pool = Pool::Batch(&batch.histograms);
                let (mut points, histograms) =
                    points(batch.times_of(run), batch.floats_of(run), pool);
                let sizes = histograms.iter().map(|point| cost(&point.histogram)).sum::<u64>();
                let looked_at = points.len() as u64 + sizes;
                if let Some(extension) = arg.extension {
                    if !histograms.is_empty() {
                        return Err(EvalError::ModifierOfHistograms(extension.name()));
                    }
                    points = crate::functions::extend(&points, border, extension);
                }
                let size = points.len() as u64 + sizes;
                if let Some(ledger) = &mut self.ledger {
                    ledger.series(looked_at, size)?;
                }
                if size == 0 {
                    continue;
                }
                held.add(looked_at.max(size))?;
                self.ctx.bytes.take(points_bytes(&points, &histograms))?;
                self.stats.samples_total += size;
                self.stats.samples_read += size;
                let labels = part.series()[run.series as usize].labels;
                let labels = self.ctx.labels.labels(labels);
                self.ctx.bytes.take((size_of::<Series>() + labels.size_bytes()) as u64)?;
                series.push(Series { labels, points, histograms });
            }
        }
        self.sorting(|| series.sort_by(|a, b| a.labels.cmp(&b.labels)));
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

/// The memory of an answer's values.
fn points_bytes(points: &Vec<Point>, histograms: &Vec<HistogramPoint>) -> u64 {
    let points = points.capacity() * size_of::<Point>();
    let places = histograms.capacity() * size_of::<HistogramPoint>();
    let histograms = histograms.iter().map(|point| size_bytes(&point.histogram));
    (points + places + histograms.sum::<usize>()) as u64
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
