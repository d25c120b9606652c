//! Why a request is refused.

use regain_go_format::float::format_float;
use regain_protowire as protowire;
use regain_storage as storage;

/// A request that was dropped whole: nothing of it is visible.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The body is no `prometheus.WriteRequest`.
    #[error(transparent)]
    Decode(#[from] protowire::Error),
    /// The store refuses a sample.
    #[error("{}", refused(*.reason, *.time_ms, *.value))]
    Refused {
        /// Why.
        reason: Refusal,
        /// The sample's series, for the log.
        series: String,
        /// The sample's time in milliseconds.
        time_ms: i64,
        /// The sample's value.
        value: f64,
    },
    /// The store fails.
    #[error(transparent)]
    Store(#[from] storage::Error),
}

/// The text of a refusal. Upstream also tells the value that is there; a store here does not say it.
fn refused(reason: Refusal, time_ms: i64, value: f64) -> String {
    match reason {
        Refusal::Duplicate => {
            let value = format_float(value);
            format!("{reason} {time_ms}; overrides not allowed: new value {value}")
        }
        _ => reason.to_string(),
    }
}

/// Why a sample is refused, in upstream's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// A limit on series or memory is reached.
    #[error("too many series")]
    OverLimit,
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

impl WriteError {
    /// Whose fault this is.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Decode(_) => Fault::Request,
            Self::Refused { reason: Refusal::OverLimit, .. } => Fault::Limit,
            Self::Refused { reason: Refusal::UnknownSeries, .. } | Self::Store(_) => Fault::Server,
            Self::Refused { .. } => Fault::Request,
        }
    }
}
