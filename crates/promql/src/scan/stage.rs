//! What is made of one series' samples.

use std::sync::Arc;

use regain_model::{Histogram, ResetHint};
use regain_storage::{Ctx, HistogramArena, histogram_index, is_histogram, quieted};

use crate::eval_error::{EvalError, Result};
use crate::functions::native::{self, Mixed};
use crate::functions::{RangeCall, Scratch, Shared};
use crate::grid::{ABSENT, Grid, Held, is_absent, is_marker};
use crate::native::{Native, Notes, keep};
use crate::row_op::RowOp;
use crate::window::{ByTimes, Picks, Reach, Samples, TimesId};

/// A computation from samples to one value for each step.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The newest sample at each step.
    Instant(Reach),
    /// The time of the newest sample at each step, which must be a number if `numbers` says so.
    SampleTime { reach: Reach, numbers: bool },
    /// The start timestamp of the newest sample at each step.
    SampleStart(Reach),
    /// A function over a range.
    Range { call: RangeCall, check: Check },
    /// A function over a range of what another stage computes on a grid of its own.
    Subquery { inner: Box<Self>, times: HeldTimes, call: RangeCall, check: Check },
    /// An operation on what another stage computes.
    Mapped { inner: Box<Self>, op: RowOp, check: Check },
}

/// Under which number a stage is known to whoever says what it notices.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Check {
    pub(crate) number: u32,
    /// Whether it matters which series have had numbers for a result.
    pub(crate) counts: bool,
}

/// The samples of one series as they were stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) times: &'a [i64],
    pub(crate) values: &'a [f64],
    /// Tells apart the time columns of one part.
    pub(crate) shared: Option<TimesId>,
    pub(crate) histograms: Pool<'a>,
    /// The start timestamps; none when none is known or they do not count.
    pub(crate) starts: &'a [i64],
}

/// Where the histograms of a column are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pool<'a> {
    /// Beside the column.
    Batch(&'a [Arc<Histogram>]),
    /// With the query.
    Query(&'a HistogramArena),
}

impl Pool<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Self::Batch(histograms) => histograms.is_empty(),
            Self::Query(arena) => arena.is_empty(),
        }
    }

    /// The histogram as a sample among others. What is known about resets between stored samples
    /// does not hold between those that a subquery has picked.
    fn sample(&self, cell: f64) -> Option<Arc<Histogram>> {
        let mut histogram = self.get(cell)?;
        if matches!(self, Self::Query(_))
            && matches!(histogram.hint, ResetHint::Reset | ResetHint::NotReset)
        {
            Arc::make_mut(&mut histogram).hint = ResetHint::Unknown;
        }
        Some(histogram)
    }

    pub(crate) fn get(&self, cell: f64) -> Option<Arc<Histogram>> {
        match self {
            Self::Batch(histograms) => {
                let index = usize::try_from(histogram_index(cell)?).ok()?;
                histograms.get(index).map(Arc::clone)
            }
            Self::Query(arena) => arena.get(cell),
        }
    }
}

/// What came of one series.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) present: bool,
    pub(crate) checks: u32,
    pub(crate) samples_total: u64,
    pub(crate) samples_read: u64,
}

/// Memory that a stage uses again for each series.
#[derive(Debug, Default)]
pub(crate) struct StageScratch {
    picks: ByTimes<Picks>,
    shared: ByTimes<Shared>,
    scratch: Scratch,
    times: Vec<i64>,
    values: Vec<f64>,
    histograms: Vec<Option<Arc<Histogram>>>,
    starts: Vec<i64>,
    row: Vec<f64>,
    inner: Option<Box<Self>>,
}

impl StageScratch {
    /// Forgets what is known about the times of the last part.
    pub(super) fn forget_times(&mut self) {
        self.picks.forget_ids();
        self.shared.forget_ids();
        if let Some(inner) = &mut self.inner {
            inner.forget_times();
        }
    }
}

/// What a step's window with its layout takes, in times.
const LAYOUT_CELLS: usize = 6;

/// How many samples the windows of a row may hold together before somebody looks whether the query is to end.
const UNCHECKED_WORK_MAX: u64 = 1 << 24;

/// The name under which a subquery's own grid is known, which no run of a part has.
pub(crate) const GRID_TIMES: TimesId = (u32::MAX, 0);

impl Stage {
    /// How many values a row has.
    pub(crate) fn steps(&self) -> usize {
        match self {
            Self::Instant(reach) | Self::SampleTime { reach, .. } | Self::SampleStart(reach) => {
                reach.steps
            }
            Self::Range { call, .. } | Self::Subquery { call, .. } => call.reach.steps,
            Self::Mapped { inner, .. } => inner.steps(),
        }
    }

    /// How many values upstream holds of a series at once on the way to its row: those that an operation is given, and
    /// its results.
    pub(crate) fn cells(&self) -> u64 {
        let steps = self.steps() as u64;
        match self {
            Self::Subquery { inner, .. } | Self::Mapped { inner, .. } => {
                inner.cells().max(steps.saturating_add(inner.steps() as u64))
            }
            _ => steps,
        }
    }

    /// Whether it looks at stored samples in windows.
    pub(super) fn has_windows(&self) -> bool {
        match self {
            Self::Range { .. } => true,
            Self::Subquery { inner, .. } | Self::Mapped { inner, .. } => inner.has_windows(),
            _ => false,
        }
    }

    pub(crate) fn scratch(&self) -> StageScratch {
        let inner = match self {
            Self::Subquery { inner, .. } | Self::Mapped { inner, .. } => Some(inner.scratch()),
            _ => None,
        };
        StageScratch { inner: inner.map(Box::new), ..StageScratch::default() }
    }

    /// How much memory the scratch of a subquery's inner steps takes at most; that of a series' samples is small
    /// against the samples.
    pub(crate) fn scratch_bytes(&self) -> usize {
        match self {
            Self::Subquery { inner, call, .. } => {
                // The row, and its times and values when some are left out; two bounds for each window.
                let (inner_bytes, outer_bytes) = (3 * size_of::<f64>(), size_of::<(u32, u32)>());
                let row = inner.steps().saturating_mul(inner_bytes);
                row.saturating_add(call.reach.steps * outer_bytes)
                    .saturating_add(inner.scratch_bytes())
            }
            Self::Mapped { inner, .. } => inner.scratch_bytes(),
            Self::Instant(reach) | Self::SampleTime { reach, .. } | Self::SampleStart(reach) => {
                reach.steps * size_of::<u32>()
            }
            Self::Range { call, .. } => call.reach.steps * LAYOUT_CELLS * size_of::<i64>(),
        }
    }

    /// Computes one series into `out`.
    pub(crate) fn run(
        &self,
        raw: Raw<'_>,
        scratch: &mut StageScratch,
        (ctx, notes): (&Ctx, &mut Notes),
        out: &mut [f64],
    ) -> Result<Outcome> {
        match self {
            Self::Instant(reach) => {
                let outcome = scratch.pick(reach, raw, out, |at| raw.values[at]);
                // Without a branch in the loop, because hardly ever any is found.
                if out.iter().fold(false, |any, &cell| any | is_histogram(cell)) {
                    adopt(raw.histograms, ctx, out)?;
                }
                Ok(outcome)
            }
            Self::SampleTime { reach, numbers } => {
                let mut any_histogram = false;
                let outcome = scratch.pick(reach, raw, out, |at| {
                    let value = raw.values[at];
                    any_histogram |= is_histogram(value);
                    if is_absent(value) { ABSENT } else { raw.times[at] as f64 / 1000.0 }
                });
                if *numbers && any_histogram && !raw.histograms.is_empty() {
                    return Err(EvalError::InfoHistogram);
                }
                Ok(outcome)
            }
            Self::SampleStart(reach) => Ok(scratch.pick(reach, raw, out, |at| {
                let start = raw.starts.get(at).copied().unwrap_or_default();
                if is_absent(raw.values[at]) { ABSENT } else { start as f64 / 1000.0 }
            })),
            Self::Range { call, check } => {
                let mut native = Native { ctx, notes, number: check.number };
                let mut outcome = scratch.range(call, raw, &mut native, out)?;
                outcome.check(*check, out, ctx);
                Ok(outcome)
            }
            Self::Mapped { inner, op, check } => {
                let inner_scratch = scratch.inner.as_mut().expect("made along with the stage");
                let mut outcome = inner.run(raw, inner_scratch, (ctx, notes), out)?;
                op.apply(out, &mut Native { ctx, notes, number: check.number })?;
                outcome.present = is_present(out);
                Ok(outcome)
            }
            Self::Subquery { inner, times, call, check } => {
                let mut row = std::mem::take(&mut scratch.row);
                row.clear();
                row.resize(inner.steps(), ABSENT);
                let inner_scratch = scratch.inner.as_mut().expect("made along with the stage");
                let inner_outcome = inner.run(raw, inner_scratch, (ctx, notes), &mut row)?;
                let histograms = Pool::Query(&ctx.histograms);
                let (shared, starts) = (Some(GRID_TIMES), [].as_slice());
                let times = &times.times;
                let raw = Raw { times, values: &row, shared, histograms, starts };
                let mut native = Native { ctx, notes, number: check.number };
                let mut outcome = scratch.range(call, raw, &mut native, out)?;
                scratch.row = row;
                outcome.check(*check, out, ctx);
                outcome.checks |= inner_outcome.checks;
                outcome.samples_read = inner_outcome.samples_read;
                Ok(outcome)
            }
        }
    }
}

impl Outcome {
    fn check(&mut self, check: Check, out: &[f64], ctx: &Ctx) {
        let numbers = || out.iter().any(|&cell| !is_absent(cell) && !is_histogram(cell));
        if check.counts && self.present && (ctx.histograms.is_empty() || numbers()) {
            self.checks |= 1 << check.number;
        }
    }
}

/// Takes the histograms of `out` from where its column has them into the query.
fn adopt(pool: Pool<'_>, ctx: &Ctx, out: &mut [f64]) -> Result<()> {
    let mut last: Option<(u64, f64)> = None;
    for cell in out.iter_mut().filter(|cell| is_histogram(**cell)) {
        let bits = cell.to_bits();
        *cell = match (last, pool.get(*cell)) {
            (Some((known, place)), _) if known == bits => place,
            (_, Some(histogram)) => keep(ctx, histogram)?,
            (_, None) => quieted(*cell),
        };
        last = Some((bits, *cell));
    }
    Ok(())
}

impl StageScratch {
    fn pick(
        &mut self,
        reach: &Reach,
        raw: Raw<'_>,
        out: &mut [f64],
        mut value: impl FnMut(usize) -> f64,
    ) -> Outcome {
        let picks = self.picks.get(raw.shared, raw.times, reach.steps, |picks| {
            picks.find(raw.times, reach);
        });
        for (out, pick) in out.iter_mut().zip(picks.iter()) {
            // A staleness marker has the bits of an absent value.
            *out = pick.map_or(ABSENT, &mut value);
        }
        let found = picks.found;
        let read = if reach.step == 0 { found.min(1) } else { found };
        let present = is_present(out);
        Outcome { present, checks: 0, samples_total: found, samples_read: read }
    }

    fn range(
        &mut self,
        call: &RangeCall,
        raw: Raw<'_>,
        native: &mut Native<'_>,
        out: &mut [f64],
    ) -> Result<Outcome> {
        let started = !raw.starts.is_empty() && call.function.uses_starts();
        // Hardly any value is no number, and to find that out for all of them takes no branches.
        let any_nan = raw.values.iter().fold(false, |any, value| any | value.is_nan());
        let marked = any_nan && raw.values.iter().any(|&value| is_marker(value));
        let whole = !started && !marked;
        let samples = if whole {
            Samples { times: raw.times, values: raw.values }
        } else {
            self.filter(raw, started);
            Samples { times: &self.times, values: &self.values }
        };
        let (id, steps) = (if whole { raw.shared } else { None }, call.reach.steps);
        let shared = self.shared.get(id, samples.times, steps * LAYOUT_CELLS, |shared| {
            call.share(samples.times, shared);
        });
        let windows = &shared.windows;
        if whole || self.histograms.is_empty() && !started {
            if windows.total <= UNCHECKED_WORK_MAX {
                call.run(shared, samples, &mut self.scratch, out)?;
            } else {
                in_pieces(call, shared, samples, (&mut self.scratch, native.ctx), out)?;
            }
        } else {
            let Samples { times, values } = samples;
            let (histograms, starts) = (&self.histograms, &self.starts);
            let samples = Mixed { times, values, histograms, starts };
            native::run(call, samples, windows, native, out)?;
        }
        Ok(Outcome {
            present: is_present(out),
            checks: 0,
            samples_total: windows.total,
            samples_read: windows.read,
        })
    }

    /// Leaves out what is absent, and fetches the histograms if there are any, or start timestamps
    /// count.
    fn filter(&mut self, raw: Raw<'_>, started: bool) {
        let kept = || raw.times.iter().zip(raw.values).filter(|(_, value)| !is_absent(**value));
        self.times.clear();
        self.times.extend(kept().map(|(time, _)| *time));
        self.values.clear();
        self.histograms.clear();
        self.starts.clear();
        if started {
            let kept = raw.starts.iter().zip(raw.values);
            let kept = kept.filter(|(_, value)| !is_absent(**value));
            self.starts.extend(kept.map(|(start, _)| *start));
        }
        let any = |&cell: &f64| is_histogram(cell);
        if started || !raw.histograms.is_empty() && raw.values.iter().any(any) {
            self.histograms.extend(kept().map(|(_, &value)| raw.histograms.sample(value)));
        }
        self.values.extend(kept().map(|(_, &value)| quieted(value)));
    }
}

/// Computes a row that is so much work that its query may have to end in between: some steps after others.
fn in_pieces(
    call: &RangeCall,
    shared: &Shared,
    samples: Samples<'_>,
    (scratch, ctx): (&mut Scratch, &Ctx),
    out: &mut [f64],
) -> Result<()> {
    let (mut piece_shared, mut start, mut work) = (Shared::default(), 0, 0);
    for (k, (low, high)) in shared.windows.iter().enumerate() {
        work += (high - low) as u64;
        if work < UNCHECKED_WORK_MAX && k + 1 < out.len() {
            continue;
        }
        ctx.cancel.check()?;
        let steps = start..k + 1;
        let piece = call.piece(steps.clone());
        piece.share(samples.times, &mut piece_shared);
        piece.run(&piece_shared, samples, scratch, &mut out[steps])?;
        (start, work) = (k + 1, 0);
    }
    Ok(())
}

/// The times of a subquery's steps, and their memory.
#[derive(Debug)]
pub(crate) struct HeldTimes {
    pub(crate) times: Vec<i64>,
    /// Given back with them.
    _held: Held,
}

impl HeldTimes {
    /// The times of `grid`.
    pub(crate) fn of(grid: &Grid, ctx: &Arc<Ctx>) -> Result<Self> {
        let (mut times, mut held) = (Vec::new(), Held::new(ctx, 0)?);
        held.make_room(&mut times, grid.len)?;
        times.extend(grid.times());
        Ok(Self { times, _held: held })
    }
}

fn is_present(row: &[f64]) -> bool {
    row.iter().any(|&value| !is_absent(value))
}
