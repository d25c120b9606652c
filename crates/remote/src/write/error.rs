//! Why a request, or a sample of it, is refused.

use regain_go_format::float::format_float;
use regain_protowire as protowire;
use regain_storage as storage;

use super::DECODED_BYTES_MAX;
use super::histogram::Invalid;

/// A request that was dropped whole: nothing of it is visible.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The body is longer than a body may be.
    #[error("decoded size exceeds the {DECODED_BYTES_MAX} bytes limit")]
    TooLarge,
    /// The body is not the message that it should be.
    #[error(transparent)]
    Decode(#[from] protowire::Error),
    /// The labels of series that were not known take more than they may.
    #[error(
        "the labels of the series in this request exceed the {limit} bytes limit once they are spelled out"
    )]
    LabelsTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A sample cannot be kept.
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] storage::Error),
}

/// A sample that cannot be kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", refused(.reason, *.time_ms, *.value))]
pub struct Refused {
    /// Why.
    pub reason: Refusal,
    /// The sample's series, for the log.
    pub series: String,
    /// The sample's time in milliseconds.
    pub time_ms: i64,
    /// The sample's value; `None` for a histogram.
    pub value: Option<f64>,
}

/// The text of a refusal. Upstream also tells the value that is there; a store here does not say it.
fn refused(reason: &Refusal, time_ms: i64, value: Option<f64>) -> String {
    match (reason, value) {
        (Refusal::Duplicate, Some(value)) => {
            let value = format_float(value);
            format!("{reason} {time_ms}; overrides not allowed: new value {value}")
        }
        _ => reason.to_string(),
    }
}

/// Why a sample is refused, in upstream's words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The series has a newer sample.
    #[error("out of order sample")]
    OutOfOrder,
    /// The series has another value at this time.
    #[error("duplicate sample for timestamp")]
    Duplicate,
    /// The sample is older than anything the store takes.
    #[error("out of bounds")]
    TooOld,
    /// The sample lies too far ahead of the clock.
    #[error("out of bounds: timestamp is too far in the future")]
    TooNew,
    /// There is no such histogram.
    #[error(transparent)]
    Histogram(Invalid),
    /// A limit on series, or on the size of a histogram, is reached: trying again would not help.
    #[error("over a limit on series or on buckets")]
    OverLimit,
    /// Samples that could not be written yet fill the memory.
    #[error("too many samples that are not written yet")]
    NoRoom,
    /// The store forgets series faster than it is told them.
    #[error("unknown series")]
    UnknownSeries,
}

/// Whose fault an error is, and so whether the sender should try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request will never be accepted: answer 400.
    Request,
    /// The server is at a limit that may pass: answer so that the sender waits.
    Limit,
    /// The server fails: answer 500.
    Server,
}

impl Refusal {
    /// Whose fault this is.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::OutOfOrder
            | Self::Duplicate
            | Self::TooOld
            | Self::TooNew
            | Self::OverLimit
            | Self::Histogram(_) => Fault::Request,
            Self::NoRoom => Fault::Limit,
            Self::UnknownSeries => Fault::Server,
        }
    }
}

impl WriteError {
    /// Whose fault this is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::TooLarge | Self::Decode(_) | Self::LabelsTooLarge { .. } => Fault::Request,
            Self::Refused(refused) => refused.reason.fault(),
            Self::Store(_) => Fault::Server,
        }
    }
}
