//! Expressions as they were written.
//!
//! **Invariant.** What [`parse`](crate::parse) makes is whole and its types fit: nothing is missing, a
//! call has the arguments of its function, and set operators stand between vectors. Only a
//! [`Draft`](crate::Draft) has holes.

mod chain;
mod names;
mod value_type;

use std::ops::Range;

use regain_model::Matcher;

/// Bytes of the query's text.
pub type Position = Range<u32>;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place in the query.
    pub at: Position,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// A string whose escapes make it something else than UTF-8. No label can have it as its name.
    Bytes(Vec<u8>),
    /// An instant vector selector.
    Vector(VectorSelector),
    /// A range vector selector.
    Matrix(MatrixSelector),
    /// An expression evaluated at steps of its own.
    Subquery(Box<Subquery>),
    /// A function call.
    Call(Call),
    /// An aggregation.
    Aggregate(Box<Aggregate>),
    /// A binary operation.
    Binary(Box<Binary>),
    /// A sign before an expression.
    Unary {
        /// Whether the sign is a minus.
        negative: bool,
        /// What it stands before.
        expr: Box<Expr>,
    },
    /// An expression in parentheses.
    Paren(Box<Expr>),
    /// What is missing or could not be read, in a [`Draft`](crate::Draft).
    Hole,
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// Its value; seconds where it is a duration or stands in place of one.
    pub value: f64,
    /// Whether it is written as a duration, such as `5m`.
    pub is_duration: bool,
}

/// A selector of series.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSelector {
    /// The metric name written before the braces.
    pub name: Option<String>,
    /// All matchers, that of the name included.
    pub matchers: Vec<Matcher>,
    /// When it looks.
    pub time: TimeModifiers,
    /// `anchored` or `smoothed`.
    pub extension: Option<Extension>,
}

/// A selector of series over a range of time.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixSelector {
    /// The series.
    pub selector: VectorSelector,
    /// How far back.
    pub range: Duration,
}

/// A subquery.
#[derive(Clone, Debug, PartialEq)]
pub struct Subquery {
    /// What is evaluated.
    pub expr: Expr,
    /// How far back.
    pub range: Duration,
    /// The step, where it is given.
    pub step: Option<Duration>,
    /// When it looks.
    pub time: TimeModifiers,
}

/// `offset` and `@`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeModifiers {
    /// How far the time is moved back.
    pub offset: Option<Duration>,
    /// The time that takes the place of the step's.
    pub at: Option<At>,
}

/// The time of an `@` modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Milliseconds since the epoch.
    Time(i64),
    /// `start()`
    Start,
    /// `end()`
    End,
}

/// A modifier of how a range looks at its borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// `anchored`
    Anchored,
    /// `smoothed`
    Smoothed,
}

/// A duration.
#[derive(Clone, Debug, PartialEq)]
pub enum Duration {
    /// Milliseconds.
    Literal(i64),
    /// A computation whose result is known when the query is.
    Expr(DurationExpr),
}

/// Part of a computed duration; numbers are seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct DurationExpr {
    /// What it is.
    pub kind: DurationExprKind,
    /// Whether a computation stands in parentheses; a number never says so.
    pub in_parens: bool,
    /// Its place in the query; that of its operands where it has two.
    pub at: Position,
}

/// What part of a computed duration is.
#[derive(Clone, Debug, PartialEq)]
pub enum DurationExprKind {
    /// Seconds.
    Number(Number),
    /// `step()`
    Step,
    /// `range()`
    Range,
    /// A sign before a duration.
    Unary {
        /// Whether the sign is a minus.
        negative: bool,
        /// What it stands before.
        expr: Box<DurationExpr>,
    },
    /// Two durations put together.
    Binary {
        /// How.
        op: DurationOp,
        /// The first.
        left: Box<DurationExpr>,
        /// The second.
        right: Box<DurationExpr>,
    },
}

/// How two durations are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
    /// `min_of`
    Min,
    /// `max_of`
    Max,
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: String,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// An aggregation.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The operator.
    pub op: AggregateOp,
    /// What is aggregated.
    pub expr: Expr,
    /// The parameter, for the operators that have one.
    pub param: Option<Expr>,
    /// The labels of the clause.
    pub grouping: Vec<String>,
    /// Whether the clause is `without`.
    pub without: bool,
}

/// The aggregation operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators are named as they are written")]
pub enum AggregateOp {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Quantile,
    CountValues,
    TopK,
    BottomK,
    LimitK,
    LimitRatio,
}

/// A binary operation. Its left operand may be one too, and so on for thousands of levels.
#[derive(Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The left operand.
    pub left: Expr,
    /// The right operand.
    pub right: Expr,
    /// Whether a comparison answers 0 or 1.
    pub as_bool: bool,
    /// How series find each other; `None` unless both operands are vectors.
    pub matching: Option<Matching>,
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators are named after what they do")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    TrimUpper,
    TrimLower,
    And,
    Or,
    Unless,
}

/// How series of two vectors find each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matching {
    /// Whether `labels` are those that count rather than those that do not.
    pub on: bool,
    /// The labels of `on` or `ignoring`.
    pub labels: Vec<String>,
    /// Which side may have several series in a match group.
    pub grouping: MatchGrouping,
    /// The labels that come from the side that has only one.
    pub include: Vec<String>,
    /// What stands in for a series missing on the left.
    pub fill_left: Option<f64>,
    /// What stands in for a series missing on the right.
    pub fill_right: Option<f64>,
}

/// Which side may have several series in a match group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatchGrouping {
    /// Neither.
    #[default]
    One,
    /// The left one (`group_left`).
    Left,
    /// The right one (`group_right`).
    Right,
    /// Both, as set operators have it.
    Many,
}

/// The type of an expression's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A number.
    Scalar,
    /// A text.
    String,
    /// An instant vector.
    Vector,
    /// A range vector.
    Matrix,
}
