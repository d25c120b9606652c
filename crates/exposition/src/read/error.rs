//! What can be wrong with an exposition, and where.

use thiserror::Error;

/// Bounds how much of a broken line an error repeats.
const NEAR_BYTES_MAX: usize = 80;

/// Reports the first line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}, at {near:?}")]
pub struct ParseError {
    /// Counts from 1.
    pub line: usize,
    pub problem: Problem,
    /// Is the text at the place of the error, shortened.
    pub near: String,
}

impl ParseError {
    pub(super) fn new(body: &[u8], at: usize, problem: Problem) -> Self {
        let (before, rest) = body.split_at(at.min(body.len()));
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len()).min(NEAR_BYTES_MAX);
        Self { line, problem, near: String::from_utf8_lossy(&rest[..end]).into_owned() }
    }
}

/// Names what is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Problem {
    #[error("expected a valid start token")]
    Start,
    #[error("expected metric name after {0}")]
    MetadataName(&'static str),
    #[error("expected text in {0}")]
    MetadataText(&'static str),
    #[error("invalid metric type")]
    Kind,
    #[error("help text is not a valid utf8 string")]
    HelpUtf8,
    #[error("unit not a suffix of metric")]
    Unit,
    #[error("expected label name")]
    LabelName,
    #[error("expected equal")]
    Equal,
    #[error("expected label value")]
    LabelValue,
    #[error("invalid UTF-8 label value")]
    LabelUtf8,
    #[error("invalid label name")]
    InvalidLabelName,
    #[error("a label that is no message")]
    LabelPair,
    #[error("expected comma or brace close")]
    CommaOrClose,
    #[error("metric name already set")]
    NameTwice,
    #[error("metric name not set")]
    NameMissing,
    #[error("expected value after metric")]
    Value,
    #[error("expected value after exemplar labels")]
    ExemplarValue,
    #[error("invalid syntax of a number")]
    Number,
    #[error("invalid timestamp")]
    Timestamp,
    #[error("expected timestamp or new record")]
    LineEnd,
    #[error("expected next entry after timestamp")]
    AfterTimestamp,
    #[error("data does not end with # EOF")]
    NoEof,
    #[error("unexpected data after # EOF")]
    AfterEof,
}
