//! Why a query has no answer. The texts are API: dashboards and scripts compare them.

mod memory;

use regain_go_format::quote::quote_bytes;
use regain_storage as storage;

use crate::annotations::general;

pub use memory::{Part, TooMuchMemory};

/// The result of an evaluation.
pub(crate) type Result<T> = std::result::Result<T, EvalError>;

/// The failure of a query that parsed.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The budget of samples is used up.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// The budget of bytes is used up.
    #[error(transparent)]
    TooMuchMemory(Box<TooMuchMemory>),
    /// The deadline passed.
    #[error("query timed out in expression evaluation")]
    TimedOut,
    /// Whoever asked gave up.
    #[error("query was canceled in expression evaluation")]
    Canceled,
    /// Somebody else than who asked ended the query.
    #[error("query was canceled in expression evaluation: it was killed")]
    Killed,
    /// The system has no memory for the stack that a long chain of operations takes.
    #[error("no stack for so many levels of operations: {0}")]
    NoStack(#[from] std::io::Error),
    /// The store failed.
    #[error("expanding series: {0}")]
    Storage(#[source] storage::Error),
    /// A range query of something that has no value at a time.
    #[error("invalid expression type \"{0}\" for range query, must be Scalar or instant Vector")]
    RangeOfType(&'static str),
    /// Two series of an answer have the same labels at the same time.
    #[error("vector cannot contain metrics with the same labelset")]
    DuplicateLabels,
    /// Several series of the side that must be unique have the same matching labels.
    #[error(
        "found duplicate series for the match group {group} on the {side} hand-side of the \
         operation: [{second}, {first}];many-to-many matching not allowed: matching labels must be \
         unique on one side"
    )]
    ManyToMany {
        /// The labels that both have.
        group: String,
        /// `left` or `right`.
        side: &'static str,
        /// The series that came second.
        second: String,
        /// The series that came first.
        first: String,
    },
    /// Several series match one without `group_left` or `group_right`.
    #[error(
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    )]
    ManyToOneImplicit,
    /// Several series of one match group get the same labels.
    #[error("multiple matches for labels: grouping labels must ensure unique matches")]
    GroupingNotUnique,
    /// The label of `count_values` is no label name.
    #[error("invalid label name {}", quote_bytes(.0))]
    InvalidLabelName(Vec<u8>),
    /// The parameter of `topk`, `bottomk` or `limitk` is not a number.
    #[error("Parameter value is NaN")]
    ParameterNan,
    /// The parameter of `limit_ratio` is not a number.
    #[error("Ratio value is NaN")]
    RatioNan,
    /// The parameter of `topk`, `bottomk` or `limitk` is below every integer.
    #[error("Scalar value {} underflows int64", general(*.0))]
    ParameterUnderflow(f64),
    /// The parameter of `topk`, `bottomk` or `limitk` is above every integer.
    #[error("Scalar value {} overflows int64", general(*.0))]
    ParameterOverflow(f64),
    /// The expression of `label_replace` is no regular expression.
    #[error("invalid regular expression in label_replace(): {0}")]
    InvalidRegex(String),
    /// The label that a function is to set is no label name.
    #[error("invalid destination label name in {function}(): {name}")]
    InvalidDestination {
        /// The function.
        function: &'static str,
        /// The name.
        name: String,
    },
    /// A label that `label_join` is to read is no label name.
    #[error("invalid source label name in label_join(): {0}")]
    InvalidSource(String),
    /// The smoothing factor is out of range.
    #[error("invalid smoothing factor. Expected: 0 < sf < 1, got: {0:.6}")]
    SmoothingFactor(f64),
    /// The trend factor is out of range.
    #[error("invalid trend factor. Expected: 0 < tf < 1, got: {0:.6}")]
    TrendFactor(f64),
    /// A duration expression has no usable value.
    #[error("{start}:{end}: {problem}")]
    Duration {
        /// Where the expression starts in the query.
        start: u32,
        /// Where it ends.
        end: u32,
        /// What is wrong with it.
        problem: DurationProblem,
    },
    /// A range modifier around a function that cannot have it.
    #[error("{modifier} modifier can only be used with: {allowed} - not with {function}")]
    ModifierNotAllowed {
        /// `anchored` or `smoothed`.
        modifier: &'static str,
        /// The functions that can.
        allowed: &'static str,
        /// The function that cannot.
        function: String,
    },
    /// A range modifier where there are histograms and no function to make something of them.
    #[error("{0} modifier is not supported with histograms")]
    ModifierOfHistograms(&'static str),
    /// Something the language has and this engine has not yet.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// Two info series say different things.
    #[error("conflicting label: {0}")]
    ConflictingInfoLabel(String),
    /// Two samples of one info metric at the same time.
    #[error(
        "found duplicate series for info metric: existing {existing} @ {existing_time}, new {new} @ {new_time}"
    )]
    DuplicateInfo {
        /// The series that came first.
        existing: String,
        /// Its sample's time.
        existing_time: i64,
        /// The series that came second.
        new: String,
        /// Its sample's time.
        new_time: i64,
    },
    /// A sample of an info metric that is no number.
    #[error("info sample should be float")]
    InfoHistogram,
    /// The steps of a range query are not usable.
    #[error("a range query needs a positive step and at most {STEPS_MAX} steps")]
    InvalidSteps,
}

/// The most steps that one evaluation may have; the HTTP API allows far fewer.
pub(crate) const STEPS_MAX: usize = 1 << 25;

/// What is wrong with a duration expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationProblem {
    /// It has no finite value.
    #[error("duration is NaN or infinite")]
    NotFinite,
    /// It is zero or negative where it must not be.
    #[error("duration must be greater than 0")]
    NotPositive,
    /// It is longer than time itself.
    #[error("duration is out of range")]
    OutOfRange,
    /// It divides by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// It takes the remainder of a division by zero.
    #[error("modulo by zero")]
    ModuloByZero,
}

impl EvalError {
    /// Whether it is about the query's means and not about its steps.
    pub(crate) const fn ends_the_query(&self) -> bool {
        matches!(
            self,
            Self::TooManySamples
                | Self::TooMuchMemory(_)
                | Self::TimedOut
                | Self::Canceled
                | Self::Killed
                | Self::NoStack(_)
        )
    }
}

impl From<storage::Error> for EvalError {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::TimedOut => Self::TimedOut,
            storage::Error::Canceled => Self::Canceled,
            storage::Error::Killed => Self::Killed,
            storage::Error::TooManySamples => Self::TooManySamples,
            storage::Error::TooMuchMemory(over) => {
                Self::TooMuchMemory(Box::new(TooMuchMemory::new(over)))
            }
            other => Self::Storage(other),
        }
    }
}
