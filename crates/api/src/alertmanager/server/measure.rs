//! What a receiver of alerts counts about its requests.

use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use regain_metrics::{DEFAULT_BUCKETS, HistogramVec, Registry, exponential_buckets};
use tokio::time::Instant;

/// Measures requests by their route.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    duration_seconds: HistogramVec,
    response_bytes: HistogramVec,
    prefix: String,
}

impl Measure {
    /// Adds its families to `registry`: once per registry. The label `handler` is the route without `prefix`.
    pub(super) fn new(registry: &Registry, prefix: &str) -> Self {
        Self {
            duration_seconds: registry.histogram_vec(
                "alertmanager_http_request_duration_seconds",
                "Histogram of latencies for HTTP requests.",
                &["code", "handler", "method"],
                &DEFAULT_BUCKETS,
            ),
            response_bytes: registry.histogram_vec(
                "alertmanager_http_response_size_bytes",
                "Histogram of response size for HTTP requests.",
                &["handler", "method"],
                &exponential_buckets(100.0, 10.0, 7),
            ),
            prefix: prefix.to_owned(),
        }
    }

    /// The label of a route, in upstream's words.
    fn handler(&self, route: &str) -> String {
        let route = route.strip_prefix(&self.prefix).unwrap_or(route);
        route.replace("{id}", "{silenceID}").replace("{*path}", "*path")
    }
}

/// Measures a request to a known route; for `axum::middleware::from_fn_with_state`.
pub(super) async fn layer(
    State(measure): State<Measure>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return next.run(request).await;
    };
    let handler = measure.handler(route.as_str());
    let method = request.method().as_str().to_ascii_lowercase();
    let response = next.run(request).await;
    let elapsed = start.elapsed().as_secs_f64();
    let code = response.status();
    measure.duration_seconds.with(&[code.as_str(), &handler, &method]).observe(elapsed);
    if let Some(bytes) = response.body().size_hint().exact() {
        measure.response_bytes.with(&[&handler, &method]).observe(bytes as f64);
    }
    response
}
