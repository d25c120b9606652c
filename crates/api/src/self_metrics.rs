//! `/metrics`: what the server says about itself.

mod blocks;
mod exemplars;
mod limits;
mod metadata;
mod numbers;
mod store;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use regain_exposition::{encode, negotiate};
use regain_metrics::{CounterVec, Gauge, Registry};

use crate::envelope::plain_error;

pub use store::register_store;

/// The codes that a gather can answer with.
const CODES: [&str; 3] = ["200", "500", "503"];

/// What `/metrics` gathers from, and what is counted about it.
#[derive(Clone, Debug)]
pub(crate) struct SelfMetrics {
    registry: Registry,
    requests: CounterVec,
    in_flight: Gauge,
}

impl SelfMetrics {
    /// Adds its metrics to `registry`: once per registry.
    pub(crate) fn new(registry: Registry) -> Self {
        let requests = registry.counter_vec(
            "promhttp_metric_handler_requests_total",
            "Total number of scrapes by HTTP status code.",
            &["code"],
        );
        for code in CODES {
            requests.with(&[code]);
        }
        let in_flight = registry.gauge(
            "promhttp_metric_handler_requests_in_flight",
            "Current number of scrapes being served.",
        );
        Self { registry, requests, in_flight }
    }

    fn answer(&self, accept: &str) -> Response {
        let format = negotiate(accept, false);
        let gathered = self.registry.gather();
        for error in &gathered.errors {
            tracing::error!(err = %error, "error gathering metrics");
        }
        match encode(&gathered.families, format) {
            Ok(body) => ([(header::CONTENT_TYPE, format.content_type())], body).into_response(),
            Err(error) => plain_error(StatusCode::INTERNAL_SERVER_ERROR, error),
        }
    }
}

/// Answers with all metrics of the registry.
pub(crate) async fn metrics(State(metrics): State<SelfMetrics>, headers: HeaderMap) -> Response {
    metrics.in_flight.inc();
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let response = metrics.answer(accept.unwrap_or_default());
    metrics.requests.with(&[response.status().as_str()]).inc();
    metrics.in_flight.dec();
    response
}
