//! What is made of one series' samples.

use crate::eval_error::Result;
use crate::functions::{RangeCall, Scratch, Shared};
use crate::grid::{ABSENT, Grid, is_absent};
use crate::row_op::RowOp;
use crate::window::{Picks, Reach, Samples};

/// A computation from samples to one value for each step.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The newest sample at each step.
    Instant(Reach),
    /// The time of the newest sample at each step.
    SampleTime(Reach),
    /// A function over a range; counters are checked under the number.
    Range { call: RangeCall, check: Option<u32> },
    /// A function over a range of what another stage computes on a grid of its own.
    Subquery { inner: Box<Self>, times: Vec<i64>, call: RangeCall, check: Option<u32> },
    /// An operation on what another stage computes.
    Mapped { inner: Box<Self>, op: RowOp },
}

/// The samples of one series as they were stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) times: &'a [i64],
    pub(crate) values: &'a [f64],
    /// Tells apart the time columns of one part.
    pub(crate) shared: Option<(u32, u32)>,
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
    known: Option<(u32, u32)>,
    picks: Picks,
    shared: Shared,
    scratch: Scratch,
    times: Vec<i64>,
    values: Vec<f64>,
    row: Vec<f64>,
    inner: Option<Box<Self>>,
}

impl StageScratch {
    /// Forgets what is known about the times of the last part.
    pub(super) fn forget_times(&mut self) {
        self.known = None;
        if let Some(inner) = &mut self.inner {
            inner.forget_times();
        }
    }
}

/// The name under which a subquery's own grid is known, which no run of a part has.
pub(crate) const GRID_TIMES: (u32, u32) = (u32::MAX, 0);

impl Stage {
    /// How many values a row has.
    pub(crate) fn steps(&self) -> usize {
        match self {
            Self::Instant(reach) | Self::SampleTime(reach) => reach.steps,
            Self::Range { call, .. } | Self::Subquery { call, .. } => call.reach.steps,
            Self::Mapped { inner, .. } => inner.steps(),
        }
    }

    pub(crate) fn scratch(&self) -> StageScratch {
        let inner = match self {
            Self::Subquery { inner, .. } | Self::Mapped { inner, .. } => Some(inner.scratch()),
            _ => None,
        };
        StageScratch { inner: inner.map(Box::new), ..StageScratch::default() }
    }

    /// Computes one series into `out`.
    pub(crate) fn run(
        &self,
        raw: Raw<'_>,
        scratch: &mut StageScratch,
        out: &mut [f64],
    ) -> Result<Outcome> {
        match self {
            Self::Instant(reach) => Ok(scratch.pick(reach, raw, out, |at| raw.values[at])),
            Self::SampleTime(reach) => Ok(scratch.pick(reach, raw, out, |at| {
                let value = raw.values[at];
                if is_absent(value) { ABSENT } else { raw.times[at] as f64 / 1000.0 }
            })),
            Self::Range { call, check } => {
                let mut outcome = scratch.range(call, raw, out)?;
                outcome.check(*check);
                Ok(outcome)
            }
            Self::Mapped { inner, op } => {
                let inner_scratch = scratch.inner.as_mut().expect("made along with the stage");
                let mut outcome = inner.run(raw, inner_scratch, out)?;
                op.apply(out);
                outcome.present = is_present(out);
                Ok(outcome)
            }
            Self::Subquery { inner, times, call, check } => {
                let mut row = std::mem::take(&mut scratch.row);
                row.clear();
                row.resize(inner.steps(), ABSENT);
                let inner_scratch = scratch.inner.as_mut().expect("made along with the stage");
                let inner_outcome = inner.run(raw, inner_scratch, &mut row)?;
                let raw = Raw { times, values: &row, shared: Some(GRID_TIMES) };
                let mut outcome = scratch.range(call, raw, out)?;
                scratch.row = row;
                outcome.check(*check);
                outcome.checks |= inner_outcome.checks;
                outcome.samples_read = inner_outcome.samples_read;
                Ok(outcome)
            }
        }
    }
}

impl Outcome {
    fn check(&mut self, check: Option<u32>) {
        if self.present
            && let Some(check) = check
        {
            self.checks |= 1 << check;
        }
    }
}

impl StageScratch {
    fn pick(
        &mut self,
        reach: &Reach,
        raw: Raw<'_>,
        out: &mut [f64],
        value: impl Fn(usize) -> f64,
    ) -> Outcome {
        if self.known.is_none() || self.known != raw.shared {
            self.picks.find(raw.times, reach);
            self.known = raw.shared;
        }
        for (out, pick) in out.iter_mut().zip(self.picks.iter()) {
            // A staleness marker has the bits of an absent value.
            *out = pick.map_or(ABSENT, &value);
        }
        let found = self.picks.found;
        let read = if reach.step == 0 { found.min(1) } else { found };
        let present = is_present(out);
        Outcome { present, checks: 0, samples_total: found, samples_read: read }
    }

    fn range(&mut self, call: &RangeCall, raw: Raw<'_>, out: &mut [f64]) -> Result<Outcome> {
        let whole = !raw.values.iter().any(|&value| is_absent(value));
        let samples = if whole {
            Samples { times: raw.times, values: raw.values }
        } else {
            let kept = || raw.times.iter().zip(raw.values).filter(|(_, value)| !is_absent(**value));
            self.times.clear();
            self.times.extend(kept().map(|(time, _)| *time));
            self.values.clear();
            self.values.extend(kept().map(|(_, value)| *value));
            Samples { times: &self.times, values: &self.values }
        };
        let key = if whole { raw.shared } else { None };
        if key.is_none() || self.known != key {
            call.share(samples.times, &mut self.shared);
            self.known = key;
        }
        call.run(&self.shared, samples, &mut self.scratch, out)?;
        let windows = &self.shared.windows;
        Ok(Outcome {
            present: is_present(out),
            checks: 0,
            samples_total: windows.total(),
            samples_read: windows.read(call.reach.step == 0),
        })
    }
}

/// The times of a subquery's steps.
pub(crate) fn grid_times(grid: &Grid) -> Vec<i64> {
    grid.times().collect()
}

fn is_present(row: &[f64]) -> bool {
    row.iter().any(|&value| !is_absent(value))
}
