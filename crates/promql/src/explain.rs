//! What a query does and why it finds nothing.
//!
//! The query is evaluated as it always is, with its chains of operations done in one go, and each node
//! of its expression is told what it took. Where one scan does the work of several nodes, the figures
//! are those of the scan and stand at the outermost of them: nobody can say which share each has.
//! Nodes without series are looked at once more, by themselves, to find out why.

mod diagnosis;
mod kind;
mod matching;
mod outline;
mod profile;
mod reason;
mod samples;
mod series;
mod similar;
mod wording;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use regain_model::Timestamp;
use regain_storage::{Ctx, Queryable};

use crate::ast::Expr;
use crate::engine::{Engine, Steps, instant_plan, planned, range_plan};
use crate::eval::{Evaluator, Question};
use crate::eval_error::{EvalError, Result};
use crate::plan::{self, NodeId};
use crate::sharing::Sharing;
use crate::value::QueryResult;
use diagnosis::Diagnosis;
use outline::{Item, What, outline};
use profile::Record;

pub use kind::NodeKind;
pub use matching::{LabelDifference, Matching, Unmatched};
pub use profile::ScanFigures;
pub use reason::EmptyReason;

pub(crate) use profile::{CountedSink, Made, Profile};

/// An answer and how it came about.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The answer, the same as without an explanation.
    pub result: QueryResult,
    /// The nodes of the expression, each before those below it, which are in the order in which they
    /// are written. Parentheses and plus signs are none.
    pub nodes: Vec<ExplainedNode>,
    /// The node whose reason is that of the whole answer, where that is empty.
    pub why_empty: Option<usize>,
}

/// A node of an expression.
#[derive(Clone, Debug)]
pub struct ExplainedNode {
    /// The place of the node above in the list of all.
    pub parent: Option<usize>,
    /// Its bytes in the query.
    pub at: Range<u32>,
    /// What it is.
    pub kind: NodeKind,
    /// What it does, without what is below it.
    pub label: String,
    /// Whether it was computed once for all steps.
    pub is_constant: bool,
    /// How it was evaluated.
    pub evaluation: Evaluation,
    /// Why it has no series, where it has none.
    pub empty: Option<EmptyReason>,
}

/// How a node was evaluated.
#[derive(Clone, Debug)]
pub enum Evaluation {
    /// It is known from the text of the query.
    Settled,
    /// By itself, or as the outermost of a chain.
    Measured(Box<Figures>),
    /// In one go with the node at this place of the list, which has the figures of all.
    PartOf(usize),
    /// Not at all: it is equal to the node at this place of the list, and has its vector. The nodes below are listed
    /// there.
    SharedWith(usize),
    /// Nothing depended on it.
    Skipped,
}

/// What the evaluation of a node took and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// How often it was evaluated.
    pub evaluations: u64,
    /// The steps it was evaluated at.
    pub steps: usize,
    /// The time it took, with all below it.
    pub time: Duration,
    /// The time it took without the nodes below that have figures of their own.
    pub own_time: Duration,
    /// The samples that it read from the store itself.
    pub samples_read: u64,
    /// The samples that it looked at itself, counted once for every step that saw them.
    pub samples_total: u64,
    /// The series that came of it; none where it is no vector.
    pub series: Option<u64>,
    /// The values that came of it and were held in memory.
    pub samples: u64,
    /// The groups of an aggregation, where it has any.
    pub groups: Option<u64>,
    /// What was read from the store.
    pub scan: Option<ScanFigures>,
    /// Which series match, for a binary operation between vectors.
    pub matching: Option<Matching>,
}

impl Engine {
    /// Evaluates `expr` at the time `t` and explains the answer. `clock` tells a time that never goes
    /// back.
    pub fn explain_instant(
        &self,
        source: &dyn Queryable,
        expr: &Expr,
        t: Timestamp,
        ctx: &Arc<Ctx>,
        clock: &(dyn Fn() -> Duration + Sync),
    ) -> Result<Explanation> {
        planned(
            expr,
            || instant_plan(expr, t),
            |node, grid| explain(self.question(node, grid, false), expr, source, (ctx, clock)),
        )
    }

    /// Evaluates `expr` at `steps` and explains the answer. `clock` tells a time that never goes back.
    pub fn explain_range(
        &self,
        source: &dyn Queryable,
        expr: &Expr,
        steps: Steps,
        ctx: &Arc<Ctx>,
        clock: &(dyn Fn() -> Duration + Sync),
    ) -> Result<Explanation> {
        planned(
            expr,
            || range_plan(expr, steps),
            |node, grid| {
                let over_time = steps.start != steps.end;
                let question = Question { over_time, ..self.question(node, grid, true) };
                explain(question, expr, source, (ctx, clock))
            },
        )
    }
}

fn explain(
    question: Question<'_>,
    expr: &Expr,
    source: &dyn Queryable,
    (ctx, clock): (&Arc<Ctx>, &dyn Fn() -> Duration),
) -> Result<Explanation> {
    let Question { options, node, grid, .. } = question;
    let snapshot = source.snapshot(plan::time_span(node, grid, options), ctx)?;
    let snapshot = snapshot.as_ref();
    let mut evaluator = Evaluator::new(question, snapshot, ctx);
    evaluator.profile = Some(Profile::new(clock));
    let mut outcome = evaluator.answer(question);
    if matches!(outcome, Err(EvalError::TooManySamples)) {
        let question = Question { fuse: false, share: Sharing::None, ..question };
        evaluator = Evaluator::counting(question, snapshot, ctx);
        evaluator.profile = Some(Profile::new(clock));
        outcome = evaluator.answer(question);
    }
    let result = outcome?;
    let records = evaluator.profile.take().map(Profile::into_records).unwrap_or_default();
    let items = outline(&evaluator, expr, (node, *grid), &records)?;
    let mut nodes = explained(&items, &records);
    let diagnosis = Diagnosis { question, source, snapshot, ctx, items: &items, nodes: &nodes };
    let reasons = diagnosis.reasons()?;
    for (node, reason) in nodes.iter_mut().zip(reasons) {
        node.empty = reason;
    }
    let why_empty = why_empty(&nodes);
    Ok(Explanation { result, nodes, why_empty })
}

fn explained(items: &[Item<'_>], records: &HashMap<NodeId, Record>) -> Vec<ExplainedNode> {
    let mut nodes: Vec<ExplainedNode> = Vec::with_capacity(items.len());
    let place = |lender| items.iter().position(|item| item.ids.contains(&lender));
    for item in items {
        let shared = item.shared_with.and_then(place);
        let evaluation = match figures(item, records) {
            _ if matches!(item.what, What::Settled) => Evaluation::Settled,
            _ if let Some(lender) = shared => Evaluation::SharedWith(lender),
            Some(figures) => Evaluation::Measured(Box::new(figures)),
            None if item.grid.len == 0 => Evaluation::Skipped,
            None => unmeasured(item, &nodes),
        };
        nodes.push(ExplainedNode {
            parent: item.parent,
            at: item.expr.at.clone(),
            kind: NodeKind::of(item.expr),
            label: kind::label(item.expr),
            is_constant: item.is_constant,
            evaluation,
            empty: None,
        });
    }
    nodes
}

/// How a node was evaluated of which nothing was noted; `nodes` are those before it.
fn unmeasured(item: &Item<'_>, nodes: &[ExplainedNode]) -> Evaluation {
    let Some(parent) = item.parent else { return Evaluation::Skipped };
    let (lead, has_scan) = match &nodes[parent].evaluation {
        Evaluation::PartOf(lead) => (*lead, true),
        Evaluation::Measured(figures) => (parent, figures.scan.is_some()),
        Evaluation::Settled | Evaluation::Skipped | Evaluation::SharedWith(_) => {
            return Evaluation::Skipped;
        }
    };
    // A range is never computed by itself.
    let is_range = matches!(item.what, What::Range(_));
    if has_scan || is_range { Evaluation::PartOf(lead) } else { Evaluation::Skipped }
}

/// The figures of a node, which may stand for several of the plan.
fn figures(item: &Item<'_>, records: &HashMap<NodeId, Record>) -> Option<Figures> {
    let records = item.ids.iter().filter_map(|id| records.get(id));
    let mut records = records.filter(|record| record.evaluations > 0);
    let outermost = records.next()?;
    let mut figures = Figures {
        evaluations: outermost.evaluations,
        steps: outermost.steps,
        time: outermost.time,
        own_time: outermost.own_time,
        samples_read: outermost.samples_read,
        samples_total: outermost.samples_total,
        series: outermost.output.series,
        samples: outermost.output.samples,
        groups: outermost.groups,
        scan: outermost.scan,
        matching: outermost.matching.clone(),
    };
    for inner in records {
        figures.evaluations = inner.evaluations;
        figures.steps = inner.steps;
        figures.own_time += inner.own_time;
        figures.samples_read += inner.samples_read;
        figures.samples_total += inner.samples_total;
        figures.groups = figures.groups.or(inner.groups);
        figures.scan = figures.scan.or(inner.scan);
        figures.matching = figures.matching.or_else(|| inner.matching.clone());
    }
    Some(figures)
}

/// The node that is to blame for an empty answer: the first that is empty by itself.
fn why_empty(nodes: &[ExplainedNode]) -> Option<usize> {
    let mut at = 0;
    while let EmptyReason::EmptyInput { nodes: below } = nodes.get(at)?.empty.as_ref()? {
        at = *below.first()?;
    }
    Some(at)
}
