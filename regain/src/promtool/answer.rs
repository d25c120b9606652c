//! What the query API answers, as far as it is printed again.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// The data of a query's answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum Answer {
    /// One number.
    Scalar(Point<Number>),
    /// One text.
    String(Point<String>),
    /// Series with one value each.
    Vector(Vec<Sample>),
    /// Series with their values over time.
    Matrix(Vec<Stream>),
}

/// The labels of a series, or of a name among them.
pub(super) type LabelSet = BTreeMap<String, String>;

/// A time in seconds since 1970, and what there was.
#[derive(Debug, Deserialize)]
pub(super) struct Point<T>(pub(super) f64, pub(super) T);

/// A number, which the API writes as a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(pub(super) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = regain_go_format::parse_float(text.as_bytes());
        number.map(Self).ok_or_else(|| D::Error::custom(format!("{text:?} is not a number")))
    }
}

/// A series at one time.
#[derive(Debug, Deserialize)]
pub(super) struct Sample {
    pub(super) metric: LabelSet,
    #[serde(default)]
    pub(super) value: Option<Point<Number>>,
    #[serde(default)]
    pub(super) histogram: Option<Point<Histogram>>,
}

/// A series over time.
#[derive(Debug, Deserialize)]
pub(super) struct Stream {
    pub(super) metric: LabelSet,
    #[serde(default)]
    pub(super) values: Vec<Point<Number>>,
    #[serde(default)]
    pub(super) histograms: Vec<Point<Histogram>>,
}

/// A native histogram.
#[derive(Debug, Deserialize)]
pub(super) struct Histogram {
    pub(super) count: Number,
    pub(super) sum: Number,
    #[serde(default)]
    pub(super) buckets: Vec<Bucket>,
}

/// Which bounds belong to a bucket (0: the upper, 1: the lower, 2: none, 3: both), the bounds, and
/// what is between them.
#[derive(Debug, Deserialize)]
pub(super) struct Bucket(pub(super) u8, pub(super) Number, pub(super) Number, pub(super) Number);
