//! Which nodes of a plan are worth sharing.
//!
//! The plan is walked as the evaluator walks it. Where the two come to different ends, as where series have types
//! and units, a vector is kept too long or computed once more; the answer is the same.

use hashbrown::{HashMap, HashSet};

use super::{Key, Round, Shares, Shelf};
use crate::ast::Expr;
use crate::engine::EngineOptions;
use crate::grid::Grid;
use crate::plan::{
    AggregateNode, Node, NodeId, Numbered, Numbering, Numbers, RangeArg, RangeSource, is_repeated,
};
use crate::stack::with_stack_for;

/// How a node's rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// As a whole vector.
    Whole,
    /// One by one, by a chain that goes into a whole vector.
    InChain,
    /// One by one, by what keeps none of them.
    Streamed,
}

/// How often a node's rows are asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    whole: u32,
    in_chain: u32,
    all: u32,
    /// By how many queries, and by which the last time.
    queries: u32,
    last: Option<usize>,
}

impl Uses {
    fn add(&mut self, how: Use, query: usize) {
        self.all += 1;
        if self.last.replace(query) != Some(query) {
            self.queries += 1;
        }
        match how {
            Use::Whole => self.whole += 1,
            Use::InChain => self.in_chain += 1,
            Use::Streamed => {}
        }
    }

    /// Whether keeping the rows takes no more than what is held in any case.
    const fn are_worth_sharing(self, grid: &Grid) -> bool {
        self.all > 1 && (self.whole > 0 || grid.len == 1 && self.in_chain > 0)
    }
}

struct Census<'o> {
    options: &'o EngineOptions,
    numbers: &'o Numbers,
    /// Which of several queries is walked.
    query: usize,
    uses: HashMap<Key, Uses>,
}

/// The nodes that are to be shared when `node` is evaluated on `grid`.
pub(crate) fn census(node: &Node, grid: &Grid, options: &EngineOptions) -> Shares<'static> {
    if !is_repeated(node) {
        return Shares::default();
    }
    let mut numbers = Numbers::new();
    Numbering::new(options.features).number(node, &mut numbers);
    shares_of(node, grid, options, &numbers, None)
}

/// The nodes that are to be shared when `node`, which has its `numbers`, is evaluated on `grid` as one query of `round`.
pub(super) fn shares_of<'r>(
    node: &Node,
    grid: &Grid,
    options: &EngineOptions,
    numbers: &Numbers,
    round: Option<&'r Round>,
) -> Shares<'r> {
    let mut census = Census { options, numbers, query: 0, uses: HashMap::new() };
    census.visit(node, *grid, Use::Whole);
    let is_shared = |key: &Key, uses: &Uses| {
        uses.are_worth_sharing(&key.1) || round.is_some_and(|round| round.wants(key))
    };
    let shared = census.uses.into_iter().filter(|(key, uses)| is_shared(key, uses));
    let shelves: HashMap<Key, Shelf> =
        shared.map(|(key, uses)| (key, Shelf { turns: uses.all, kept: None })).collect();
    if shelves.is_empty() {
        return Shares::default();
    }
    let (mut known, mut open) = (HashMap::new(), vec![node]);
    while let Some(node) = open.pop() {
        let id = NodeId::of(node);
        known.extend(numbers.get(&id).map(|numbered| (id, numbered.number)));
        open.extend(node.children());
    }
    Shares { numbers: known, shelves, round }
}

/// What several of the queries that were planned on `grid` have in common and is no chain, with how many they are.
pub(super) fn repeated<'n>(
    queries: impl Iterator<Item = (&'n Expr, &'n Node)>,
    grid: &Grid,
    options: &EngineOptions,
    numbers: &Numbers,
) -> Vec<(Key, u32)> {
    let mut census = Census { options, numbers, query: 0, uses: HashMap::new() };
    for (query, (expr, node)) in queries.enumerate() {
        census.query = query;
        // Without a stack it is not shared.
        drop(with_stack_for(expr, || census.visit(node, *grid, Use::Whole)));
    }
    let chains = numbers.values().filter(|numbered| numbered.chain.is_some());
    let chains: HashSet<u32> = chains.map(|numbered| numbered.number).collect();
    let found = census.uses.into_iter().filter(|((number, _), uses)| {
        uses.queries > 1 && uses.whole == uses.all && !chains.contains(number)
    });
    found.map(|(key, uses)| (key, uses.queries)).collect()
}

impl Census<'_> {
    fn numbered(&self, node: &Node) -> Numbered {
        self.numbers[&NodeId::of(node)]
    }

    fn visit(&mut self, node: &Node, grid: Grid, how: Use) {
        let Numbered { number, reads, .. } = self.numbered(node);
        if !reads || grid.len == 0 {
            return;
        }
        if is_vector(node) {
            let uses = self.uses.entry((number, grid)).or_default();
            uses.add(how, self.query);
            // Nothing below is asked for again.
            if uses.all > 1 {
                return;
            }
        }
        self.below(node, grid, how);
    }

    fn below(&mut self, node: &Node, grid: Grid, how: Use) {
        match node {
            Node::RangeCall(call) => {
                self.subquery(&call.arg, grid);
                self.whole(call.params.iter(), grid);
            }
            Node::Range(arg) => self.subquery(arg, grid),
            Node::Map { input, params, .. } => {
                self.linked(node, input, grid, how);
                self.whole(params.iter(), grid);
            }
            Node::VectorScalar(operation) => {
                self.linked(node, &operation.vector, grid, how);
                self.visit(&operation.scalar, grid, Use::Whole);
            }
            Node::VectorVector(operation) if how == Use::Streamed => {
                for side in [&*operation.left, &*operation.right] {
                    let is_many = std::ptr::eq(side, operation.sides_by_size().0);
                    self.visit(side, grid, if is_many { Use::Streamed } else { Use::Whole });
                }
            }
            Node::Constant(inner) => self.visit(inner, grid.first(), Use::Whole),
            Node::Aggregate(aggregate) => self.aggregate(aggregate, grid),
            other => {
                self.whole(other.children().into_iter(), grid);
            }
        }
    }

    fn whole<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>, grid: Grid) {
        for node in nodes {
            self.visit(node, grid, Use::Whole);
        }
    }

    /// Visits what a node works on that may be part of a chain with it.
    fn linked(&mut self, node: &Node, input: &Node, grid: Grid, how: Use) {
        let how = match how {
            _ if self.numbered(node).chain.is_none() => Use::Whole,
            Use::Streamed => Use::Streamed,
            Use::Whole | Use::InChain => Use::InChain,
        };
        self.visit(input, grid, how);
    }

    fn subquery(&mut self, arg: &RangeArg, grid: Grid) {
        let RangeSource::Subquery { inner, step } = &arg.source else { return };
        // The evaluator tells what is wrong with the steps.
        let Ok(grid) = arg.inner_grid(*step, &grid, self.options.step_default_ms) else { return };
        let streams = self.numbered(inner).streams();
        self.visit(inner, grid, if streams { Use::Streamed } else { Use::Whole });
    }

    fn aggregate(&mut self, node: &AggregateNode, grid: Grid) {
        if let Some(param) = &node.param {
            self.visit(param, grid, Use::Whole);
        }
        let streams = |node: &Node| self.numbered(node).streams();
        let is_streamed = match &*node.input {
            Node::VectorVector(operation) => {
                !self.options.features.delayed_name_removal
                    && operation.is_lookup()
                    && streams(operation.sides_by_size().0)
            }
            input => streams(input),
        };
        self.visit(&node.input, grid, if is_streamed { Use::Streamed } else { Use::Whole });
    }
}

/// Whether a node that reads samples is a vector that is its own: what is the same at every step is shared as the
/// one step that it is.
const fn is_vector(node: &Node) -> bool {
    !matches!(
        node,
        Node::Constant(_)
            | Node::Scalar(_)
            | Node::ScalarNegate(_)
            | Node::ScalarMap { .. }
            | Node::Range(_)
    )
}
