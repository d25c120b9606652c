//! What is kept of a query: its values at some steps in a row.

use std::ops::Range;

use regain_model::{Labels, Timestamp};
use regain_storage::Ctx;

use crate::eval_error::Result;
use crate::grid::{ABSENT, Grid, is_absent};
use crate::value::{HistogramPoint, Point, Series};

/// The values of a query's series at some steps.
#[derive(Debug)]
pub(super) struct Extent {
    pub(super) grid: Grid,
    /// In the order of the labels; none is empty.
    rows: Vec<Row>,
}

/// The values of one series.
#[derive(Debug)]
struct Row {
    labels: Labels,
    /// The first step with a number.
    first: usize,
    /// The numbers from there to the last one, with [`ABSENT`] where there is none.
    values: Vec<f64>,
    /// The histograms in the order of time.
    histograms: Vec<HistogramPoint>,
}

impl Extent {
    /// What is to be kept of an answer over `grid`.
    pub(super) fn of(grid: Grid, series: &[Series]) -> Self {
        let rows = series.iter().map(|series| {
            let mut row = Row::new(series.labels.clone());
            for point in &series.points {
                row.put(grid.step_of(point.time), &[point.value]);
            }
            row.histograms.clone_from(&series.histograms);
            row
        });
        Self { grid, rows: rows.collect() }
    }

    /// The steps of `grid` out of `parts`, which follow each other.
    pub(super) fn joined(grid: Grid, parts: &[(&Self, Grid)]) -> Self {
        let mut all: Vec<(&Row, Grid, Grid)> = Vec::new();
        for &(part, taken) in parts {
            all.extend(part.rows.iter().map(|row| (row, part.grid, taken)));
        }
        // The sort is stable, so that the steps of a series stay in order.
        all.sort_by(|a, b| a.0.labels.cmp(&b.0.labels));
        let mut rows = Vec::new();
        for same in all.chunk_by(|a, b| a.0.labels == b.0.labels) {
            let mut joined = Row::new(same[0].0.labels.clone());
            for (row, from, taken) in same {
                let Some(taken) = taken.within(&grid) else { continue };
                let start = grid.step_of(Timestamp(taken.start));
                let values = row.values_at(from, &taken);
                joined.put(start + values.0, values.1);
                joined.histograms.extend_from_slice(row.histograms_at(&taken));
            }
            if !joined.is_empty() {
                rows.push(joined);
            }
        }
        Self { grid, rows }
    }

    /// The answer to a query over `grid`, which lies within the steps; its memory is taken from the query's.
    pub(super) fn series(&self, grid: &Grid, ctx: &Ctx) -> Result<Vec<Series>> {
        let mut all = Vec::new();
        for row in &self.rows {
            ctx.cancel.check()?;
            let (skipped, values) = row.values_at(&self.grid, grid);
            let histograms = row.histograms_at(grid);
            let present = values.iter().filter(|value| !is_absent(**value)).count();
            if present == 0 && histograms.is_empty() {
                continue;
            }
            ctx.bytes.take((size_of::<Series>() + row.labels.size_bytes()) as u64)?;
            ctx.bytes.take((present * size_of::<Point>() + size_of_val(histograms)) as u64)?;
            let mut points = Vec::with_capacity(present);
            let cells = values.iter().zip(skipped..).filter(|(value, _)| !is_absent(**value));
            points.extend(cells.map(|(&value, k)| Point { time: Timestamp(grid.time(k)), value }));
            let (labels, histograms) = (row.labels.clone(), histograms.to_vec());
            all.push(Series { labels, points, histograms });
        }
        Ok(all)
    }

    /// The memory that this takes, in bytes.
    pub(super) fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.rows.iter().map(Row::size_bytes).sum::<usize>()
    }
}

impl Row {
    const fn new(labels: Labels) -> Self {
        Self { labels, first: 0, values: Vec::new(), histograms: Vec::new() }
    }

    /// Adds the values of the steps from `at` on, which lie behind those that are there.
    fn put(&mut self, at: usize, values: &[f64]) {
        let is_present = |value: &f64| !is_absent(*value);
        let Some(skipped) = values.iter().position(is_present) else { return };
        let end = values.iter().rposition(is_present).map_or(0, |last| last + 1);
        if self.values.is_empty() {
            self.first = at + skipped;
        }
        self.values.resize(at + skipped - self.first, ABSENT);
        self.values.extend_from_slice(&values[skipped..end]);
    }

    /// The values at the steps of `taken`, which lie within `grid`, as far as there are any, and how many steps
    /// come before them.
    fn values_at(&self, grid: &Grid, taken: &Grid) -> (usize, &[f64]) {
        let start = grid.step_of(Timestamp(taken.start));
        let from = start.max(self.first);
        let to = (start + taken.len).min(self.first + self.values.len()).max(from);
        let held = from - self.first..to - self.first;
        (from - start, self.values.get(held).unwrap_or_default())
    }

    fn histograms_at(&self, taken: &Grid) -> &[HistogramPoint] {
        let range: Range<usize> = {
            let start = self.histograms.partition_point(|point| point.time.0 < taken.start);
            let end = self.histograms.partition_point(|point| point.time.0 <= taken.last());
            start..end.max(start)
        };
        &self.histograms[range]
    }

    const fn is_empty(&self) -> bool {
        self.values.is_empty() && self.histograms.is_empty()
    }

    fn size_bytes(&self) -> usize {
        let histograms = self.histograms.iter();
        size_of::<Self>()
            + self.labels.size_bytes()
            + size_of_val(self.values.as_slice())
            + size_of_val(self.histograms.as_slice())
            + histograms.map(|point| crate::native::size_bytes(&point.histogram)).sum::<usize>()
    }
}

impl Grid {
    /// The number of the step at `time`, which is one of the grid or behind it.
    fn step_of(&self, time: Timestamp) -> usize {
        let steps = (time.0 - self.start) / self.step;
        usize::try_from(steps).expect("the time is not before the grid")
    }

    /// The steps that both grids have; they are the same times where they overlap.
    pub(super) fn within(&self, other: &Self) -> Option<Self> {
        let start = self.start.max(other.start);
        let last = self.last().min(other.last());
        let is_empty = self.len == 0 || other.len == 0 || last < start;
        (!is_empty).then(|| Self::between(start, last, self.step))
    }

    /// The steps from `start` to `last`, which is a step.
    pub(super) fn between(start: i64, last: i64, step: i64) -> Self {
        let len =
            usize::try_from((last - start) / step + 1).expect("the last step is not the first");
        Self { start, step, len }
    }
}
