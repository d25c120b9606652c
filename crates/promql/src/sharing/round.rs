//! Queries about one time that are asked one after another, as the rules of a group are: what several of them have in
//! common is evaluated by the first, and kept for the others.
//!
//! An answer is the one that its query has by itself, after all that was written before it. What is kept is used again only
//! if nothing that it was computed from can have changed: the store tells the lowest time of all changes since
//! ([`Snapshot::changed_since`]). Queries that write what they came to, at the very time that the next one is about, say
//! so: what cannot read the series that they wrote goes on to hold, provided that nobody else wrote meanwhile.
//!
//! Kept are aggregations and what is computed from them. The rows of a chain are many, and to bring them from one query
//! to another, label by label, takes as long as to read them.

use std::sync::{Arc, Mutex, MutexGuard};

use hashbrown::HashMap;
use regain_model::{Histogram, Labels, Matcher, Span, Timestamp};
use regain_storage::{ByteBudget, Ctx, Queryable, Snapshot, is_histogram};

use super::census::{repeated, shares_of};
use super::{Key, Said, Shares};
use crate::ast::Expr;
use crate::engine::{EngineOptions, instant_plan};
use crate::eval_error::Result;
use crate::grid::{Grid, Matrix, RowLabels};
use crate::native::size_bytes;
use crate::plan::{self, Node, Numbering, Numbers, RangeArg, RangeCallNode, RangeSource, Selector};
use crate::stack::with_stack_for;

/// Larger vectors are not kept: to bring them from one query to another takes as long as to compute them.
const ROWS_MAX: usize = 64 * 1024;

/// One round of queries.
#[derive(Debug)]
pub struct Round {
    options: EngineOptions,
    at: Timestamp,
    /// The queries, where they could be planned. They do not move any more.
    plans: Vec<Option<Node>>,
    numbers: Numbers,
    /// Pays for what is kept.
    bytes: ByteBudget,
    shelves: Mutex<HashMap<Key, Shelf>>,
}

/// The place of one query in a round.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'r> {
    /// The round.
    pub round: &'r Round,
    /// Which of its queries it is, from 0.
    pub index: usize,
}

/// The place of one vector.
#[derive(Debug)]
struct Shelf {
    /// How many queries are still expected to ask for it.
    turns: u32,
    kept: Option<(u64, Arc<Settled>)>,
}

/// A vector that no query owns.
#[derive(Debug)]
pub(crate) struct Settled {
    said: Arc<Said>,
    /// No later sample was read.
    read_until: i64,
    reads: Reads,
    steps: usize,
    rows: Vec<(Labels, bool)>,
    values: Vec<f64>,
    /// Those among the values, by place.
    histograms: Vec<(usize, Arc<Histogram>)>,
    bytes: u64,
}

/// Which series a part of a query reads.
#[derive(Debug)]
enum Reads {
    /// Those that match any of these.
    Matching(Vec<Vec<Matcher>>),
    Anything,
}

impl Round {
    /// What a round may keep, in bytes.
    pub const BYTES_MAX: u64 = 16 << 20;

    /// Plans a round of queries about the time `at`; what it keeps is paid for by `bytes`.
    pub(crate) fn new(
        options: &EngineOptions,
        exprs: &[&Expr],
        at: Timestamp,
        bytes: ByteBudget,
    ) -> Self {
        // What cannot be planned says why when it is its turn.
        let plan = |expr: &&Expr| with_stack_for(expr, || instant_plan(expr, at)).ok()?.ok();
        let plans = exprs.iter().map(|expr| plan(expr).map(|(node, _)| node));
        let mut plans: Vec<Option<Node>> = plans.collect();
        let mut numbers = Numbers::new();
        let mut numbering = Numbering::new(options.features);
        for (expr, plan) in exprs.iter().zip(&mut plans) {
            let mut number = |node: &Node| numbering.number(node, &mut numbers);
            if plan.as_ref().is_some_and(|node| with_stack_for(expr, || number(node)).is_err()) {
                *plan = None;
            }
        }
        let planned = exprs.iter().zip(&plans);
        let planned = planned.filter_map(|(expr, plan)| Some((*expr, plan.as_ref()?)));
        let found = repeated(planned, &Grid::instant(at.0), options, &numbers);
        let shelves = found.into_iter().map(|(key, turns)| (key, Shelf { turns, kept: None }));
        let shelves = Mutex::new(shelves.collect());
        let options = options.clone();
        Self { options, at, plans, numbers, bytes, shelves }
    }

    /// The time that the queries are about.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The plan of a query, if an engine with these options would plan it so.
    pub(crate) fn plan(&self, index: usize, options: &EngineOptions) -> Option<(&Node, Grid)> {
        let plan = self.plans.get(index)?.as_ref().filter(|_| self.options == *options)?;
        Some((plan, Grid::instant(self.at.0)))
    }

    /// What the query that was planned as `node` shares with itself and with others.
    pub(crate) fn shares(&self, node: &Node, grid: &Grid) -> Shares<'_> {
        shares_of(node, grid, &self.options, &self.numbers, Some(self))
    }

    /// Whether other queries ask for what is known by `key`.
    pub(super) fn wants(&self, key: &Key) -> bool {
        self.shelves().contains_key(key)
    }

    /// What is kept under `key` for a query that looks at `snapshot`, if it still holds.
    pub(crate) fn turn(&self, key: &Key, snapshot: &dyn Snapshot) -> Option<Arc<Settled>> {
        let mut shelves = self.shelves();
        let shelf = shelves.get_mut(key)?;
        shelf.turns = shelf.turns.saturating_sub(1);
        let (mark, settled) = shelf.kept.as_ref()?;
        let holds = settled.holds(snapshot.changed_since(*mark).1);
        let settled = holds.then(|| Arc::clone(settled));
        if !holds || shelf.turns == 0 {
            self.forget(shelf);
        }
        settled
    }

    /// Keeps what `node` came to for a query that looks at `snapshot`, if anybody is still expected to ask for it.
    pub(crate) fn keep(
        &self,
        key: &Key,
        node: &Node,
        snapshot: &dyn Snapshot,
        (matrix, said, ctx): (&Matrix, &Arc<Said>, &Ctx),
    ) {
        let is_wanted = self.shelves().get(key).is_some_and(|shelf| shelf.turns > 0);
        // What a store warns of is about one answer.
        let is_plain = ctx.warnings.to_vec().is_empty();
        if !is_wanted || !is_plain || matrix.len() > ROWS_MAX {
            return;
        }
        let read_until = plan::time_span(node, &key.1, &self.options).max.0;
        let reads = Reads::of(node);
        let settled = Settled::of(matrix, ctx, (Arc::clone(said), read_until, reads));
        if self.bytes.take(settled.bytes).is_err() {
            return;
        }
        let mut shelves = self.shelves();
        let Some(shelf) = shelves.get_mut(key) else { return };
        self.forget(shelf);
        shelf.kept = Some((snapshot.changed_since(0).0, Arc::new(settled)));
    }

    /// The store's mark before one of the queries writes; `None` if it does not matter what is written, as nothing is kept.
    pub fn before_write(&self, source: &dyn Queryable) -> Option<u64> {
        if self.shelves().values().all(|shelf| shelf.kept.is_none()) {
            return None;
        }
        let snapshot = self.look(source)?;
        let (now, _) = snapshot.changed_since(0);
        for shelf in self.shelves().values_mut() {
            let Some((mark, settled)) = &mut shelf.kept else { continue };
            if settled.holds(snapshot.changed_since(*mark).1) {
                *mark = now.max(*mark);
            } else {
                self.forget(shelf);
            }
        }
        Some(now)
    }

    /// Notes that samples of `series` were written, and made visible, by one of the queries since the store's mark was
    /// `before`. What is kept holds in spite of that if it cannot read them, unless somebody else wrote as well.
    pub fn wrote(&self, source: &dyn Queryable, before: u64, series: &[Labels]) {
        let Some(snapshot) = self.look(source) else { return };
        let (now, _) = snapshot.changed_since(0);
        // Marks grow with each change: one that is next is that of this one alone.
        if now != before + 1 {
            return;
        }
        for shelf in self.shelves().values_mut() {
            if let Some((mark, settled)) = &mut shelf.kept
                && *mark == before
                && !series.iter().any(|labels| settled.reads.may_be(labels))
            {
                *mark = now;
            }
        }
    }

    fn look(&self, source: &dyn Queryable) -> Option<Arc<dyn Snapshot>> {
        source.snapshot(Span::new(self.at, self.at), &Arc::new(Ctx::default())).ok()
    }

    fn forget(&self, shelf: &mut Shelf) {
        if let Some((_, settled)) = shelf.kept.take() {
            self.bytes.give_back(settled.bytes);
        }
    }

    fn shelves(&self) -> MutexGuard<'_, HashMap<Key, Shelf>> {
        self.shelves.lock().expect("no holder of this lock panics")
    }
}

impl Settled {
    fn of(matrix: &Matrix, ctx: &Ctx, (said, read_until, reads): (Arc<Said>, i64, Reads)) -> Self {
        let arena = ctx.labels.read();
        let row = |row: &RowLabels| (arena.labels(row.labels), row.drop_name);
        let rows: Vec<_> = matrix.labels.iter().map(row).collect();
        let values = matrix.values.clone();
        let cells = values.iter().enumerate().filter(|(_, value)| is_histogram(**value));
        let histograms = cells.filter_map(|(at, &cell)| Some((at, ctx.histograms.get(cell)?)));
        let histograms: Vec<_> = histograms.collect();
        let texts: usize = rows.iter().map(|(labels, _)| labels.size_bytes()).sum();
        let places = rows.len() * size_of::<(Labels, bool)>() + values.len() * size_of::<f64>();
        let sizes: usize = histograms.iter().map(|(_, histogram)| size_bytes(histogram)).sum();
        let bytes = (texts + places + sizes) as u64;
        Self { said, read_until, reads, steps: matrix.steps, rows, values, histograms, bytes }
    }

    /// Whether it holds when nothing before `changed` has changed.
    fn holds(&self, changed: Option<Timestamp>) -> bool {
        changed.is_none_or(|Timestamp(changed)| changed > self.read_until)
    }

    pub(crate) fn said(&self) -> &Arc<Said> {
        &self.said
    }

    /// The vector as one of the query of `ctx`.
    pub(crate) fn matrix(&self, ctx: &Arc<Ctx>) -> Result<Matrix> {
        let mut matrix = Matrix::new(self.steps);
        {
            let mut arena = ctx.labels.write();
            let rows = self.rows.iter();
            matrix.labels.extend(rows.map(|&(ref labels, drop_name)| RowLabels {
                labels: arena.add(labels),
                drop_name,
            }));
        }
        ctx.hold_labels()?;
        matrix.values.clone_from(&self.values);
        for (at, histogram) in &self.histograms {
            matrix.values[*at] = ctx.histograms.add(Arc::clone(histogram));
        }
        matrix.hold(ctx)?;
        Ok(matrix)
    }
}

impl Reads {
    fn of(node: &Node) -> Self {
        let (mut all, mut open) = (Vec::new(), vec![node]);
        while let Some(node) = open.pop() {
            match node {
                Node::Info(_) => return Self::Anything,
                Node::Select(Selector { matchers, .. })
                | Node::SampleTime(Selector { matchers, .. })
                | Node::SampleStart(Selector { matchers, .. })
                | Node::Range(RangeArg { source: RangeSource::Series(matchers), .. })
                | Node::RangeCall(RangeCallNode {
                    arg: RangeArg { source: RangeSource::Series(matchers), .. },
                    ..
                }) => all.push(matchers.clone()),
                _ => {}
            }
            open.extend(node.children());
        }
        Self::Matching(all)
    }

    /// Whether a series with these labels may be among them.
    fn may_be(&self, labels: &Labels) -> bool {
        let Self::Matching(all) = self else { return true };
        let matches =
            |matcher: &Matcher| matcher.matches(labels.get(matcher.name()).unwrap_or_default());
        all.iter().any(|matchers| matchers.iter().all(matches))
    }
}
