//! One request, and its status for an outcome.
//!
//! A request cannot be asked after. A missing mark proves that it was never sent; once it was and its answer
//! is lost, only a server that honours the header `Idempotency-Key` makes it safe to send it again.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use regain_http::client::{ClientOptions, Request};
use regain_http::{Client, ClientConfig};
use serde_json::{Map, Value as Json, json};
use tokio::time::Instant;
use url::Url;

use super::mark::{Mark, Marks};
use super::request::{USER_AGENT, was_never_sent};
use crate::order::{
    Cancelled, Found, Handle, HttpAction, JsonTemplate, Order, Outcome, Progress, Triggered,
    ValueError,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says why a request cannot be written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum RequestTextError {
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error("segment {index} of the path is empty, \".\" or \"..\"")]
    Segment { index: usize },
}

/// Sends requests.
#[derive(Debug)]
pub(super) struct Https {
    marks: Arc<Marks>,
    environment: BTreeMap<String, String>,
}

impl Https {
    pub(super) fn new(marks: Arc<Marks>, environment: BTreeMap<String, String>) -> Self {
        Self { marks, environment }
    }

    pub(super) async fn trigger(&self, order: &Order, action: &HttpAction) -> Triggered {
        let request = match request(order, action) {
            Ok(request) => request,
            Err(error) => return Triggered::refused(error.to_string()),
        };
        let config = ClientConfig { follow_redirects: false, ..action.http.clone() };
        let client = match Client::new(&config, &ClientOptions::new(USER_AGENT, &self.environment))
        {
            Ok(client) => client,
            Err(error) => return Triggered::refused(error.to_string()),
        };
        match self.marks.make_for(order) {
            Ok(()) => {}
            Err(Triggered::Unknown { .. }) if action.idempotent => {}
            Err(answer) => return answer,
        }
        let answer = match client.open(&request).await {
            // The body says nothing that is asked here.
            Ok((answer, _)) => judge(answer.status),
            Err(error) if was_never_sent(&error) => {
                Triggered::Refused { why: error.to_string(), retryable: error.is_retryable() }
            }
            Err(error) => Triggered::unknown(error.to_string()),
        };
        match &answer {
            Triggered::Done(outcome) => self.marks.ended(&order.id, outcome),
            Triggered::Refused { .. } => self.marks.take_back(&order.id),
            Triggered::Started(_) | Triggered::Unknown { .. } => {}
        }
        answer
    }

    pub(super) fn lookup(&self, order: &Order, action: &HttpAction) -> Found {
        match self.marks.read(&order.id) {
            Ok(None) => Found::Nothing,
            Ok(Some(Mark { outcome: Some(outcome), .. })) => {
                Found::Done(Handle(String::new()), outcome)
            }
            Ok(Some(_)) if action.idempotent => Found::Nothing,
            Ok(Some(_)) => {
                Found::unknown("the request may have been sent, and cannot be asked after")
            }
            Err(error) => Found::unknown(format!("its mark cannot be read: {error}")),
        }
    }

    pub(super) fn poll(&self, order: &Order) -> Progress {
        match self.outcome(order) {
            Some(outcome) => Progress::Done(outcome),
            None => Progress::Lost { why: "a request is over with its answer".to_owned() },
        }
    }

    pub(super) fn cancel(&self, order: &Order) -> Cancelled {
        match self.outcome(order) {
            Some(outcome) => Cancelled::Ended(outcome),
            None => Cancelled::Unknown { why: "a sent request cannot be taken back".to_owned() },
        }
    }

    fn outcome(&self, order: &Order) -> Option<Outcome> {
        self.marks.read(&order.id).ok()??.outcome
    }
}

fn judge(status: StatusCode) -> Triggered {
    let why = format!("the server answered {status}");
    match status.as_u16() {
        200..300 => Triggered::Done(Outcome::Succeeded),
        300..400 => Triggered::refused(format!("{why}, and redirects are not followed")),
        // The server says that it did nothing, and that it may do it later.
        425 | 429 => Triggered::refused_for_now(why),
        400..500 => Triggered::refused(why),
        _ => Triggered::unknown(why),
    }
}

fn request(order: &Order, action: &HttpAction) -> Result<Request, RequestTextError> {
    let mut headers: HeaderMap = action.headers.iter().cloned().collect();
    let id = HeaderValue::from_str(order.id.as_str()).expect("an id is letters, digits and a dash");
    headers.insert(IDEMPOTENCY_KEY, id);
    let body = match &action.body {
        Some(template) => Some(fill(template, order)?),
        None if matches!(action.method, Method::GET | Method::HEAD) => None,
        None => Some(whole(order)),
    };
    if body.is_some() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(Request {
        method: action.method.clone(),
        headers,
        body: body.map(|body| body.to_string().into()).unwrap_or_default(),
        deadline: Some(Instant::now() + action.timeout),
        ..Request::get(address(order, action)?)
    })
}

fn address(order: &Order, action: &HttpAction) -> Result<Url, RequestTextError> {
    let mut url = action.url.clone();
    if !action.path.is_empty() {
        let mut segments = url.path_segments_mut().expect("an http url has a path");
        segments.pop_if_empty();
        for (index, value) in action.path.iter().enumerate() {
            let text = value.resolve(&order.labels)?;
            // The parser would leave these out or take them for steps.
            if matches!(text, "" | "." | "..") {
                return Err(RequestTextError::Segment { index });
            }
            segments.push(text);
        }
    }
    for (name, value) in &action.query {
        url.query_pairs_mut().append_pair(name, value.resolve(&order.labels)?);
    }
    Ok(url)
}

fn fill(template: &JsonTemplate, order: &Order) -> Result<Json, ValueError> {
    Ok(match template {
        JsonTemplate::Null => Json::Null,
        JsonTemplate::Bool(value) => Json::Bool(*value),
        JsonTemplate::Number(number) => Json::Number(number.clone()),
        JsonTemplate::Text(value) => Json::String(value.resolve(&order.labels)?.to_owned()),
        JsonTemplate::List(all) => {
            Json::Array(all.iter().map(|one| fill(one, order)).collect::<Result<_, _>>()?)
        }
        JsonTemplate::Object(fields) => {
            let field = |(name, value): &(String, JsonTemplate)| {
                Ok::<_, ValueError>((name.clone(), fill(value, order)?))
            };
            Json::Object(fields.iter().map(field).collect::<Result<Map<_, _>, _>>()?)
        }
    })
}

/// Is the body of an action that has none of its own.
fn whole(order: &Order) -> Json {
    let labels = |labels: &regain_model::Labels| -> Map<String, Json> {
        labels.iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    };
    json!({
        "version": 1,
        "executionId": order.id.as_str(),
        "remediation": &*order.remediation,
        "target": labels(&order.target),
        "labels": labels(&order.labels),
        "annotations": order.annotations,
    })
}

#[cfg(test)]
mod tests;
