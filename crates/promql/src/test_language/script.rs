//! What a test file says.

use std::collections::BTreeMap;

use regain_go_regexp::Regex;
use regain_model::{Labels, Timestamp};
use regain_storage::Value;

use super::series::SeriesValue;
use crate::ParseErrors;
use crate::ast::Expr;
use crate::engine::Steps;

/// A command, in the order of the file.
#[derive(Debug)]
pub(super) enum Command {
    /// Forgets all samples.
    Clear,
    Load(Load),
    Case(Box<Case>),
}

/// Samples to be added.
#[derive(Debug)]
pub(super) struct Load {
    /// Whether classic histograms are to become native ones as well.
    pub(super) with_native: bool,
    pub(super) series: BTreeMap<Labels, LoadedSeries>,
}

/// The samples of one series.
#[derive(Debug, Default)]
pub(super) struct LoadedSeries {
    /// Where the series is described.
    pub(super) line: usize,
    pub(super) samples: Vec<(Timestamp, Value)>,
    /// The start timestamps of the samples, 0 where there is none; or none at all.
    pub(super) starts: Vec<Timestamp>,
}

/// A query and what it has to answer.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) line: usize,
    pub(super) query: String,
    pub(super) expr: Result<Expr, ParseErrors>,
    pub(super) times: Times,
    pub(super) outcome: Outcome,
    pub(super) answer: Answer,
}

/// When a query is asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Times {
    At(Timestamp),
    Over(Steps),
    /// At the end of these steps, which are the times of the answer's samples.
    RangeVector(Steps),
}

/// Whether a query fails, and what is said with its answer.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What the failure has to say; a query with any of these must fail.
    pub(super) fail: Vec<Wording>,
    pub(super) warnings: Remarks,
    pub(super) infos: Remarks,
}

/// The remarks of one level.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    /// There must be some, whatever they say.
    pub(super) some: bool,
    /// There must be none.
    pub(super) none: bool,
    /// Each of these is said, and nothing else is.
    pub(super) wordings: Vec<Wording>,
}

/// A text that a message is held against.
#[derive(Debug)]
pub(super) enum Wording {
    Exact(String),
    Pattern(Regex),
}

impl Wording {
    pub(super) fn fits(&self, message: &str) -> bool {
        match self {
            Self::Exact(text) => text == message,
            Self::Pattern(pattern) => pattern.is_match(message),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Exact(text) => text,
            Self::Pattern(pattern) => pattern.as_str(),
        }
    }
}

/// What a query has to answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) scalar: Option<f64>,
    pub(super) text: Option<String>,
    /// Whether the series come in the order of the file.
    pub(super) ordered: bool,
    pub(super) series: BTreeMap<Labels, ExpectedSeries>,
}

/// A series of an answer.
#[derive(Debug)]
pub(super) struct ExpectedSeries {
    /// Its place among the series, from 1.
    pub(super) position: usize,
    pub(super) values: Vec<SeriesValue>,
}
