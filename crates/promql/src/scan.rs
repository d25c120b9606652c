//! From the store to a sink: selected series are decoded, computed on and handed on, part by part.
//!
//! Workers decode and compute in any order; what they have computed is handed to the sink in the
//! order of the parts, or in that of the series where the parts have none. So an answer does not depend on how many
//! workers there are, to the last bit.

mod folder;
mod gathered;
mod part;
mod stage;
mod stats;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use regain_model::{Matcher, Span};
use regain_storage::{Ctx, Hints, Part, Parts, Selection, Snapshot};

use crate::aggregate::Sink;
use crate::eval_error::Result;
use folder::Folder;
use gathered::Gathered;
use part::PartRows;

pub(crate) use folder::{CounterCheck, Report};
pub(crate) use gathered::Gathering;
pub(crate) use stage::{Check, GRID_TIMES, HeldTimes, Pool, Raw, Stage};
pub(crate) use stats::strip as strip_buckets;

/// Work from which on a selection is worth more than one worker, in samples decoded plus values
/// computed.
const PARALLEL_WORK_MIN: u64 = 1 << 17;

/// What of each sample matters beside its time and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Details {
    /// Whether the buckets of histograms do, and not only their counts and sums.
    pub(crate) buckets: bool,
    /// Whether start timestamps do.
    pub(crate) starts: bool,
}

/// What to read, and what to make of each series.
#[derive(Debug)]
pub(crate) struct Scan<'q> {
    pub(crate) matchers: &'q [Matcher],
    pub(crate) span: Span,
    pub(crate) hints: Hints<'q>,
    pub(crate) stage: &'q Stage,
    pub(crate) details: Details,
    /// Whether rows are marked to lose their name at the end of the query.
    pub(crate) drop_name: bool,
    /// Whether only the presence of values matters, which a store may know without decoding.
    pub(crate) presence_only: bool,
}

/// The parts that are still to be done, numbered.
struct Queue {
    /// Those that are prepared.
    ready: VecDeque<Box<dyn Part>>,
    parts: Option<Box<dyn Parts>>,
    next: usize,
}

/// A part of a queue.
struct Next {
    number: usize,
    part: Box<dyn Part>,
    is_prepared: bool,
}

impl Queue {
    fn pop(&mut self) -> Result<Option<Next>> {
        let (part, is_prepared) = match (self.ready.pop_front(), &mut self.parts) {
            (Some(part), _) => (Some(part), true),
            (None, Some(parts)) => (parts.next_unprepared()?, false),
            (None, None) => (None, false),
        };
        if part.is_none() {
            self.parts = None;
        }
        let number = self.next;
        self.next += 1;
        Ok(part.map(|part| Next { number, part, is_prepared }))
    }
}

impl Scan<'_> {
    /// Reads all series into `sink`, with at most `workers` threads.
    pub(crate) fn run(
        &self,
        snapshot: &dyn Snapshot,
        ctx: &Arc<Ctx>,
        workers: usize,
        (gathering, sink): (&mut Gathering, &mut dyn Sink),
    ) -> Result<Report> {
        let (mut parts, gathered) = self.select(snapshot, ctx, gathering)?;
        let (mut ready, mut work, mut more) = (VecDeque::new(), 0, true);
        while more && (work < PARALLEL_WORK_MIN || ready.len() < 2) {
            match parts.next()? {
                Some(part) => {
                    work += self.work(part.as_ref());
                    ready.push_back(part);
                }
                None => more = false,
            }
        }
        let large = work >= PARALLEL_WORK_MIN && ready.len() >= 2;
        let queue = Mutex::new(Queue { ready, parts: more.then_some(parts), next: 0 });
        let folder = Folder::new(ctx, sink, gathered);
        if workers < 2 || !large {
            self.work_off(&queue, &folder, ctx)?;
            return folder.finish(1);
        }
        std::thread::scope(|scope| {
            let helpers: Vec<_> =
                (1..workers).map(|_| scope.spawn(|| self.work_off(&queue, &folder, ctx))).collect();
            let mut outcome = self.work_off(&queue, &folder, ctx);
            for helper in helpers {
                match helper.join() {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => outcome = outcome.and(Err(error)),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            outcome
        })?;
        folder.finish(workers)
    }

    /// The parts of the series, and where their rows are gathered if they come in no order.
    fn select(
        &self,
        snapshot: &dyn Snapshot,
        ctx: &Arc<Ctx>,
        gathering: &mut Gathering,
    ) -> Result<(Box<dyn Parts>, Option<Gathered>)> {
        let steps = self.stage.steps();
        let loose_max =
            if *gathering == Gathering::Refused { 0 } else { Gathered::rows_max(steps) };
        let all = Selection::new(self.matchers, self.span);
        let parts = snapshot.select(&Selection { hints: self.hints, loose_max, ..all }, ctx)?;
        let gathered = parts.loose().map(|rows| {
            *gathering = Gathering::Done;
            Gathered::new(rows, steps, ctx)
        });
        Ok((parts, gathered.transpose()?))
    }

    fn work(&self, part: &dyn Part) -> u64 {
        let values = self.stage.steps() as u64;
        part.series().iter().map(|series| series.samples_max.saturating_add(values)).sum()
    }

    /// Takes part after part until none is left.
    fn work_off(&self, queue: &Mutex<Queue>, folder: &Folder<'_>, ctx: &Arc<Ctx>) -> Result<()> {
        // A worker that leaves early must not keep the others waiting for its part.
        let mut guard = folder.guard();
        let mut rows = PartRows::new(self, ctx)?;
        loop {
            ctx.cancel.check()?;
            let next =
                queue.lock().expect("a store does not panic while it hands out parts").pop()?;
            let Some(Next { number, mut part, is_prepared }) = next else { break };
            if !is_prepared {
                part.prepare()?;
            }
            ctx.hold_labels()?;
            rows.fill(self, part.as_mut(), ctx)?;
            if !folder.fold(number, &rows)? {
                break;
            }
        }
        guard.finished();
        Ok(())
    }
}
