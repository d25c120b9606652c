//! `/api/v1/write`: samples that others push, as remote write 1.0 or 2.0.
//!
//! Checks come in upstream's order, because senders act on the first that fails: the encoding, the size,
//! the compression, the type of the message, and then the message itself.

mod accepted;
mod failure;
pub(crate) mod service;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use regain_http::capped::unsnappy;
use regain_http::server::Caller;
use regain_http::server::body::{BodyError, read_body};
use regain_model::Timestamp;
use regain_remote::write::{DECODED_BYTES_MAX, Message, Outcome};

use crate::door::Whole;
use crate::envelope::plain_error;
use crate::settings::Settings;
use failure::Failure;
use service::LimitLog;

pub use accepted::AcceptedMessages;
pub use service::WriteService;

/// What a sender without an address is called, as behind a socket that has none.
const UNKNOWN_SENDER: &str = "unknown";

/// What of a request of 2.0 was kept, in headers of its answer.
const SAMPLES_WRITTEN: HeaderName =
    HeaderName::from_static("x-prometheus-remote-write-samples-written");
const HISTOGRAMS_WRITTEN: HeaderName =
    HeaderName::from_static("x-prometheus-remote-write-histograms-written");
const EXEMPLARS_WRITTEN: HeaderName =
    HeaderName::from_static("x-prometheus-remote-write-exemplars-written");

/// Takes a request of either protocol.
pub(crate) async fn receive(
    Whole(serving): Whole,
    State(settings): State<Arc<Settings>>,
    request: Request,
) -> Response {
    let Some(service) = serving.writes.clone() else {
        let why =
            "remote write receiver needs to be enabled with --web.enable-remote-write-receiver";
        return plain_error(StatusCode::NOT_FOUND, why);
    };
    let content_type = text_of(request.headers(), &header::CONTENT_TYPE);
    let message = service.accepted.message(&content_type);
    // Only senders of 2.0 look for these, and those of 1.0 would take a zero at its word.
    let is_counted = message == Ok(Message::V2);
    let (limit_log, now) = (Arc::clone(&service.limit_log), settings.clock.now());
    match store(service, message, request, now).await {
        Ok(outcome) => {
            let answer = if outcome.problems.is_empty() {
                StatusCode::NO_CONTENT.into_response()
            } else {
                partial(&outcome, &limit_log, now)
            };
            if is_counted { with_counts(answer, &outcome) } else { answer }
        }
        Err(failure) => {
            failure.log();
            // What was wrong before anybody looked into the message has no counts upstream either.
            let is_counted = is_counted && failure.is_of_store();
            let answer = plain_error(failure.status(), failure);
            if is_counted { with_counts(answer, &Outcome::default()) } else { answer }
        }
    }
}

/// Tells a sender what was left out beside what was kept.
fn partial(outcome: &Outcome, limit_log: &LimitLog, now: Timestamp) -> Response {
    let Outcome { problems, samples, histograms, over_limit, .. } = outcome;
    let count = problems.count();
    if *over_limit < count {
        tracing::error!(err = %problems, count, samples, histograms, "Remote write request was kept in part");
    } else if limit_log.is_due(now) {
        tracing::warn!(
            count,
            samples,
            histograms,
            "Series over a limit were left out of a remote write request"
        );
    }
    plain_error(StatusCode::BAD_REQUEST, problems)
}

fn with_counts(mut answer: Response, outcome: &Outcome) -> Response {
    let counts = [
        (SAMPLES_WRITTEN, outcome.samples),
        (HISTOGRAMS_WRITTEN, outcome.histograms),
        (EXEMPLARS_WRITTEN, outcome.exemplars),
    ];
    for (name, count) in counts {
        answer.headers_mut().insert(name, HeaderValue::from(count));
    }
    answer
}

async fn store(
    service: Arc<WriteService>,
    message: Result<Message, accepted::Refused>,
    request: Request,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let (parts, body) = request.into_parts();
    let encoding = text_of(&parts.headers, &header::CONTENT_ENCODING);
    if !matches!(&*encoding, "" | "snappy") {
        return Err(Failure::Encoding(encoding));
    }
    let body = read(body).await?;
    let peer = parts.extensions.get::<Caller>();
    // The port changes with each connection, the sender does not.
    let sender = peer.map_or(UNKNOWN_SENDER.to_owned(), |caller| caller.peer.ip().to_string());
    // Decoding and appending take a while, and appending may wait for the disk.
    let write = move || match message {
        Ok(message) => service.write(&sender, message, &body, now),
        // Upstream looks at the compression before it looks at the type.
        Err(refused) => {
            let mut decoded = Vec::new();
            unsnappy(&body, DECODED_BYTES_MAX, &mut decoded)?;
            Err(refused.into())
        }
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
