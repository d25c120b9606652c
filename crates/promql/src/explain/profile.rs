//! What evaluating took, node by node, for those who ask.
//!
//! The evaluator carries a profile or none. Without one nothing is measured: the only trace of this
//! file in an ordinary query is a test for `None` at each node of its plan.

use std::time::Duration;

use hashbrown::HashMap;
use regain_storage::ArenaReader;

use super::matching::{Matching, census};
use crate::aggregate::{Grouping, Sink};
use crate::eval::{Evaluator, Output};
use crate::eval_error::Result;
use crate::grid::{Grid, Matrix, RowLabels, is_absent};
use crate::label_sets::{KeyIndex, LabelFilter};
use crate::plan::{AggregateNode, AggregateOp, Node, NodeId};
use crate::scan::Report;
use crate::value::Series;

/// What is known about the evaluation of one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    /// How often it was evaluated.
    pub(crate) evaluations: u64,
    /// Over how many steps, the last time.
    pub(crate) steps: usize,
    pub(crate) time: Duration,
    /// The time without that of the nodes below that were evaluated by themselves.
    pub(crate) own_time: Duration,
    pub(crate) samples_read: u64,
    pub(crate) samples_total: u64,
    /// What came of it, the last time.
    pub(crate) output: Made,
    pub(crate) groups: Option<u64>,
    pub(crate) scan: Option<ScanFigures>,
    pub(crate) matching: Option<Matching>,
    /// The equal node that was evaluated in its place.
    pub(crate) shared_with: Option<NodeId>,
}

/// How much came of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    /// The series, where it is a vector.
    pub(crate) series: Option<u64>,
    /// The values.
    pub(crate) samples: u64,
}

impl Made {
    /// What a range vector by itself holds.
    pub(crate) fn of_series(all: &[Series]) -> Self {
        let samples = all.iter().map(|series| series.points.len() + series.histograms.len());
        Self { series: Some(all.len() as u64), samples: samples.sum::<usize>() as u64 }
    }
}

/// What scans of a chain of nodes did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanFigures {
    /// The series that the store selected.
    pub series_selected: u64,
    /// The series that had a value at the end of the chain.
    pub series_out: u64,
    /// The parts in which the store handed them out.
    pub parts: u64,
    /// The parts that were answered without decoding samples.
    pub parts_undecoded: u64,
    /// The threads that worked at most.
    pub workers: u64,
}

impl ScanFigures {
    fn add(&mut self, other: Self) {
        self.series_selected += other.series_selected;
        self.series_out += other.series_out;
        self.parts += other.parts;
        self.parts_undecoded += other.parts_undecoded;
        self.workers = self.workers.max(other.workers);
    }
}

/// The records of one query while they are made.
pub(crate) struct Profile<'q> {
    clock: &'q dyn Fn() -> Duration,
    /// The time that measuring itself has taken, which belongs to no node.
    apart: Duration,
    stack: Vec<Frame>,
    records: HashMap<NodeId, Record>,
}

/// A node that is being evaluated.
struct Frame {
    node: NodeId,
    start: Duration,
    /// What the nodes below have taken.
    below: Spent,
    /// The query's counts when it began.
    before: (u64, u64),
}

#[derive(Clone, Copy, Default)]
struct Spent {
    time: Duration,
    samples_read: u64,
    samples_total: u64,
}

impl<'q> Profile<'q> {
    /// A profile that reads the time, which never goes back, from `clock`.
    pub(super) fn new(clock: &'q dyn Fn() -> Duration) -> Self {
        Self { clock, apart: Duration::ZERO, stack: Vec::new(), records: HashMap::new() }
    }

    pub(super) fn into_records(self) -> HashMap<NodeId, Record> {
        self.records
    }

    fn now(&self) -> Duration {
        (self.clock)().saturating_sub(self.apart)
    }

    /// Measures something of which the nodes do not pay the time.
    fn aside(&mut self, f: impl FnOnce(&mut Record)) {
        let start = (self.clock)();
        if let Some(frame) = self.stack.last() {
            f(self.records.entry(frame.node).or_default());
        }
        self.apart += (self.clock)().saturating_sub(start);
    }

    fn enter(&mut self, node: &Node, before: (u64, u64)) {
        let (node, start) = (NodeId::of(node), self.now());
        self.stack.push(Frame { node, start, below: Spent::default(), before });
    }

    fn leave(&mut self, grid: &Grid, after: (u64, u64)) {
        let end = self.now();
        let Some(Frame { node, start, below, before }) = self.stack.pop() else { return };
        let all = Spent {
            time: end.saturating_sub(start),
            samples_read: after.0.saturating_sub(before.0),
            samples_total: after.1.saturating_sub(before.1),
        };
        if let Some(above) = self.stack.last_mut() {
            above.below.time += all.time;
            above.below.samples_read += all.samples_read;
            above.below.samples_total += all.samples_total;
        }
        let record = self.records.entry(node).or_default();
        record.evaluations += 1;
        record.steps = grid.len;
        record.time += all.time;
        record.own_time += all.time.saturating_sub(below.time);
        record.samples_read += all.samples_read.saturating_sub(below.samples_read);
        record.samples_total += all.samples_total.saturating_sub(below.samples_total);
    }

    /// Notes that what `lender` came to was used for `node`, which would have looked at so many samples.
    pub(crate) fn shared(&mut self, node: &Node, lender: NodeId, samples_total: u64) {
        self.records.entry(NodeId::of(node)).or_default().shared_with = Some(lender);
        if let Some(above) = self.stack.last_mut() {
            above.below.samples_total += samples_total;
        }
    }

    /// Notes what a scan has done for the node that is being evaluated.
    pub(crate) fn scanned(&mut self, report: &Report, series_out: u64) {
        let figures = ScanFigures {
            series_selected: report.series_selected,
            series_out,
            parts: report.parts,
            parts_undecoded: report.parts_undecoded,
            workers: report.workers,
        };
        self.aside(|record| record.scan.get_or_insert_default().add(figures));
    }
}

impl Evaluator<'_> {
    /// Evaluates a node and notes what that took.
    pub(crate) fn profiled<T>(
        &mut self,
        node: &Node,
        grid: &Grid,
        evaluate: impl FnOnce(&mut Self) -> Result<T>,
        made: impl FnOnce(&T) -> Made,
    ) -> Result<T> {
        let before = (self.stats.samples_read, self.stats.samples_total);
        if let Some(profile) = &mut self.profile {
            profile.enter(node, before);
        }
        let result = evaluate(self);
        let after = (self.stats.samples_read, self.stats.samples_total);
        if let Some(profile) = &mut self.profile {
            if let Ok(output) = &result {
                profile.aside(|record| record.output = made(output));
            }
            profile.leave(grid, after);
        }
        result
    }

    /// Evaluates a node of a query that is to be explained.
    pub(crate) fn eval_profiled(&mut self, node: &Node, grid: &Grid) -> Result<Output> {
        let ctx = self.ctx;
        let mut groups = None;
        let count_groups = |output: &Output| {
            if let (Node::Aggregate(node), Output::Vector(matrix)) = (node, output) {
                groups = group_count(&ctx.labels.read(), node, matrix);
            }
            made(output)
        };
        let output = self.profiled(node, grid, |me| me.compute(node, grid), count_groups)?;
        if let (Some(groups), Some(profile)) = (groups, &mut self.profile) {
            profile.records.entry(NodeId::of(node)).or_default().groups = Some(groups);
        }
        Ok(output)
    }

    /// Notes which series of two vectors match.
    pub(crate) fn note_matching(&mut self, on: bool, labels: &[String], sides: [&Matrix; 2]) {
        let ctx = self.ctx;
        if let Some(profile) = &mut self.profile {
            profile.aside(|record| {
                record.matching = Some(census(&ctx.labels.read(), (on, labels), sides));
            });
        }
    }
}

fn made(output: &Output) -> Made {
    match output {
        Output::Vector(matrix) => Made {
            series: Some(matrix.len() as u64),
            samples: matrix.values.iter().filter(|value| !is_absent(**value)).count() as u64,
        },
        Output::Scalar(values) => Made { series: None, samples: values.len() as u64 },
        Output::Text(_) => Made::default(),
    }
}

/// How many groups an aggregation has had, where it has any.
fn group_count(arena: &ArenaReader<'_>, node: &AggregateNode, made: &Matrix) -> Option<u64> {
    let mut filter = match &node.op {
        AggregateOp::LimitRatio => return None,
        AggregateOp::TopK | AggregateOp::BottomK | AggregateOp::LimitK => {
            Grouping { labels: &node.labels, without: node.without, strip: false }.filter()
        }
        // The value of a group's series is one of their labels.
        AggregateOp::CountValues(label) => LabelFilter::removing([label]),
        _ => return Some(made.len() as u64),
    };
    filter.resolve(arena);
    let (mut index, mut key) = (KeyIndex::default(), Vec::new());
    for row in &made.labels {
        filter.apply(arena.pairs(row.labels), &mut key);
        index.number(&key);
    }
    Some(index.len() as u64)
}

/// Counts the rows on their way into a sink.
pub(crate) struct CountedSink<'s> {
    inner: &'s mut dyn Sink,
    pub(crate) rows: u64,
}

impl<'s> CountedSink<'s> {
    pub(crate) fn new(inner: &'s mut dyn Sink) -> Self {
        Self { inner, rows: 0 }
    }
}

impl Sink for CountedSink<'_> {
    fn begin(&mut self, arena: &ArenaReader<'_>) {
        self.inner.begin(arena);
    }

    fn row(&mut self, arena: &ArenaReader<'_>, labels: RowLabels, row: &[f64]) -> Result<()> {
        self.rows += 1;
        self.inner.row(arena, labels, row)
    }
}
