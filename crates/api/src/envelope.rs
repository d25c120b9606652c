//! The envelope around every answer of the API, and the one place where errors become status codes.

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use regain_promql::{EvalError, QueryResult};
use serde::Serialize;

use crate::json;
use crate::query_service::answer_memory::AnswerMemory;

/// Annotations beyond this many of a kind are counted, not listed (upstream's `web/api/v1`).
const ANNOTATIONS_MAX: usize = 10;

/// What a successful answer begins with.
const SUCCESS_HEAD: &[u8] = b"{\"status\":\"success\",\"data\":";
/// Room for what follows the data.
const SUCCESS_TAIL_BYTES: usize = 64;

/// The warning of an answer that a limit has cut.
const TRUNCATED: &str = "results truncated due to limit";

/// What kind of failure an answer reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The request is wrong.
    BadData,
    /// The query cannot be evaluated.
    Execution,
    /// Whoever asked gave up.
    Canceled,
    /// The query took too long.
    Timeout,
    /// There is no such thing.
    NotFound,
    /// The server failed.
    Internal,
    /// The server does not offer it.
    Unavailable,
}

impl ErrorKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::BadData => "bad_data",
            Self::Execution => "execution",
            Self::Canceled => "canceled",
            Self::Timeout => "timeout",
            Self::NotFound => "not_found",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::BadData => StatusCode::BAD_REQUEST,
            Self::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            // The code that nginx made customary for a client that went away.
            Self::Canceled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
            Self::Timeout | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    kind: ErrorKind,
    message: String,
}

impl ApiError {
    /// An error of this kind with this text.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// An error that says what is wrong with the request.
    pub(crate) fn bad_data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadData, message)
    }

    /// An error that says which parameter is wrong and why, in upstream's words.
    pub(crate) fn parameter(name: &str, why: impl fmt::Display) -> Self {
        Self::bad_data(format!("invalid parameter \"{name}\": {why}"))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<EvalError> for ApiError {
    fn from(error: EvalError) -> Self {
        let kind = match &error {
            EvalError::TimedOut => ErrorKind::Timeout,
            EvalError::Canceled | EvalError::Killed => ErrorKind::Canceled,
            EvalError::Storage(_) => ErrorKind::Internal,
            // Upstream finds this before it starts to evaluate.
            EvalError::RangeOfType(_) => return Self::parameter("query", error),
            _ => ErrorKind::Execution,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<regain_storage::Error> for ApiError {
    fn from(error: regain_storage::Error) -> Self {
        Self::from(EvalError::from(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = b"{\"status\":\"error\",\"errorType\":\"".to_vec();
        body.extend_from_slice(self.kind.as_str().as_bytes());
        body.extend_from_slice(b"\",\"error\":");
        json::append_string(&mut body, &self.message);
        body.push(b'}');
        respond(self.kind.status(), body)
    }
}

/// A successful answer: its body up to the end of the data, and what accompanies it.
#[derive(Debug)]
pub(crate) struct Success {
    body: Vec<u8>,
    warnings: Vec<String>,
    infos: Vec<String>,
    /// The memory of the body, where a query accounts for it.
    memory: Option<AnswerMemory>,
}

impl Success {
    /// An answer whose data `append` writes, in about `size` bytes.
    pub(crate) fn written(size: usize, append: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut body = Vec::with_capacity(SUCCESS_HEAD.len() + size + SUCCESS_TAIL_BYTES);
        body.extend_from_slice(SUCCESS_HEAD);
        append(&mut body);
        Self { body, warnings: Vec::new(), infos: Vec::new(), memory: None }
    }

    /// An answer whose data are a value that serialises.
    pub(crate) fn json(data: &impl Serialize) -> Self {
        Self::written(0, |body| json::append_serialized(body, data))
    }

    /// The same answer, whose memory is that of a query until it has been sent.
    pub(crate) fn held_by(self, memory: AnswerMemory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// The same answer with a warning.
    pub(crate) fn warn(mut self, warning: String) -> Self {
        self.warnings.push(warning);
        self
    }

    /// The same answer with the note that a limit cut it, where one did.
    pub(crate) fn truncated(self, is_truncated: bool) -> Self {
        if is_truncated { self.warn(TRUNCATED.to_owned()) } else { self }
    }

    /// The same answer with what the store has to say of it.
    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// The same answer with the remarks about the query whose text is `query`.
    pub(crate) fn annotated(mut self, result: &QueryResult, query: &str) -> Self {
        self.warnings.extend(result.warnings.iter().map(|note| note.in_query(query)));
        self.infos.extend(result.infos.iter().map(|note| note.in_query(query)));
        self
    }
}

impl IntoResponse for Success {
    fn into_response(self) -> Response {
        let Self { mut body, warnings, infos, memory } = self;
        append_notes(&mut body, "warning", &warnings);
        append_notes(&mut body, "info", &infos);
        body.push(b'}');
        match memory {
            Some(memory) => respond(StatusCode::OK, memory.owning(body)),
            None => respond(StatusCode::OK, body),
        }
    }
}

fn append_notes(body: &mut Vec<u8>, kind: &str, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    body.extend_from_slice(b",\"");
    body.extend_from_slice(kind.as_bytes());
    body.extend_from_slice(b"s\":");
    let more = notes.len().saturating_sub(ANNOTATIONS_MAX);
    let more = (more > 0).then(|| format!("{more} more {kind} annotations omitted"));
    let listed = notes.iter().take(ANNOTATIONS_MAX).chain(&more);
    json::append_list(body, listed, |body, note| json::append_string(body, note));
}

fn respond(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// An answer in plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// A failure in plain text, as Go's `http.Error` writes it.
pub(crate) fn plain_error(status: StatusCode, message: impl fmt::Display) -> Response {
    let mut response = text(status, format!("{message}\n"));
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_beyond_ten_are_counted() {
        let notes: Vec<String> = (0..13).map(|at| format!("n{at}")).collect();
        let mut body = Vec::new();
        append_notes(&mut body, "info", &notes);
        let expected = r#","infos":["n0","n1","n2","n3","n4","n5","n6","n7","n8","n9","3 more info annotations omitted"]"#;
        assert_eq!(String::from_utf8(body).unwrap(), expected);
        let mut body = Vec::new();
        append_notes(&mut body, "warning", &notes[..10]);
        assert!(!String::from_utf8(body).unwrap().contains("omitted"));
    }
}
