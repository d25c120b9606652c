//! The times at which an expression is evaluated.

use std::sync::Arc;

use regain_storage::{Ctx, LabelsId};

use crate::eval_error::{EvalError, Result, STEPS_MAX};

/// Evenly spaced times: an instant query is a grid of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Grid {
    pub(crate) start: i64,
    pub(crate) step: i64,
    pub(crate) len: usize,
}

impl Grid {
    /// The grid of the single time `t`.
    pub(crate) const fn instant(t: i64) -> Self {
        Self { start: t, step: 1, len: 1 }
    }

    /// The grid from `start` by `step` up to `end`; empty when the end comes first.
    pub(crate) fn range(start: i64, end: i64, step: i64) -> Result<Self> {
        if step <= 0 {
            return Err(EvalError::InvalidSteps);
        }
        if end < start {
            return Ok(Self { start, step, len: 0 });
        }
        let steps = end.checked_sub(start).ok_or(EvalError::InvalidSteps)? / step;
        match usize::try_from(steps) {
            Ok(steps) if steps < STEPS_MAX => Ok(Self { start, step, len: steps + 1 }),
            _ => Err(EvalError::InvalidSteps),
        }
    }

    /// The time of step `k`.
    #[inline]
    pub(crate) const fn time(&self, k: usize) -> i64 {
        self.start + self.step * k.cast_signed() as i64
    }

    /// The time of the last step.
    pub(crate) const fn last(&self) -> i64 {
        self.time(self.len.saturating_sub(1))
    }

    /// All times.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> + use<> {
        let grid = *self;
        (0..grid.len).map(move |k| grid.time(k))
    }

    /// The grid of the first step alone.
    pub(crate) const fn first(&self) -> Self {
        Self { len: if self.len == 0 { 0 } else { 1 }, ..*self }
    }
}

/// The value of a series at a step without one. Staleness markers never leave a selector, and
/// arithmetic cannot make this signalling NaN, so no result is mistaken for it.
pub(crate) const ABSENT: f64 = regain_model::STALE_NAN;

/// Whether there is no value.
#[inline]
pub(crate) const fn is_absent(value: f64) -> bool {
    value.to_bits() == ABSENT.to_bits()
}

/// Whether the value is [`ABSENT`] or a histogram, or else a NaN so rare that nobody minds if it is
/// looked at twice. One comparison finds both, so that a column of plain floats is left quickly.
#[inline]
pub(crate) const fn is_marker(value: f64) -> bool {
    value.to_bits().wrapping_sub(MARKERS_START) < MARKERS_LEN
}

/// The bits behind those of infinity, up to the last histogram.
const MARKERS_START: u64 = 0x7ff0_0000_0000_0001;
const MARKERS_LEN: u64 = 0x7ff2_0000_0000_0000 - MARKERS_START;

/// How many steps without a value cost as much as a sample. Upstream keeps only values, in twice the
/// memory; a dense row must not be had for nothing, or few samples could fill the memory.
const STEPS_A_SAMPLE: usize = 4;

/// What a row takes from a query's budget: its values, and at least something for its length.
pub(crate) fn row_cost(row: &[f64]) -> u64 {
    let present = row.iter().filter(|value| !is_absent(**value)).count();
    (present as u64).max(steps_cost(row.len()))
}

/// What `steps` steps take from a query's budget, with values or without.
pub(crate) const fn steps_cost(steps: usize) -> u64 {
    (steps / STEPS_A_SAMPLE) as u64
}

/// A row's labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowLabels {
    pub(crate) labels: LabelsId,
    /// Whether the name goes at the end of the query (delayed name removal only).
    pub(crate) drop_name: bool,
}

/// A vector over a grid: dense rows, one for each series, with [`ABSENT`] where there is no value.
///
/// **Invariant.** Each row has at least one value.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    pub(crate) steps: usize,
    pub(crate) labels: Vec<RowLabels>,
    pub(crate) values: Vec<f64>,
    held: Option<Held>,
}

impl Matrix {
    /// No rows over `steps` steps.
    pub(crate) const fn new(steps: usize) -> Self {
        Self { steps, labels: Vec::new(), values: Vec::new(), held: None }
    }

    /// The number of rows.
    pub(crate) const fn len(&self) -> usize {
        self.labels.len()
    }

    #[inline]
    pub(crate) fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.steps..(index + 1) * self.steps]
    }

    #[inline]
    pub(crate) fn row_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.values[index * self.steps..(index + 1) * self.steps]
    }

    /// Adds a row unless it is empty.
    pub(crate) fn push(&mut self, labels: RowLabels, row: &[f64]) {
        debug_assert_eq!(row.len(), self.steps, "a row has a value for each step");
        if row.iter().any(|&value| !is_absent(value)) {
            self.labels.push(labels);
            self.values.extend_from_slice(row);
        }
    }

    /// Adds an empty row that the caller fills.
    pub(crate) fn push_absent(&mut self, labels: RowLabels) -> usize {
        self.labels.push(labels);
        self.values.resize(self.values.len() + self.steps, ABSENT);
        self.labels.len() - 1
    }

    /// Adds a row unless it is empty, in memory that `held` takes.
    pub(crate) fn push_held(
        &mut self,
        labels: RowLabels,
        row: &[f64],
        held: &mut Held,
    ) -> Result<()> {
        held.make_room(&mut self.values, self.steps)?;
        held.make_room(&mut self.labels, 1)?;
        self.push(labels, row);
        Ok(())
    }

    /// The memory of the rows.
    pub(crate) const fn size_bytes(&self) -> usize {
        self.values.capacity() * size_of::<f64>() + self.labels.capacity() * size_of::<RowLabels>()
    }

    /// All rows with their labels.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (RowLabels, &[f64])> {
        self.labels.iter().enumerate().map(|(index, labels)| (*labels, self.row(index)))
    }

    /// Removes the rows that have become empty.
    pub(crate) fn drop_empty(&mut self) {
        let mut kept = 0;
        for index in 0..self.labels.len() {
            if self.row(index).iter().all(|&value| is_absent(value)) {
                continue;
            }
            if kept != index {
                self.labels[kept] = self.labels[index];
                let from = index * self.steps..(index + 1) * self.steps;
                self.values.copy_within(from, kept * self.steps);
            }
            kept += 1;
        }
        self.labels.truncate(kept);
        self.values.truncate(kept * self.steps);
    }

    /// What the matrix takes from a query's budget.
    pub(crate) fn cost(&self) -> u64 {
        self.rows().map(|(_, row)| row_cost(row)).sum()
    }

    /// Repeats the single step `steps` times.
    pub(crate) fn broadcast(self, steps: usize) -> Self {
        debug_assert_eq!(self.steps, 1, "only a constant can be repeated");
        let values = self.values.iter().flat_map(|&value| std::iter::repeat_n(value, steps));
        Self { steps, values: values.collect(), labels: self.labels, held: self.held }
    }

    /// The same rows in other memory, which somebody is to hold.
    pub(crate) fn copied(&self) -> Self {
        let (labels, values) = (self.labels.clone(), self.values.clone());
        Self { steps: self.steps, labels, values, held: None }
    }

    /// Lets `held` live as long as the matrix.
    pub(crate) fn adopt(&mut self, held: Held) {
        self.held = Some(held);
    }

    /// Takes the values from the budget for as long as the matrix lives.
    pub(crate) fn hold(&mut self, ctx: &Arc<Ctx>) -> Result<()> {
        self.held = None;
        let mut held = Held::new(ctx, self.cost())?;
        held.add_bytes(self.size_bytes())?;
        self.held = Some(held);
        Ok(())
    }
}

/// Samples and bytes taken from a query's budgets, given back at the end of their life.
#[derive(Debug)]
pub(crate) struct Held {
    ctx: Arc<Ctx>,
    samples: u64,
    bytes: u64,
}

impl Held {
    pub(crate) fn new(ctx: &Arc<Ctx>, samples: u64) -> Result<Self> {
        let held = Self { ctx: Arc::clone(ctx), samples, bytes: 0 };
        ctx.budget.take(samples)?;
        Ok(held)
    }

    /// Takes more.
    pub(crate) fn add(&mut self, samples: u64) -> Result<()> {
        self.samples += samples;
        Ok(self.ctx.budget.take(samples)?)
    }

    /// Takes more bytes.
    pub(crate) fn add_bytes(&mut self, bytes: usize) -> Result<()> {
        self.ctx.bytes.take(bytes as u64)?;
        self.bytes += bytes as u64;
        Ok(())
    }

    /// Takes more bytes, or gives some back, so that there are `bytes` of them.
    pub(crate) fn set_bytes(&mut self, bytes: usize) -> Result<()> {
        let bytes = bytes as u64;
        if bytes > self.bytes {
            self.ctx.bytes.take(bytes - self.bytes)?;
        } else {
            self.ctx.bytes.give_back(self.bytes - bytes);
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Makes room for `more` items at the end of `items`: takes the bytes first, and by halves of what is there, so
    /// that it seldom has to.
    #[inline]
    pub(crate) fn make_room<T>(&mut self, items: &mut Vec<T>, more: usize) -> Result<()> {
        if items.capacity() - items.len() >= more { Ok(()) } else { self.grow(items, more) }
    }

    #[cold]
    fn grow<T>(&mut self, items: &mut Vec<T>, more: usize) -> Result<()> {
        let (len, before) = (items.len(), items.capacity());
        let capacity = len.saturating_add(more).max(before.saturating_add(before / 2));
        self.add_bytes((capacity - before).saturating_mul(size_of::<T>()))?;
        items.reserve_exact(capacity - len);
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.ctx.budget.give_back(self.samples);
        self.ctx.bytes.give_back(self.bytes);
    }
}
