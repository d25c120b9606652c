//! The ways in which an answer is not the expected one.

use std::fmt;

use std::sync::Arc;

use regain_model::{Histogram, Labels, Timestamp};

use crate::ParseErrors;
use crate::eval_error::EvalError;

/// What was not as expected.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The query is no query.
    #[error("{0}")]
    Unparsable(#[source] ParseErrors),
    /// The query failed.
    #[error("the query failed: {0}")]
    Error(#[source] EvalError),
    /// The query did not fail.
    #[error("the query did not fail")]
    NoError,
    /// The query failed for another reason.
    #[error("expected the error {expected:?}, got {got:?}")]
    OtherError {
        /// The text or the regular expression that the error should fit.
        expected: String,
        /// The error.
        got: String,
    },
    /// A remark was not made.
    #[error("expected {level}{}, got {got:?}", text(expected.as_deref()))]
    MissingRemark {
        /// Its level.
        level: Level,
        /// The text or the regular expression that it should fit, if it matters.
        expected: Option<String>,
        /// What was said.
        got: Vec<String>,
    },
    /// A remark was made.
    #[error("unexpected {level}: {got:?}")]
    UnexpectedRemarks {
        /// Its level.
        level: Level,
        /// What was said.
        got: Vec<String>,
    },
    /// The answer is of another type.
    #[error("expected a {expected}, got a {got}")]
    Type {
        /// The type that was expected.
        expected: &'static str,
        /// The answer's type.
        got: &'static str,
    },
    /// The scalar is another one.
    #[error("expected {expected}, got {got}")]
    Scalar {
        /// The expected one.
        expected: f64,
        /// The answer.
        got: f64,
    },
    /// The string is another one.
    #[error("expected {expected:?}, got {got:?}")]
    Text {
        /// The expected one.
        expected: String,
        /// The answer.
        got: String,
    },
    /// A series that was not expected.
    #[error("unexpected series {labels} with {}", list(got))]
    UnexpectedSeries {
        /// The series.
        labels: Labels,
        /// Its values.
        got: Vec<TimedValue>,
    },
    /// A series that is not there.
    #[error("no series {labels}")]
    MissingSeries {
        /// The series.
        labels: Labels,
    },
    /// A series is not at its place.
    #[error("expected {labels} at position {expected}, got it at {got}")]
    Position {
        /// The series.
        labels: Labels,
        /// Its place in the file, from 1.
        expected: usize,
        /// Its place in the answer, from 1.
        got: usize,
    },
    /// The values of a series are others.
    #[error("expected {} for {labels}, got {}", list(expected), list(got))]
    Points {
        /// The series.
        labels: Labels,
        /// The expected values.
        expected: Vec<TimedValue>,
        /// The answer's values.
        got: Vec<TimedValue>,
    },
    /// There are more expected values than times.
    #[error("more values are expected for {labels} than the query has steps")]
    TooManyValues {
        /// The series.
        labels: Labels,
    },
    /// The series of a range query are not in the order of their labels.
    #[error("the series are not in the order of their labels")]
    Unsorted,
}

/// A value at a time.
#[derive(Clone, Debug)]
pub struct TimedValue {
    /// The time.
    pub time: Timestamp,
    /// The value.
    pub value: Shown,
}

/// A value of an answer, or one that was expected.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A number.
    Float(f64),
    /// A native histogram.
    Histogram {
        /// The histogram.
        histogram: Arc<Histogram>,
        /// Whether its hint was asked for.
        hinted: bool,
    },
}

/// The level of a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something is probably wrong.
    Warning,
    /// Something might be wrong.
    Info,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "a warning",
            Self::Info => "an info",
        })
    }
}

fn text(expected: Option<&str>) -> String {
    expected.map(|text| format!(" {text:?}")).unwrap_or_default()
}

/// Values with their times in milliseconds.
fn list(points: &[TimedValue]) -> String {
    if points.is_empty() {
        return "nothing".to_owned();
    }
    let points = points.iter().map(|point| match &point.value {
        Shown::Float(value) => format!("{value}@{}", point.time.0),
        Shown::Histogram { histogram, .. } => {
            format!("{}@{}", histogram.test_notation(), point.time.0)
        }
    });
    points.collect::<Vec<_>>().join(" ")
}
