//! Why a request is refused as a whole, and what its sender is told.

use http::StatusCode;
use regain_http::capped::CappedError;
use regain_http::server::body::BodyError;
use regain_remote::write::{DECODED_BYTES_MAX, Fault, WriteError};

use super::accepted::Refused;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0} encoding (compression) is not accepted by this server; only snappy is acceptable")]
    Encoding(String),
    #[error("{0}")]
    MessageType(#[from] Refused),
    #[error("request body exceeds the {DECODED_BYTES_MAX} bytes limit")]
    BodyTooLarge,
    #[error("{0}")]
    BodyBroken(BodyError),
    #[error("decoded size exceeds the {DECODED_BYTES_MAX} bytes limit")]
    DecodedTooLarge,
    // The name of upstream's decoder, which senders' logs are searched for.
    #[error("s2: corrupt input")]
    Corrupt,
    #[error("{0}")]
    Write(#[from] WriteError),
    #[error("the write failed unexpectedly")]
    Panicked,
}

impl From<CappedError> for Failure {
    fn from(error: CappedError) -> Self {
        match error {
            CappedError::TooLarge { .. } => Self::DecodedTooLarge,
            CappedError::Header { .. } | CappedError::Corrupt { .. } | CappedError::Truncated => {
                Self::Corrupt
            }
        }
    }
}

impl Failure {
    /// The status tells a sender whether to try again: 5xx yes, anything else no.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Encoding(_) | Self::MessageType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyBroken(_) | Self::DecodedTooLarge | Self::Corrupt => StatusCode::BAD_REQUEST,
            Self::Write(error) => match error.fault() {
                Fault::Request => StatusCode::BAD_REQUEST,
                Fault::Limit => StatusCode::SERVICE_UNAVAILABLE,
                Fault::Server => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the request had come as far as the store.
    pub(super) const fn is_of_store(&self) -> bool {
        matches!(self, Self::Write(_) | Self::Panicked)
    }

    pub(super) fn log(&self) {
        match self {
            Self::Write(WriteError::Refused(refused)) => {
                let (series, time_ms) = (&refused.series, refused.time_ms);
                tracing::error!(err = %self, %series, timestamp = time_ms, "Out of order sample from remote write");
            }
            Self::Panicked => tracing::error!("A remote write request panicked"),
            _ => tracing::error!(err = %self, "Error decoding remote write request"),
        }
    }
}
