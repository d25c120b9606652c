//! Hands computed parts to the sink: in the order of the parts, or series by series once all are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use regain_storage::{ArenaReader, Ctx, Symbol};

use super::gathered::Gathered;
use super::part::{PartRows, RowOutcome};
use crate::aggregate::Sink;
use crate::annotations::Remark;
use crate::eval_error::Result;
use crate::grid::RowLabels;

/// A series that something meant for counters was computed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CounterCheck {
    /// The number of the stage that asks.
    pub(crate) check: u32,
    /// The metric's name.
    pub(crate) name: Symbol,
    /// The value of `__type__`.
    pub(crate) kind: Option<Symbol>,
}

/// What a scan has noticed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) counters: BTreeSet<CounterCheck>,
    /// What was noticed: the stages' numbers, what, about which metrics, and how often.
    pub(crate) remarks: BTreeMap<(u32, Remark, Option<Symbol>), u64>,
    /// The stages that have had a result, a bit for each number.
    pub(crate) checks: u32,
    pub(crate) samples_total: u64,
    pub(crate) samples_read: u64,
    /// The most samples that one window can hold.
    pub(crate) window_max: u64,
    /// The series that the store selected, and the parts they came in.
    pub(crate) series_selected: u64,
    pub(crate) parts: u64,
    /// The parts that were not decoded.
    pub(crate) parts_undecoded: u64,
    /// The threads that worked at most.
    pub(crate) workers: u64,
}

/// The sink and whose turn it is.
pub(super) struct Folder<'s> {
    ctx: &'s Arc<Ctx>,
    state: Mutex<State<'s>>,
    turn: Condvar,
}

struct State<'s> {
    sink: &'s mut dyn Sink,
    /// Where rows wait for all others, if parts come in no order.
    gathered: Option<Gathered>,
    next: usize,
    /// How many workers wait for their turn: to wake nobody takes a call of the system, too.
    waiting: usize,
    failed: bool,
    report: Report,
}

impl<'s> Folder<'s> {
    pub(super) fn new(
        ctx: &'s Arc<Ctx>,
        sink: &'s mut dyn Sink,
        gathered: Option<Gathered>,
    ) -> Self {
        let report = Report::default();
        let state = State { sink, gathered, next: 0, waiting: 0, failed: false, report };
        Self { ctx, state: Mutex::new(state), turn: Condvar::new() }
    }

    /// Waits for the turn of part `number`, if parts have an order, and hands its rows on; `false` when another worker
    /// has failed.
    pub(super) fn fold(&self, number: usize, rows: &PartRows) -> Result<bool> {
        let mut state = self.lock();
        while state.gathered.is_none() && state.next != number && !state.failed {
            state.waiting += 1;
            state = self.turn.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
            state.waiting -= 1;
        }
        if state.failed {
            return Ok(false);
        }
        state.take(self.ctx, rows)?;
        state.next += 1;
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.turn.notify_all();
        }
        Ok(true)
    }

    pub(super) fn guard(&self) -> Guard<'_, 's> {
        Guard { folder: self, finished: false }
    }

    /// What was noticed, after the last rows have been handed on.
    pub(super) fn finish(self, workers: usize) -> Result<Report> {
        let state = self.state.into_inner();
        let State { sink, gathered, report, .. } =
            state.unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(gathered) = gathered {
            let (arena, steps) = (self.ctx.labels.read(), gathered.steps());
            sink.begin(&arena);
            let take =
                |labels, outcome: RowOutcome<'_>| hand_on(sink, &arena, (labels, steps), outcome);
            gathered.hand_on(self.ctx, take)?;
        }
        Ok(Report { workers: workers as u64, ..report })
    }

    /// A sink that panicked is not used again, because the guard marks the scan as failed.
    fn lock(&self) -> MutexGuard<'_, State<'s>> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State<'_> {
    fn take(&mut self, ctx: &Ctx, rows: &PartRows) -> Result<()> {
        let arena = ctx.labels.read();
        let name = arena.symbol(regain_model::METRIC_NAME);
        let kind = arena.symbol("__type__");
        if self.gathered.is_none() {
            self.sink.begin(&arena);
        }
        for row in rows.iter() {
            let labels = row.labels.labels;
            self.report.checks |= row.checks;
            if row.checks != 0
                && let Some(name) = name.and_then(|name| arena.get(labels, name))
            {
                let kind = kind.and_then(|kind| arena.get(labels, kind));
                for check in (0..u32::BITS).filter(|check| row.checks & (1 << check) != 0) {
                    self.report.counters.insert(CounterCheck { check, name, kind });
                }
            }
            for &((number, remark), count) in row.remarks {
                let name = name.and_then(|name| arena.get(labels, name));
                *self.report.remarks.entry((number, remark, name)).or_default() += count;
            }
            match &mut self.gathered {
                Some(gathered) => gathered.add(row.key, row.labels, row.outcome),
                None => hand_on(self.sink, &arena, (row.labels, rows.steps), row.outcome)?,
            }
        }
        self.report.samples_total += rows.samples_total;
        self.report.samples_read += rows.samples_read;
        self.report.window_max = self.report.window_max.max(rows.window_max);
        self.report.series_selected += rows.series_selected;
        // Whether a part has series at all may be found out as late as this.
        let is_there = rows.series_selected > 0;
        self.report.parts += u64::from(is_there);
        self.report.parts_undecoded += u64::from(is_there && !rows.is_decoded);
        Ok(())
    }
}

/// Hands a row of so many steps on.
fn hand_on(
    sink: &mut dyn Sink,
    arena: &ArenaReader<'_>,
    (labels, len): (RowLabels, usize),
    outcome: RowOutcome<'_>,
) -> Result<()> {
    match outcome {
        RowOutcome::Nothing => Ok(()),
        RowOutcome::Values(values) => sink.row(arena, labels, values),
        RowOutcome::Present(steps) => sink.present(arena, labels, steps, len),
    }
}

/// Wakes the other workers when this one ends early, be it by an error or by a panic.
pub(super) struct Guard<'f, 's> {
    folder: &'f Folder<'s>,
    finished: bool,
}

impl Guard<'_, '_> {
    pub(super) fn finished(&mut self) {
        self.finished = true;
    }
}

impl Drop for Guard<'_, '_> {
    fn drop(&mut self) {
        if !self.finished {
            self.folder.lock().failed = true;
            self.folder.turn.notify_all();
        }
    }
}
