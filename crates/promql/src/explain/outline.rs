//! The expression as it was written, each of its nodes beside the part of the plan that it became.

use hashbrown::HashMap;

use super::profile::Record;
use crate::ast::{Expr, ExprKind, ValueType};
use crate::eval::Evaluator;
use crate::eval_error::Result;
use crate::grid::Grid;
use crate::plan::{Node, NodeId, RangeArg, RangeSource, Selector};

/// A node of the expression. Parentheses and plus signs are none: they compute nothing.
#[derive(Debug)]
pub(super) struct Item<'p> {
    pub(super) expr: &'p Expr,
    pub(super) parent: Option<usize>,
    /// The nodes below, in the order in which they are written.
    pub(super) children: Vec<usize>,
    pub(super) what: What<'p>,
    /// The nodes of the plan that stand for it, the outermost first.
    pub(super) ids: Vec<NodeId>,
    /// When it is evaluated.
    pub(super) grid: Grid,
    /// Whether it is evaluated once for all steps.
    pub(super) is_constant: bool,
    /// The equal node that was evaluated in its place. The nodes below are listed there.
    pub(super) shared_with: Option<NodeId>,
}

/// What of the plan a node of the expression became.
#[derive(Clone, Copy, Debug)]
pub(super) enum What<'p> {
    /// Nothing that is evaluated: a text, a number, or something that its function takes as it stands.
    Settled,
    Selector(&'p Selector),
    Range(&'p RangeArg),
    Node(&'p Node),
}

/// A node that waits to be looked at.
#[derive(Clone, Copy)]
struct Waiting<'p> {
    expr: &'p Expr,
    parent: Option<usize>,
    what: What<'p>,
    grid: Grid,
    is_constant: bool,
}

/// Lists the nodes of `expr`, which was planned as `node` and of which `records` were made, each before those below
/// it.
pub(super) fn outline<'p>(
    evaluator: &Evaluator<'_>,
    expr: &'p Expr,
    (node, grid): (&'p Node, Grid),
    records: &HashMap<NodeId, Record>,
) -> Result<Vec<Item<'p>>> {
    let (mut items, parent): (Vec<Item<'p>>, _) = (Vec::new(), None);
    let first = Waiting { expr, parent, what: What::Node(node), grid, is_constant: false };
    let mut waiting = vec![first];
    while let Some(next) = waiting.pop() {
        let at = items.len();
        let mut item = Item::new(next);
        item.shared_with = shared_with(&item.ids, records);
        if let Some(parent) = item.parent {
            items[parent].children.push(at);
        }
        // An argument that nothing evaluates has no arguments worth a look.
        let is_leaf = matches!(item.what, What::Settled) || item.shared_with.is_some();
        let below = if is_leaf { Vec::new() } else { written(item.expr) };
        let mut planned = planned(item.what, &below).into_iter();
        let grid = match item.what {
            What::Range(arg) => match &arg.source {
                RangeSource::Series(_) => item.grid,
                RangeSource::Subquery { step, .. } => {
                    evaluator.subquery_grid(arg, *step, &item.grid)?
                }
            },
            _ => item.grid,
        };
        let is_constant = item.is_constant;
        items.push(item);
        let children = below.into_iter().map(|expr| {
            let what = planned.next().unwrap_or(What::Settled);
            Waiting { expr, parent: Some(at), what, grid, is_constant }
        });
        let children: Vec<_> = children.collect();
        waiting.extend(children.into_iter().rev());
    }
    Ok(items)
}

impl<'p> Item<'p> {
    fn new(waiting: Waiting<'p>) -> Self {
        let Waiting { expr, parent, mut what, mut grid, mut is_constant } = waiting;
        let mut ids = Vec::new();
        while let What::Node(node) = what {
            ids.push(NodeId::of(node));
            what = match node {
                Node::Constant(inner) => {
                    (grid, is_constant) = (grid.first(), is_constant || grid.len > 1);
                    What::Node(inner)
                }
                Node::Select(selector) => What::Selector(selector),
                Node::Range(arg) => What::Range(arg),
                Node::Number(_) | Node::Text(_) => What::Settled,
                _ => break,
            };
        }
        let (expr, children) = (bare(expr), Vec::new());
        Self { expr, parent, children, what, ids, grid, is_constant, shared_with: None }
    }
}

/// The node that was evaluated in the place of those of `ids`, if one was.
fn shared_with(ids: &[NodeId], records: &HashMap<NodeId, Record>) -> Option<NodeId> {
    let mut records = ids.iter().filter_map(|id| records.get(id));
    records.find(|record| record.evaluations == 0)?.shared_with
}

/// What stands inside of parentheses and behind plus signs.
fn bare(mut expr: &Expr) -> &Expr {
    while let ExprKind::Paren(inner) | ExprKind::Unary { negative: false, expr: inner } = &expr.kind
    {
        expr = inner;
    }
    expr
}

/// The expressions below one, in the order in which they are written.
fn written(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Subquery(subquery) => vec![&subquery.expr],
        ExprKind::Call(call) => call.args.iter().collect(),
        ExprKind::Aggregate(aggregate) => {
            aggregate.param.iter().chain(std::iter::once(&aggregate.expr)).collect()
        }
        ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
        ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => vec![expr],
        _ => Vec::new(),
    }
}

/// What became of the expressions below a node, which are `below`.
fn planned<'p>(what: What<'p>, below: &[&Expr]) -> Vec<What<'p>> {
    let node = match what {
        What::Settled | What::Selector(_) => return Vec::new(),
        What::Range(arg) => return subquery(arg).into_iter().collect(),
        What::Node(node) => node,
    };
    match node {
        Node::RangeCall(call) => {
            let (mut arg, mut params) = (Some(&call.arg), call.params.iter());
            let of = |expr: &&Expr| match expr.value_type() {
                ValueType::Matrix if arg.is_some() => arg.take().map(What::Range),
                _ => params.next().map(What::Node),
            };
            below.iter().map(of).map(|what| what.unwrap_or(What::Settled)).collect()
        }
        Node::SampleTime(selector) | Node::SampleStart(selector) => vec![What::Selector(selector)],
        Node::VectorScalar(node) if node.scalar_left => nodes(vec![&node.scalar, &node.vector]),
        Node::Aggregate(node) if below.len() > 1 => {
            let param = node.param.as_deref().map_or(What::Settled, What::Node);
            vec![param, What::Node(&node.input)]
        }
        Node::HistogramQuantiles(node) => {
            let quantiles = node.quantiles.iter().map(|(quantile, _)| What::Node(quantile));
            [What::Node(&node.input), What::Settled].into_iter().chain(quantiles).collect()
        }
        other => nodes(other.children()),
    }
}

fn nodes(nodes: Vec<&Node>) -> Vec<What<'_>> {
    nodes.into_iter().map(What::Node).collect()
}

/// What a subquery evaluates.
fn subquery(arg: &RangeArg) -> Option<What<'_>> {
    match &arg.source {
        RangeSource::Series(_) => None,
        RangeSource::Subquery { inner, .. } => Some(What::Node(inner)),
    }
}
