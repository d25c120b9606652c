//! Bodies of requests: JSON that is checked field by field, with a failure that names the field.

use std::sync::LazyLock;

use axum::body::{Body, HttpBody as _};
use http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use regain_go_format::quote::quote;
use regain_go_format::time::parse_rfc3339;
use regain_http::server::body::{BodyError, read_body};
use serde_json::{Map, Value};

use super::answer::{Failure, Mistake};

/// The largest body that is read. A batch of 256 alerts, as servers send them, has some 200 kB.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Reads the body `name` of a request.
pub(super) async fn read(request: Request<Body>, name: &'static str) -> Result<Value, Failure> {
    if request.body().size_hint().exact() == Some(0) {
        return Err(Failure::missing(name));
    }
    check_media_type(request.headers())?;
    let mut body = Vec::new();
    read_body(request.into_body(), BODY_BYTES_MAX, &mut body).await.map_err(
        |error| match error {
            BodyError::TooLarge { .. } => {
                let message = format!("the body has more than {BODY_BYTES_MAX} bytes");
                Failure::described(StatusCode::PAYLOAD_TOO_LARGE, message)
            }
            BodyError::Broken(source) => unreadable(name, &source.to_string()),
        },
    )?;
    if body.is_empty() {
        return Err(Failure::missing(name));
    }
    serde_json::from_slice(&body).map_err(|error| unreadable(name, &error.to_string()))
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Failure> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let sent = sent.unwrap_or("application/octet-stream");
    let media_type = sent.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message =
        format!("unsupported media type {}, only [application/json] are allowed", quote(sent));
    Err(Failure::described(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

/// The failure of a body that is not what it should be.
pub(super) fn unreadable(name: &str, why: &str) -> Failure {
    let message = format!("parsing {name} body from \"\" failed, because {why}");
    Failure::described(StatusCode::BAD_REQUEST, message)
}

/// One object of a body.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    /// The name of the body.
    body: &'static str,
    /// The path to the object with a dot behind it; empty for the body itself.
    path: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// The object `value`, which is found at `path`.
    pub(super) fn new(body: &'static str, path: String, value: &'a Value) -> Result<Self, Failure> {
        match value {
            Value::Object(fields) => Ok(Self { body, path, fields }),
            other => Err(unreadable(body, &format!("a JSON {} is no object", kind(other)))),
        }
    }

    /// The object that is a whole body; null is one without fields, as it is to Go.
    pub(super) fn whole(body: &'static str, value: &'a Value) -> Result<Self, Failure> {
        static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        match value {
            Value::Null => Ok(Self { body, path: String::new(), fields: &NONE }),
            other => Self::new(body, String::new(), other),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, value: &Value, wanted: &str) -> Failure {
        let Self { body, path, .. } = self;
        unreadable(
            body,
            &format!("json: cannot unmarshal {} into {path}{name} of type {wanted}", kind(value)),
        )
    }

    fn need<T>(&self, name: &str, found: Option<T>) -> Result<T, Failure> {
        found.ok_or_else(|| Failure::missing(&format!("{}{name}", self.path)))
    }

    /// A text, where there is one.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, other, "string")),
        }
    }

    /// A text that must be there.
    pub(super) fn needed_text(&self, name: &str) -> Result<&'a str, Failure> {
        self.need(name, self.text(name)?)
    }

    /// A truth value, where there is one.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.wrong(name, other, "bool")),
        }
    }

    /// A truth value that must be there.
    pub(super) fn needed_flag(&self, name: &str) -> Result<bool, Failure> {
        self.need(name, self.flag(name)?)
    }

    /// A time, where there is one.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let Some(time) = parse_time(text) else {
            let path = &self.path;
            let why = format!("{path}{name} is no time of ISO 8601: {}", quote(text));
            return Err(unreadable(self.body, &why));
        };
        Ok(Some(time))
    }

    /// A time that must be there.
    pub(super) fn needed_time(&self, name: &str) -> Result<Timestamp, Failure> {
        self.need(name, self.time(name)?)
    }

    /// Names with texts, where they are.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<(&'a str, &'a str)>>, Failure> {
        let pair = |(key, value): (&'a String, &'a Value)| match value {
            Value::String(text) => Ok((key.as_str(), text.as_str())),
            Value::Null => Ok((key.as_str(), "")),
            other => Err(self.wrong(name, other, "string")),
        };
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => {
                fields.iter().map(pair).collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(self.wrong(name, other, "object")),
        }
    }

    /// Names with texts that must be there.
    pub(super) fn needed_texts(&self, name: &str) -> Result<Vec<(&'a str, &'a str)>, Failure> {
        self.need(name, self.texts(name)?)
    }

    /// The objects of a list that must be there and hold at least one.
    pub(super) fn needed_objects(&self, name: &str) -> Result<Vec<Self>, Failure> {
        let items = match self.get(name) {
            Some(Value::Array(items)) => items,
            Some(other) => return Err(self.wrong(name, other, "list")),
            None => return Err(Failure::missing(&format!("{}{name}", self.path))),
        };
        let path = format!("{}{name}", self.path);
        if items.is_empty() {
            let message = format!("{path} in body should have at least 1 items");
            return Err(Failure::invalid(Mistake::TooFew, message));
        }
        let read = |(index, item)| Self::new(self.body, format!("{path}.{index}."), item);
        items.iter().enumerate().map(read).collect()
    }

    /// The failure of a value that has the wrong format.
    pub(super) fn malformed(&self, name: &str, format: &str, value: &str) -> Failure {
        let message =
            format!("{}{name} in body must be of type {format}: {}", self.path, quote(value));
        Failure::invalid(Mistake::WrongType, message)
    }
}

/// A time with an offset or, in UTC, without one; or the beginning of a day. No text is the Unix epoch.
fn parse_time(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return Some(Timestamp::UNIX_EPOCH);
    }
    let in_utc = || parse_rfc3339(&format!("{text}Z"));
    let day = || parse_rfc3339(&format!("{text}T00:00:00Z"));
    parse_rfc3339(text).or_else(in_utc).or_else(day)
}

/// What Go calls a value of JSON.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
