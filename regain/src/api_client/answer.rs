//! What the query API answers, as far as it is printed again.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// The data of a query's answer.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(crate) enum Answer {
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
pub(crate) type LabelSet = BTreeMap<String, String>;

/// A time in seconds since 1970, and what there was.
#[derive(Debug, Deserialize)]
pub(crate) struct Point<T>(pub(crate) f64, pub(crate) T);

/// A number, which the API writes as a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub(crate) f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = regain_go_format::parse_float(text.as_bytes());
        number.map(Self).ok_or_else(|| D::Error::custom(format!("{text:?} is not a number")))
    }
}

/// A series at one time.
#[derive(Debug, Deserialize)]
pub(crate) struct Sample {
    pub(crate) metric: LabelSet,
    #[serde(default)]
    pub(crate) value: Option<Point<Number>>,
    #[serde(default)]
    pub(crate) histogram: Option<Point<Histogram>>,
}

/// A series over time.
#[derive(Debug, Deserialize)]
pub(crate) struct Stream {
    pub(crate) metric: LabelSet,
    #[serde(default)]
    pub(crate) values: Vec<Point<Number>>,
    #[serde(default)]
    pub(crate) histograms: Vec<Point<Histogram>>,
}

/// A native histogram.
#[derive(Debug, Deserialize)]
pub(crate) struct Histogram {
    pub(crate) count: Number,
    pub(crate) sum: Number,
    #[serde(default)]
    pub(crate) buckets: Vec<Bucket>,
}

/// Which bounds belong to a bucket (0: the upper, 1: the lower, 2: none, 3: both), the bounds, and
/// what is between them.
#[derive(Debug, Deserialize)]
pub(crate) struct Bucket(pub(crate) u8, pub(crate) Number, pub(crate) Number, pub(crate) Number);
