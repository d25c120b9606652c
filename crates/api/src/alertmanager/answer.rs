//! Answers of the API, version 2, as upstream's generated server gives them.

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::json;

/// A successful answer: its value as JSON with a line end.
#[derive(Debug)]
pub(super) struct Answer<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        respond(StatusCode::OK, &self.0)
    }
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The request is not what the description of the API says; `code` is the number of the mistake.
    Described { status: StatusCode, code: u16, message: String },
    /// A handler found it wrong: nothing but a text.
    Text(StatusCode, String),
    /// There is no such thing.
    Absent,
}

/// What mistakes are numbered by where the description of the API says what a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    WrongType = 601,
    Missing = 602,
    TooFew = 612,
}

impl Failure {
    /// A value that breaks the description.
    pub(super) fn invalid(mistake: Mistake, message: String) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::Described { status, code: mistake as u16, message }
    }

    /// A value that is missing at `path`.
    pub(super) fn missing(path: &str) -> Self {
        Self::invalid(Mistake::Missing, format!("{path} in body is required"))
    }

    /// A failure whose number is the status.
    pub(super) fn described(status: StatusCode, message: String) -> Self {
        Self::Described { status, code: status.as_u16(), message }
    }

    /// A bad request, in a handler's words.
    pub(super) fn bad(message: impl fmt::Display) -> Self {
        Self::Text(StatusCode::BAD_REQUEST, message.to_string())
    }
}

#[derive(Serialize)]
struct Described<'a> {
    code: u16,
    message: &'a str,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Described { status, code, message } => {
                respond(status, &Described { code, message: &message })
            }
            Self::Text(status, message) => respond(status, &message),
            Self::Absent => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

fn respond(status: StatusCode, value: &impl Serialize) -> Response {
    let mut body = Vec::new();
    json::append_serialized(&mut body, value);
    body.push(b'\n');
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
