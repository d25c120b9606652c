//! A shorter way to the two questions that dashboards ask most.
//!
//! What happens to a request is what the layers of the [router](crate::router) do; here it is one piece of code.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::{FromRequest as _, State};
use axum::response::{IntoResponse as _, Response};
use http::{Method, Request, header};
use regain_http::server::compression::gzipped;
use regain_http::server::cors::Cors;
use regain_http::server::metrics::{HttpMetrics, RouteMetrics};
use regain_http::server::{Answer, Shortcut};
use tokio::time::Instant;

use crate::door::Open;
use crate::params::Params;
use crate::settings::App;
use crate::v1;

/// Answers `query` and `query_range`.
pub(crate) struct Questions {
    app: App,
    cors: Cors,
    instant: Arc<Route>,
    range: Arc<Route>,
}

struct Route {
    path: String,
    all_metrics: HttpMetrics,
    /// Those of the route, from its first request on.
    metrics: OnceLock<RouteMetrics>,
}

impl Route {
    fn metrics(&self) -> &RouteMetrics {
        self.metrics.get_or_init(|| self.all_metrics.of_route(&self.path))
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Instant,
    Range,
}

impl Questions {
    /// For the API whose routes begin with `prefix`.
    pub(crate) fn new(app: App, cors: Cors, metrics: &HttpMetrics, prefix: &str) -> Self {
        let route = |name| {
            let (path, metrics) = (format!("{prefix}{name}"), metrics.clone());
            Arc::new(Route { path, all_metrics: metrics, metrics: OnceLock::new() })
        };
        Self { app, cors, instant: route("/query"), range: route("/query_range") }
    }
}

impl Shortcut for Questions {
    fn takes(&self, request: &Request<Body>) -> bool {
        let path = request.uri().path();
        matches!(*request.method(), Method::GET | Method::POST)
            && (path == self.instant.path || path == self.range.path)
    }

    fn answer(&self, request: Request<Body>) -> Answer {
        let is_instant = request.uri().path() == self.instant.path;
        let (kind, route) =
            if is_instant { (Kind::Instant, &self.instant) } else { (Kind::Range, &self.range) };
        let start = Instant::now();
        let (app, cors, route) = (self.app.clone(), self.cors.clone(), Arc::clone(route));
        let origin = request.headers().get(header::ORIGIN).cloned();
        Box::pin(async move {
            let mut response = gzipped(request, |request| ask(kind, &app, request)).await;
            cors.add_to(response.headers_mut(), origin.as_ref());
            route.metrics().measured(start, response)
        })
    }
}

async fn ask(kind: Kind, app: &App, request: Request<Body>) -> Response {
    let open = match Open::of(&app.settings.door) {
        Ok(open) => open,
        Err(closed) => return closed.into_response(),
    };
    let params = match Params::from_request(request, &()).await {
        Ok(params) => params,
        Err(error) => return error.into_response(),
    };
    match kind {
        Kind::Instant => {
            v1::query::instant(open, State(Arc::clone(&app.settings)), params).await.into_response()
        }
        Kind::Range => v1::query::range(open, params).await.into_response(),
    }
}
