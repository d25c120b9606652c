//! `/api/v1/write`: samples that others push, as remote write 1.0.
//!
//! Checks come in upstream's order, because senders act on the first that fails: the encoding, the size,
//! the compression, the type of the message, and then the message itself.

mod message_type;

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, StatusCode, header};
use regain_http::capped::{CappedError, unsnappy};
use regain_http::server::Caller;
use regain_http::server::body::{BodyError, read_body};
use regain_metrics::{Counter, CounterVec, Registry};
use regain_model::Timestamp;
use regain_remote::write::{DECODED_BYTES_MAX, Fault, Limits, Outcome, Receiver, WriteError};
use regain_storage::Appendable;

use crate::door::Open;
use crate::envelope::plain_error;
use crate::settings::Settings;
use message_type::MessageType;

/// What a sender without an address is called, as behind a socket that has none.
const UNKNOWN_SENDER: &str = "unknown";

/// Takes pushed samples.
pub struct WriteService {
    receiver: Receiver,
    metrics: WriteMetrics,
}

impl fmt::Debug for WriteService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteService").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

struct WriteMetrics {
    invalid_labels: Counter,
    samples: Counter,
    skipped: CounterVec,
}

impl WriteService {
    /// A service that appends to `store`. Adds its metrics to `registry`: once per registry.
    pub fn new(store: Arc<dyn Appendable>, limits: Limits, registry: &Registry) -> Self {
        let metrics = WriteMetrics {
            invalid_labels: registry.counter(
                "prometheus_api_remote_write_invalid_labels_samples_total",
                "The total number of received remote write samples and histogram samples which were \
                 rejected due to invalid labels.",
            ),
            samples: registry.counter(
                "regain_remote_write_received_samples_total",
                "Samples that were received by remote write and kept.",
            ),
            skipped: registry.counter_vec(
                "regain_remote_write_skipped_total",
                "What was received by remote write and is not kept, by what it is.",
                &["kind"],
            ),
        };
        Self { receiver: Receiver::new(store, limits), metrics }
    }

    fn write(&self, sender: &str, body: &[u8], now: Timestamp) -> Result<(), Failure> {
        let mut message = Vec::new();
        unsnappy(body, DECODED_BYTES_MAX, &mut message)?;
        let outcome = self.receiver.write(sender, &message, now)?;
        self.count(outcome);
        match outcome.histograms_skipped {
            0 => Ok(()),
            count => Err(Failure::Histograms { count }),
        }
    }

    fn count(&self, outcome: Outcome) {
        self.metrics.invalid_labels.add(outcome.invalid_series);
        self.metrics.samples.add(outcome.samples);
        for (kind, count) in [
            ("exemplar", outcome.exemplars_skipped),
            ("histogram", outcome.histograms_skipped),
            ("metadata", outcome.metadata_skipped),
            ("sample", outcome.samples_skipped),
        ] {
            if count > 0 {
                self.metrics.skipped.with(&[kind]).add(count);
            }
        }
    }
}

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0} encoding (compression) is not accepted by this server; only snappy is acceptable")]
    Encoding(String),
    #[error("{0}")]
    MessageType(#[from] message_type::Refused),
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
    /// What could be kept is kept; the sender has to know what was not.
    #[error(
        "{count} native histograms of this request are not kept: this server keeps floats only, so \
         set send_native_histograms to false; the request's float samples are kept"
    )]
    Histograms { count: u64 },
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
    fn status(&self) -> StatusCode {
        match self {
            Self::Encoding(_) | Self::MessageType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyBroken(_)
            | Self::DecodedTooLarge
            | Self::Corrupt
            | Self::Histograms { .. } => StatusCode::BAD_REQUEST,
            Self::Write(error) => match error.fault() {
                Fault::Request => StatusCode::BAD_REQUEST,
                Fault::Limit => StatusCode::SERVICE_UNAVAILABLE,
                Fault::Server => StatusCode::INTERNAL_SERVER_ERROR,
            },
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn log(&self) {
        match self {
            Self::Write(WriteError::Refused { series, time_ms, .. }) => {
                tracing::error!(err = %self, %series, timestamp = time_ms, "Out of order sample from remote write");
            }
            Self::Panicked => tracing::error!("A remote write request panicked"),
            _ => tracing::error!(err = %self, "Error decoding remote write request"),
        }
    }
}

/// Takes a `prometheus.WriteRequest`.
pub(crate) async fn receive(
    Open(serving): Open,
    State(settings): State<Arc<Settings>>,
    request: Request,
) -> Response {
    let Some(service) = serving.writes.clone() else {
        let why =
            "remote write receiver needs to be enabled with --web.enable-remote-write-receiver";
        return plain_error(StatusCode::NOT_FOUND, why);
    };
    match store(service, request, settings.clock.now()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => {
            failure.log();
            plain_error(failure.status(), failure)
        }
    }
}

async fn store(
    service: Arc<WriteService>,
    request: Request,
    now: Timestamp,
) -> Result<(), Failure> {
    let (parts, body) = request.into_parts();
    let encoding = text_of(&parts.headers, &header::CONTENT_ENCODING);
    if !matches!(&*encoding, "" | "snappy") {
        return Err(Failure::Encoding(encoding));
    }
    let body = read(body).await?;
    let peer = parts.extensions.get::<Caller>();
    // The port changes with each connection, the sender does not.
    let sender = peer.map_or(UNKNOWN_SENDER.to_owned(), |caller| caller.peer.ip().to_string());
    let content_type = text_of(&parts.headers, &header::CONTENT_TYPE);
    let message_type = MessageType::of(&content_type);
    // Decoding and appending take a while, and appending may wait for the disk.
    let write = move || {
        // Upstream looks at the compression before it looks at the type.
        if let Err(refused) = message_type {
            let mut message = Vec::new();
            unsnappy(&body, DECODED_BYTES_MAX, &mut message)?;
            return Err(refused.into());
        }
        service.write(&sender, &body, now)
    };
    tokio::task::spawn_blocking(write).await.unwrap_or(Err(Failure::Panicked))
}

async fn read(body: Body) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    read_body(body, DECODED_BYTES_MAX, &mut bytes).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => Failure::BodyTooLarge,
        BodyError::Broken(_) => Failure::BodyBroken(error),
    })?;
    Ok(bytes)
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    value.unwrap_or_default().into_owned()
}
