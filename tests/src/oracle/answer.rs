//! What the referee answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};

/// The value of an expression, or why it has none.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// `scalar`, `vector`, `matrix` or `string`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The series; a scalar is one without labels.
    pub series: Vec<Series>,
    /// The value of a string.
    pub text: String,
    /// Warnings with their positions, in the order of the text.
    pub warnings: Vec<String>,
    /// Infos with their positions, in the order of the text.
    pub infos: Vec<String>,
    /// Why there is no value.
    pub error: Option<String>,
    /// What the query took, where it has a value.
    pub stats: Option<Stats>,
}

/// The samples of a query.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Stats {
    /// Those it looked at.
    pub total: u64,
    /// Those it read.
    pub read: u64,
    /// The most that it held.
    pub peak: u64,
    /// Those that each step looked at.
    pub total_per_step: Vec<u64>,
    /// Those that were read for each step.
    pub read_per_step: Vec<u64>,
}

/// One series of an answer.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Series {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The values that are numbers.
    pub floats: Vec<Float>,
    /// The values that are histograms.
    pub histograms: Vec<Native>,
}

/// A number at a time.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Float {
    /// The time in milliseconds.
    pub t: i64,
    /// The number.
    pub v: Number,
}

/// A native histogram at a time.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Native {
    /// The time in milliseconds.
    pub t: i64,
    /// How finely buckets divide.
    pub schema: i32,
    /// All observations.
    pub count: Number,
    /// The sum of all observations.
    pub sum: Number,
    /// Up to where observations are in the zero bucket.
    pub zero_threshold: Number,
    /// The observations in the zero bucket.
    pub zero_count: Number,
    /// The buckets above zero that are not empty.
    pub positive: Vec<Bucket>,
    /// The buckets below zero that are not empty.
    pub negative: Vec<Bucket>,
    /// The bounds of custom buckets.
    pub bounds: Vec<Number>,
    /// `unknown`, `reset`, `not_reset` or `gauge`.
    pub hint: String,
}

/// A bucket that is not empty.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct Bucket {
    /// Which one.
    pub index: i32,
    /// Its observations.
    pub count: Number,
}

/// A number that is written as text, so that all floats can be.
#[derive(Clone, Copy, Default)]
pub struct Number(pub f64);

impl PartialEq for Number {
    /// Whether they are the same to the last bit; NaN is NaN.
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() || self.0.is_nan() && other.0.is_nan()
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// What the parser says of an expression.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Parsed {
    /// All mistakes; empty where there are none.
    pub errors: Vec<String>,
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: String,
    /// The expression in one line.
    pub printed: String,
    /// The expression as the formatting endpoint has it.
    pub pretty: String,
}
