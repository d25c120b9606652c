//! What a query is evaluated from: the parsed expression with everything settled that does not
//! depend on the step.
//!
//! Durations are numbers, `start()` and `end()` are times, parentheses are gone, and what is the
//! same at every step is marked as [`Node::Constant`].

mod bytes;
mod calls;
mod children;
mod durations;
mod light;
mod lower;
mod lowered;
mod names;
mod number;
mod order;
mod place;
mod span;
mod stepwise;

use std::ops::Range;

use regain_model::{Labels, Matcher};

use crate::functions::{Extension, RangeFn, dates, math};
use crate::operators::BinaryOp;
use crate::row_op::Stat;

pub(crate) use calls::check_extension;
pub(crate) use light::is_light;
pub(crate) use lower::lower;
pub(crate) use number::{NodeId, Numbered, Numbering, Numbers};
pub(crate) use span::time_span;
pub(crate) use stepwise::{is_repeated, is_stepwise, reads_samples};

/// Bytes of the query's text.
pub(crate) type Position = Range<u32>;

/// The times of the whole query, which `start()`, `end()`, `range()` and `step()` speak of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryTimes {
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// 0 in an instant query.
    pub(crate) step: i64,
}

/// Part of a planned query.
#[derive(Debug)]
pub(crate) enum Node {
    Number(f64),
    Text(String),
    /// `time()`
    Time,
    /// `vector(…)`
    Vector(Box<Self>),
    /// `scalar(…)`
    Scalar(Box<Self>),
    /// Evaluated once, the same at every step.
    Constant(Box<Self>),
    Select(Selector),
    /// `timestamp(…)` of a selector.
    SampleTime(Selector),
    /// A range vector by itself.
    Range(RangeArg),
    RangeCall(RangeCallNode),
    Map {
        map: Map,
        input: Box<Self>,
        params: Vec<Self>,
    },
    ScalarNegate(Box<Self>),
    ScalarMap {
        map: ScalarMap,
        left: Box<Self>,
        right: Box<Self>,
    },
    /// A part of the date of the step.
    StepDate(dates::Part),
    VectorScalar(VectorScalar),
    VectorVector(VectorVector),
    Set(SetNode),
    Aggregate(AggregateNode),
    Absent {
        input: Box<Self>,
        labels: Labels,
    },
    LabelReplace(LabelReplace),
    LabelJoin {
        input: Box<Self>,
        target: String,
        separator: String,
        sources: Vec<String>,
    },
    Sort {
        input: Box<Self>,
        by: SortBy,
        descending: bool,
        at: Position,
    },
    HistogramQuantile {
        quantile: Box<Self>,
        input: Box<Self>,
        at: [Position; 2],
    },
    HistogramQuantiles(HistogramQuantiles),
    HistogramFraction {
        lower: Box<Self>,
        upper: Box<Self>,
        input: Box<Self>,
        at: [Position; 2],
    },
    Info(InfoNode),
    /// `start_timestamp(…)` of a selector.
    SampleStart(Selector),
    /// A vector whose values are left out: `start_timestamp(…)` of what is no selector.
    Nothing(Box<Self>),
}

/// A selector of series at one time for each step.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) offset: i64,
    /// The `@` modifier.
    pub(crate) at: Option<i64>,
    pub(crate) smoothed: bool,
    /// Whether nothing but counts and sums of histograms matters.
    pub(crate) stats: bool,
    /// Its place in the query.
    pub(crate) position: Position,
}

/// A range vector.
#[derive(Debug)]
pub(crate) struct RangeArg {
    pub(crate) source: RangeSource,
    pub(crate) range: i64,
    pub(crate) offset: i64,
    pub(crate) at: Option<i64>,
    pub(crate) extension: Option<Extension>,
    /// Whether nothing but counts and sums of histograms matters.
    pub(crate) stats: bool,
}

/// Where a range vector comes from.
#[derive(Debug)]
pub(crate) enum RangeSource {
    Series(Vec<Matcher>),
    Subquery { inner: Box<Node>, step: Option<i64> },
}

/// A function over a range.
#[derive(Debug)]
pub(crate) struct RangeCallNode {
    pub(crate) function: RangeFn,
    pub(crate) name: String,
    pub(crate) arg: RangeArg,
    pub(crate) params: Vec<Node>,
    /// The labels of what is missing, for `absent_over_time`.
    pub(crate) absent: Option<Labels>,
    /// The function's first argument.
    pub(crate) at: Position,
}

/// A function of each value of a vector.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Map {
    Negate,
    Math(math::Map),
    /// A number about histograms.
    Stat(Stat),
    Date(dates::Part),
    Round,
    Clamp,
    ClampMin,
    ClampMax,
    /// `timestamp(…)` of what is no selector.
    StepTime,
}

/// A function of two scalars.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ScalarMap {
    Binary(BinaryOp),
    Min,
    Max,
}

/// A binary operation between a vector and a scalar.
#[derive(Debug)]
pub(crate) struct VectorScalar {
    pub(crate) op: BinaryOp,
    pub(crate) vector: Box<Node>,
    pub(crate) scalar: Box<Node>,
    pub(crate) scalar_left: bool,
    pub(crate) as_bool: bool,
    pub(crate) at: Position,
}

impl VectorScalar {
    /// Whether the result means something else than the vector.
    pub(crate) const fn drops_name(&self) -> bool {
        self.as_bool || self.op.changes_meaning()
    }
}

/// A binary operation between two vectors.
#[derive(Debug)]
pub(crate) struct VectorVector {
    pub(crate) op: BinaryOp,
    pub(crate) left: Box<Node>,
    pub(crate) right: Box<Node>,
    pub(crate) as_bool: bool,
    pub(crate) matching: Matching,
    pub(crate) at: Position,
}

impl VectorVector {
    /// The side of which many series may match one of the other, and the other.
    pub(crate) const fn sides_by_size(&self) -> (&Node, &Node) {
        match self.matching.cardinality {
            Cardinality::OneToMany => (&self.right, &self.left),
            Cardinality::OneToOne | Cardinality::ManyToOne => (&self.left, &self.right),
        }
    }

    /// Whether the result has the labels of the many side without its name, and nothing is filled in.
    pub(crate) fn is_lookup(&self) -> bool {
        let matching = &self.matching;
        self.op.changes_meaning()
            && !self.as_bool
            && matching.cardinality != Cardinality::OneToOne
            && matching.include.is_empty()
            && matching.fill_left.is_none()
            && matching.fill_right.is_none()
    }
}

/// How series of two vectors find each other.
#[derive(Clone, Debug)]
pub(crate) struct Matching {
    pub(crate) on: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) cardinality: Cardinality,
    pub(crate) include: Vec<String>,
    pub(crate) fill_left: Option<f64>,
    pub(crate) fill_right: Option<f64>,
}

/// How many series of each side may match one of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cardinality {
    OneToOne,
    ManyToOne,
    OneToMany,
}

/// A set operation.
#[derive(Debug)]
pub(crate) struct SetNode {
    pub(crate) op: SetOp,
    pub(crate) left: Box<Node>,
    pub(crate) right: Box<Node>,
    pub(crate) on: bool,
    pub(crate) labels: Vec<String>,
}

/// The set operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetOp {
    And,
    Or,
    Unless,
}

/// An aggregation.
#[derive(Debug)]
pub(crate) struct AggregateNode {
    pub(crate) op: AggregateOp,
    pub(crate) input: Box<Node>,
    pub(crate) labels: Vec<String>,
    pub(crate) without: bool,
    pub(crate) param: Option<Box<Node>>,
    pub(crate) param_at: Position,
    pub(crate) input_at: Position,
    pub(crate) at: Position,
}

/// The aggregation operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AggregateOp {
    Sum,
    Avg,
    Count,
    Group,
    Min,
    Max,
    Stddev,
    Stdvar,
    Quantile,
    TopK,
    BottomK,
    LimitK,
    LimitRatio,
    CountValues(String),
}

/// `label_replace`.
#[derive(Debug)]
pub(crate) struct LabelReplace {
    pub(crate) input: Box<Node>,
    pub(crate) target: String,
    pub(crate) replacement: String,
    pub(crate) source: String,
    pub(crate) regex: String,
}

/// What a vector is sorted by.
#[derive(Debug)]
pub(crate) enum SortBy {
    Value,
    Labels(Vec<String>),
}

/// `histogram_quantiles`.
#[derive(Debug)]
pub(crate) struct HistogramQuantiles {
    pub(crate) input: Box<Node>,
    pub(crate) label: String,
    pub(crate) quantiles: Vec<(Node, Position)>,
    pub(crate) at: Position,
}

/// `info`.
#[derive(Debug)]
pub(crate) struct InfoNode {
    pub(crate) input: Box<Node>,
    /// The matchers of the second argument.
    pub(crate) matchers: Vec<Matcher>,
    /// The offset and the `@` of the first argument's selector. Upstream reads info series of the
    /// times that these say, and still evaluates them at each step.
    pub(crate) offset: i64,
    pub(crate) at: Option<i64>,
}
