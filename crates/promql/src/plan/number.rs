//! Which nodes of plans compute the same, wherever they stand in a text.
//!
//! A node is known by what it says itself and by the numbers of the nodes below it. Those that are the same in
//! this have the same number, and no others have: what numbers stand for is compared whole, not as hashes.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use hashbrown::HashMap;
use regain_model::Matcher;

use super::names::{Names, selected};
use super::{
    AggregateNode, AggregateOp, Map, Matching, Node, RangeArg, RangeCallNode, RangeSource,
    ScalarMap, Selector, SortBy, VectorScalar,
};
use crate::engine::Features;
use crate::functions::Extension;

/// A node of a plan, known by its place in memory: a plan does not move while it is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(usize);

impl NodeId {
    pub(crate) fn of(node: &Node) -> Self {
        Self(std::ptr::from_ref(node).addr())
    }
}

/// What is known of a node and all below it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbered {
    /// The same for nodes that compute the same.
    pub(crate) number: u32,
    /// Whether samples are read.
    pub(crate) reads: bool,
    /// What chain the node is the end of, if any.
    pub(crate) chain: Option<Chain>,
}

impl Numbered {
    /// Whether the rows can be handed to an aggregation as they come.
    pub(crate) fn streams(self) -> bool {
        self.chain.is_some_and(Chain::streams)
    }
}

/// Operations that are done on one series after another, from a selector on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    /// Whether the series stay apart without their names.
    may_lose_name: bool,
    nameless: bool,
}

impl Chain {
    const fn streams(self) -> bool {
        !self.nameless || self.may_lose_name
    }
}

/// The numbers of the nodes of one plan.
pub(crate) type Numbers = HashMap<NodeId, Numbered>;

/// Gives numbers to the nodes of plans that are to be compared with each other.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    features: Features,
    by_key: HashMap<Vec<u8>, u32>,
}

impl Numbering {
    pub(crate) fn new(features: Features) -> Self {
        Self { features, by_key: HashMap::new() }
    }

    /// Numbers `node` and all below it.
    pub(crate) fn number(&mut self, node: &Node, numbers: &mut Numbers) -> Numbered {
        let mut key = Key::default();
        key.own(node);
        let children = node.children();
        children.len().hash(&mut key);
        let mut reads = is_leaf_of_samples(node);
        for child in children {
            let below = self.number(child, numbers);
            below.number.hash(&mut key);
            reads |= below.reads;
        }
        let next = u32::try_from(self.by_key.len()).expect("a query has fewer than 2^32 nodes");
        let number = *self.by_key.entry(key.0).or_insert(next);
        let chain = self.chain(node, numbers);
        let numbered = Numbered { number, reads, chain };
        numbers.insert(NodeId::of(node), numbered);
        numbered
    }

    /// The chain that `node` is the end of; the nodes below have their numbers.
    fn chain(&self, node: &Node, numbers: &Numbers) -> Option<Chain> {
        let below = |node: &Node| numbers.get(&NodeId::of(node)).and_then(|below| below.chain);
        let start = |matchers: &[Matcher], nameless| {
            let may_lose_name =
                self.features.delayed_name_removal || selected(matchers) == Names::One;
            Some(Chain { may_lose_name, nameless })
        };
        match node {
            Node::Select(selector) => start(&selector.matchers, false),
            Node::SampleTime(selector) => start(&selector.matchers, true),
            Node::SampleStart(selector) if self.features.start_timestamps => {
                start(&selector.matchers, true)
            }
            Node::RangeCall(RangeCallNode { function, arg, absent: None, .. }) => {
                let chain = match &arg.source {
                    RangeSource::Series(matchers) => start(matchers, false)?,
                    RangeSource::Subquery { inner, .. } => below(inner).filter(|c| c.streams())?,
                };
                Some(Chain { nameless: chain.nameless || !function.keeps_name(), ..chain })
            }
            Node::Map { input, .. } => {
                let chain = below(input).filter(|chain| chain.may_lose_name)?;
                Some(Chain { nameless: true, ..chain })
            }
            Node::VectorScalar(operation) => {
                let chain = below(&operation.vector)?;
                let nameless = chain.nameless || operation.drops_name();
                Some(Chain { nameless, ..chain }).filter(|chain| chain.streams())
            }
            _ => None,
        }
    }
}

/// Whether a node reads samples itself.
fn is_leaf_of_samples(node: &Node) -> bool {
    match node {
        Node::Select(_) | Node::SampleTime(_) | Node::SampleStart(_) | Node::Info(_) => true,
        Node::Range(arg) | Node::RangeCall(RangeCallNode { arg, .. }) => {
            matches!(arg.source, RangeSource::Series(_))
        }
        _ => false,
    }
}

/// What a node says, as bytes: those that are hashed elsewhere.
#[derive(Default)]
struct Key(Vec<u8>);

impl Hasher for Key {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Nobody asks for a hash: the bytes are what is compared.
    fn finish(&self) -> u64 {
        0
    }
}

impl Key {
    /// Adds what `node` says itself: all but its place and the nodes below.
    fn own(&mut self, node: &Node) {
        discriminant(node).hash(self);
        match node {
            Node::Number(value) => value.to_bits().hash(self),
            Node::Text(text) => text.hash(self),
            Node::Select(selector) | Node::SampleTime(selector) | Node::SampleStart(selector) => {
                self.selector(selector);
            }
            Node::Range(arg) => self.range(arg),
            Node::RangeCall(call) => {
                (&call.name, call.absent.is_some()).hash(self);
                self.range(&call.arg);
            }
            Node::Map { map, .. } => self.map(*map),
            Node::ScalarMap { map, .. } => {
                discriminant(map).hash(self);
                if let ScalarMap::Binary(op) = map {
                    discriminant(op).hash(self);
                }
            }
            Node::StepDate(part) => part.hash(self),
            Node::VectorScalar(VectorScalar { op, scalar_left, as_bool, .. }) => {
                (discriminant(op), scalar_left, as_bool).hash(self);
            }
            Node::VectorVector(node) => {
                (discriminant(&node.op), node.as_bool).hash(self);
                self.matching(&node.matching);
            }
            Node::Set(node) => (discriminant(&node.op), node.on, &node.labels).hash(self),
            Node::Aggregate(node) => self.aggregate(node),
            Node::LabelReplace(node) => {
                [&node.target, &node.replacement, &node.source, &node.regex].hash(self);
            }
            Node::LabelJoin { target, separator, sources, .. } => {
                (target, separator, sources).hash(self);
            }
            Node::Sort { by, descending, .. } => {
                (discriminant(by), descending).hash(self);
                if let SortBy::Labels(labels) = by {
                    labels.hash(self);
                }
            }
            Node::HistogramQuantiles(node) => node.label.hash(self),
            Node::Info(info) => {
                self.matchers(&info.matchers);
                (info.offset, info.at).hash(self);
            }
            // The labels of what is absent come from the node below.
            Node::Absent { .. }
            | Node::Time
            | Node::Vector(_)
            | Node::Scalar(_)
            | Node::Constant(_)
            | Node::ScalarNegate(_)
            | Node::HistogramQuantile { .. }
            | Node::HistogramFraction { .. }
            | Node::Nothing(_) => {}
        }
    }

    fn matchers(&mut self, matchers: &[Matcher]) {
        matchers.len().hash(self);
        for matcher in matchers {
            (matcher.name(), discriminant(&matcher.op()), matcher.value()).hash(self);
        }
    }

    fn selector(&mut self, selector: &Selector) {
        self.matchers(&selector.matchers);
        (selector.offset, selector.at, selector.smoothed, selector.stats).hash(self);
    }

    fn range(&mut self, arg: &RangeArg) {
        match &arg.source {
            RangeSource::Series(matchers) => self.matchers(matchers),
            RangeSource::Subquery { step, .. } => step.hash(self),
        }
        discriminant(&arg.source).hash(self);
        let extension = arg.extension.map(Extension::name);
        (arg.range, arg.offset, arg.at, extension, arg.stats).hash(self);
    }

    fn map(&mut self, map: Map) {
        discriminant(&map).hash(self);
        match map {
            Map::Math(function) => function.hash(self),
            Map::Stat(function) => function.hash(self),
            Map::Date(function) => function.hash(self),
            Map::Negate
            | Map::Round
            | Map::Clamp
            | Map::ClampMin
            | Map::ClampMax
            | Map::StepTime => {}
        }
    }

    fn matching(&mut self, matching: &Matching) {
        let Matching { on, labels, cardinality, include, fill_left, fill_right } = matching;
        (on, labels, discriminant(cardinality), include).hash(self);
        (fill_left.map(f64::to_bits), fill_right.map(f64::to_bits)).hash(self);
    }

    fn aggregate(&mut self, node: &AggregateNode) {
        discriminant(&node.op).hash(self);
        if let AggregateOp::CountValues(label) = &node.op {
            label.hash(self);
        }
        (&node.labels, node.without, node.param.is_some()).hash(self);
    }
}
