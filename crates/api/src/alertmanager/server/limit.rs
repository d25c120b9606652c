//! How many GET requests are served at once, and how long a request may take.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use regain_go_format::go_duration;
use regain_metrics::{Counter, Gauge, Registry};
use tokio::sync::Semaphore;

use crate::envelope::plain_error;

/// Lets requests through while there are not too many.
#[derive(Debug)]
pub(super) struct Limiter {
    gets: Semaphore,
    gets_max: usize,
    /// Zero is without end.
    timeout: Duration,
    in_flight: Gauge,
    refused: Counter,
}

impl Limiter {
    /// Adds its metrics to `registry`: once per registry.
    pub(super) fn new(registry: &Registry, gets_max: usize, timeout: Duration) -> Self {
        let in_flight = registry.gauge_vec(
            "alertmanager_http_requests_in_flight",
            "Current number of HTTP requests being processed.",
            &["method"],
        );
        let refused = registry.counter_vec(
            "alertmanager_http_concurrency_limit_exceeded_total",
            "Total number of times an HTTP request failed because the concurrency limit was reached.",
            &["method"],
        );
        Self {
            gets: Semaphore::new(gets_max),
            gets_max,
            timeout,
            in_flight: in_flight.with(&["get"]),
            refused: refused.with(&["get"]),
        }
    }
}

/// Serves a request within the limits; for `axum::middleware::from_fn_with_state`.
pub(super) async fn layer(
    State(limiter): State<Arc<Limiter>>,
    request: Request,
    next: Next,
) -> Response {
    let limited = async {
        if request.method() != Method::GET {
            return next.run(request).await;
        }
        let Ok(_permit) = limiter.gets.try_acquire() else {
            limiter.refused.inc();
            let most = limiter.gets_max;
            let why =
                format!("Limit of concurrent GET requests reached ({most}), try again later.\n");
            return plain_error(StatusCode::SERVICE_UNAVAILABLE, why);
        };
        limiter.in_flight.inc();
        let response = next.run(request).await;
        limiter.in_flight.dec();
        response
    };
    if limiter.timeout.is_zero() {
        return limited.await;
    }
    tokio::time::timeout(limiter.timeout, limited).await.unwrap_or_else(|_| {
        let timeout =
            go_duration::format(i64::try_from(limiter.timeout.as_nanos()).unwrap_or(i64::MAX));
        let why = format!("Exceeded configured timeout of {timeout}.\n");
        plain_error(StatusCode::SERVICE_UNAVAILABLE, why)
    })
}
