//! What a query answers with.

use std::sync::Arc;
use std::time::Duration;

use regain_model::{Histogram, Labels, Timestamp};

/// The value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(Scalar),
    /// One sample for each of some series, all at the same time.
    Vector(Vec<Sample>),
    /// Samples over time for each of some series.
    Matrix(Vec<Series>),
    /// A text.
    String(Text),
}

impl Value {
    /// The type's name as the HTTP API writes it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::Vector(_) => "vector",
            Self::Matrix(_) => "matrix",
            Self::String(_) => "string",
        }
    }
}

/// A number at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar {
    /// When it was evaluated.
    pub time: Timestamp,
    /// The number.
    pub value: f64,
}

/// A text at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// When it was evaluated.
    pub time: Timestamp,
    /// The text.
    pub value: String,
}

/// One series' value at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The series.
    pub labels: Labels,
    /// When it was evaluated.
    pub time: Timestamp,
    /// The value; 0 where it is a histogram.
    pub value: f64,
    /// The value where it is a histogram.
    pub histogram: Option<Arc<Histogram>>,
}

/// One series' values over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The series.
    pub labels: Labels,
    /// The values that are numbers, in the order of their times.
    pub points: Vec<Point>,
    /// The values that are histograms, in the order of their times.
    pub histograms: Vec<HistogramPoint>,
}

/// A histogram at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramPoint {
    /// The time.
    pub time: Timestamp,
    /// The histogram.
    pub histogram: Arc<Histogram>,
}

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The time.
    pub time: Timestamp,
    /// The value.
    pub value: f64,
}

/// What a query says.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// The answer.
    pub value: Value,
    /// What is probably wrong with the query or its data, in the order of the text.
    pub warnings: Vec<crate::annotations::Annotation>,
    /// What might be wrong with the query or its data, in the order of the text.
    pub infos: Vec<crate::annotations::Annotation>,
    /// What the answer took.
    pub stats: QueryStats,
    /// What each step took, for a query that is counted.
    pub steps: Vec<StepStats>,
}

/// What a step of a query took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepStats {
    /// The time of the step.
    pub time: Timestamp,
    /// The samples that the selectors looked at for it.
    pub samples_total: u64,
    /// The samples that were read for it, and not for a step before.
    pub samples_read: u64,
}

/// What a query took. Times are zero unless the engine was handed a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryStats {
    /// The samples that the selectors looked at, counted once for every step that saw them.
    pub samples_total: u64,
    /// The samples that were read from the store.
    pub samples_read: u64,
    /// The largest number of samples held at once.
    pub samples_peak: u64,
    /// The steps whose values were kept from an earlier query; what was read is about the others.
    pub steps_cached: u64,
    /// The time from the parsed expression to its plan and a view of the store.
    pub preparation: Duration,
    /// The time of sorting the answer.
    pub sorting: Duration,
}
