//! Posting JSON to a receiver.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, header};
use regain_http::Client;
use regain_http::client::error::RequestError;
use regain_http::client::{Answer, Body, Request};
use tokio::time::Instant;
use url::Url;

use super::{Failure, NotifyError};

/// How much of an answer is read, in bytes; it is shown in a message or decoded.
pub(super) const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A message on its way.
pub(super) struct Post<'a> {
    /// The kind of integration.
    pub(super) name: &'static str,
    /// Where it goes to.
    pub(super) url: &'a str,
    /// The JSON.
    pub(super) body: String,
    /// How long the exchange may take; zero is no limit.
    pub(super) timeout: Duration,
}

impl Post<'_> {
    /// Sends the message and waits for the head of the answer.
    pub(super) async fn send(self, client: &Client) -> Result<(Answer, Body), NotifyError> {
        let url =
            Url::parse(self.url).map_err(|error| NotifyError::on_the_way(Failure::Url(error)))?;
        let login = login(&url);
        let json = HeaderValue::from_static("application/json");
        let mut request = Request::post(url, json, self.body);
        if let Some(login) = login {
            request.headers.insert(header::AUTHORIZATION, login);
        }
        if !self.timeout.is_zero() {
            request.deadline = Instant::now().checked_add(self.timeout);
        }
        client.open(&request).await.map_err(|error| {
            let timeout = error.is_deadline().then_some((self.name, self.timeout));
            NotifyError::on_the_way(Failure::Request { source: Box::new(error), timeout })
        })
    }
}

/// The credentials that stand in a URL, which are sent with the first request already, as Go's client does.
fn login(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| -> Vec<u8> { decoded(text) };
    let mut pair = decode(url.username());
    pair.push(b':');
    pair.extend(decode(url.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The bytes that a percent-encoded text stands for.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

/// The whole answer, up to a limit.
pub(super) async fn read(answer: &Answer, body: Body) -> Result<Vec<u8>, RequestError> {
    let mut contents = Vec::new();
    body.read(answer, ANSWER_BYTES_MAX, &mut contents).await?;
    Ok(contents)
}

/// The failure that a status stands for, with what the receiver said about it; nothing for a success.
pub(super) async fn status_failure(answer: &Answer, body: Body) -> Result<Body, NotifyError> {
    if answer.status.is_success() {
        return Ok(body);
    }
    let code = answer.status.as_u16();
    // What cannot be read cannot be shown; the status says enough.
    let details = read(answer, body).await.unwrap_or_default();
    let details = String::from_utf8_lossy(&details).into_owned();
    Err(NotifyError {
        retry: answer.status.is_server_error(),
        reason: super::FailureReason::of_status(code),
        failure: Failure::Status { code, details },
    })
}

/// The URL in a file, which is read each time so that it can be changed.
pub(super) async fn url_in_file(path: &Path, prefix: &'static str) -> Result<String, NotifyError> {
    let text = tokio::fs::read_to_string(path).await.map_err(|source| {
        NotifyError::here(Failure::File { prefix, path: path.to_owned(), source })
    })?;
    Ok(text.trim().to_owned())
}
