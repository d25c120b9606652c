//! Why a scrape, or a target before its first scrape, failed.
//!
//! The texts of limits are upstream's, because the targets page and its users know them.

use regain_exposition::read::{ParseError, Problem, ProtobufError};
use regain_go_format::duration::DurationError;
use regain_go_format::quote::quote;
use regain_http::client::error::{BuildError, RequestError};
use regain_model::MAX_LABEL_BYTES;
use regain_model::histogram::draft::Invalid;
use thiserror::Error;

/// Bounds how much of a name or value a limit's message repeats, in characters.
const SHOWN_CHARS_MAX: usize = 50;

/// Reports why a scrape counts as failed.
#[derive(Debug, Error)]
pub enum ScrapeError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error(transparent)]
    Protobuf(#[from] ProtobufError),
    #[error(transparent)]
    Histogram(#[from] Invalid),
    #[error("labels of {series}: {problem}")]
    Labels { series: String, problem: Problem },
    #[error(transparent)]
    ContentType(#[from] ContentTypeError),
    #[error(transparent)]
    Series(#[from] SeriesError),
    #[error("sample limit exceeded")]
    SampleLimit,
    #[error("histogram bucket limit exceeded")]
    BucketLimit,
    #[error(transparent)]
    TargetLimit(#[from] TargetLimitExceeded),
    #[error("the texts of the target's series exceed 4 GiB")]
    TooManySeries,
    #[error("the scrape ended in a panic")]
    Panic,
    #[error("storage: {0}")]
    Storage(#[from] regain_storage::Error),
}

/// Reports a series that cannot be taken.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SeriesError {
    #[error("missing metric name (__name__ label)")]
    NameMissing,
    #[error("invalid metric name or label names: {labels}")]
    InvalidNames { labels: String },
    #[error("label name {} is not unique: invalid sample", quote(name))]
    DuplicateLabel { name: String },
    #[error("a label of {metric} is longer than {limit} bytes", metric = shown(metric))]
    LabelTooLong { metric: String, limit: usize },
    #[error(
        "label_limit exceeded (metric: {}, number of labels: {count}, limit: {limit})",
        shown(metric)
    )]
    LabelLimit { metric: String, count: usize, limit: usize },
    #[error(
        "label_name_length_limit exceeded (metric: {}, label name: {}, length: {length}, limit: {limit})",
        shown(metric),
        shown(name)
    )]
    NameLengthLimit { metric: String, name: String, length: usize, limit: usize },
    #[error(
        "label_value_length_limit exceeded (metric: {}, label name: {}, value: {}, length: {length}, limit: {limit})",
        shown(metric),
        shown(name),
        quote(shown(value))
    )]
    ValueLengthLimit { metric: String, name: String, value: String, length: usize, limit: usize },
}

/// Cuts a text after the characters that a message shows.
fn shown(text: &str) -> &str {
    let end = text.char_indices().nth(SHOWN_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// Reports that a job has more targets than it may have, which fails all of them.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("target_limit exceeded (number of targets: {targets}, limit: {limit})")]
pub struct TargetLimitExceeded {
    pub targets: usize,
    pub limit: usize,
}

/// Reports why no body was read.
#[derive(Debug, Error)]
pub enum FetchError {
    #[error("server returned HTTP status {status}")]
    Status { status: String },
    #[error("body size limit exceeded")]
    BodyLimit,
    #[error("parse {}: {source}", quote(url))]
    Url { url: String, source: url::ParseError },
    #[error(transparent)]
    Request(RequestError),
}

impl From<RequestError> for FetchError {
    fn from(error: RequestError) -> Self {
        if error.is_too_large() { Self::BodyLimit } else { Self::Request(error) }
    }
}

/// Reports a body of no known format.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ContentTypeError {
    #[error(
        "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
    )]
    Blank,
    #[error(
        "cannot parse Content-Type {} and no fallback_scrape_protocol for target",
        quote(content_type)
    )]
    Invalid { content_type: String },
    #[error(
        "received unsupported Content-Type {} and no fallback_scrape_protocol specified for target",
        quote(content_type)
    )]
    Unsupported { content_type: String },
}

/// Reports why a discovered target cannot be scraped.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    #[error("no address")]
    NoAddress,
    #[error("{} is not a valid hostname", quote(address))]
    Address { address: String },
    #[error("error parsing scrape interval: {0}")]
    Interval(#[source] DurationError),
    #[error("scrape interval cannot be 0")]
    IntervalZero,
    #[error("error parsing scrape timeout: {0}")]
    Timeout(#[source] DurationError),
    #[error("scrape timeout cannot be 0")]
    TimeoutZero,
    #[error(
        "scrape timeout cannot be greater than scrape interval ({} > {})",
        quote(timeout),
        quote(interval)
    )]
    TimeoutAboveInterval { timeout: String, interval: String },
    #[error("error parsing {what}: strconv.ParseBool: parsing {}: invalid syntax", quote(value))]
    Bool { what: &'static str, value: String },
    #[error("a label is longer than {MAX_LABEL_BYTES} bytes")]
    LabelTooLong,
}

/// Reports that jobs could not be applied; those that are not named here were.
#[derive(Debug, Error)]
#[error("failed to apply the new configuration: {}", jobs(.0))]
pub struct ApplyError(pub Vec<JobError>);

/// Reports a job whose client cannot be built.
#[derive(Debug, Error)]
#[error("job {}: error creating HTTP client: {source}", quote(job))]
pub struct JobError {
    pub job: String,
    pub source: Box<BuildError>,
}

fn jobs(errors: &[JobError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
