//! What a server counts about its requests, by handler.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use regain_metrics::{CounterVec, Histogram, HistogramVec, Registry, exponential_buckets};
use tokio::time::Instant;

/// Holds the upper bounds of the durations, in seconds, as in upstream.
const DURATION_BOUNDS: [f64; 9] = [0.1, 0.2, 0.4, 1.0, 3.0, 8.0, 20.0, 60.0, 120.0];

/// Counts requests, their durations and the sizes of their answers.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    requests: CounterVec,
    duration_seconds: HistogramVec,
    response_bytes: HistogramVec,
    route_prefix: String,
}

impl HttpMetrics {
    /// Adds the families to a registry; once per registry. The label `handler` is the route without
    /// `route_prefix`.
    pub fn new(registry: &Registry, route_prefix: &str) -> Self {
        Self {
            requests: registry.counter_vec(
                "prometheus_http_requests_total",
                "Counter of HTTP requests.",
                &["code", "handler"],
            ),
            duration_seconds: registry.histogram_vec(
                "prometheus_http_request_duration_seconds",
                "Histogram of latencies for HTTP requests.",
                &["handler"],
                &DURATION_BOUNDS,
            ),
            response_bytes: registry.histogram_vec(
                "prometheus_http_response_size_bytes",
                "Histogram of response size for HTTP requests.",
                &["handler"],
                &exponential_buckets(100.0, 10.0, 8),
            ),
            route_prefix: route_prefix.trim_end_matches('/').to_owned(),
        }
    }

    /// Counts the requests of one route, without or with the prefix.
    pub fn of_route(&self, route: &str) -> RouteMetrics {
        let handler = self.handler(route);
        RouteMetrics {
            requests: self.requests.clone(),
            duration_seconds: self.duration_seconds.with(&[&handler]),
            response_bytes: self.response_bytes.with(&[&handler]),
            handler,
        }
    }

    /// Returns the label of a route: `/api/v1/label/{name}/values` is
    /// `/api/v1/label/:name/values` upstream.
    fn handler(&self, route: &str) -> String {
        let route = route.strip_prefix(&self.route_prefix).unwrap_or(route);
        route.replace("{*", "*").replace('{', ":").replace('}', "")
    }
}

/// Counts the requests of one route.
#[derive(Clone, Debug)]
pub struct RouteMetrics {
    handler: String,
    requests: CounterVec,
    duration_seconds: Histogram,
    response_bytes: Histogram,
}

impl RouteMetrics {
    /// Counts a request that began at `start` and gets this answer, whose body is observed when it is through.
    pub fn measured(&self, start: Instant, mut response: Response) -> Response {
        self.requests.with(&[response.status().as_str(), &self.handler]).inc();
        let body = std::mem::take(response.body_mut());
        *response.body_mut() = Body::new(Measured {
            body,
            bytes: 0,
            start,
            duration_seconds: self.duration_seconds.clone(),
            response_bytes: self.response_bytes.clone(),
        });
        response
    }
}

/// Counts a request to a known route; for `axum::middleware::from_fn_with_state(metrics,
/// metrics::layer)`, given to `Router::layer` after all routes are there.
pub async fn layer(State(metrics): State<HttpMetrics>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    // Upstream counts nothing for paths that nobody handles.
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return next.run(request).await;
    };
    let route = metrics.of_route(route.as_str());
    route.measured(start, next.run(request).await)
}

/// Observes time and size when the body is through or given up.
struct Measured {
    body: Body,
    bytes: usize,
    start: Instant,
    duration_seconds: Histogram,
    response_bytes: Histogram,
}

impl HttpBody for Measured {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.bytes += frame.data_ref().map_or(0, Bytes::len);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        self.duration_seconds.observe(self.start.elapsed().as_secs_f64());
        self.response_bytes.observe(self.bytes as f64);
    }
}
