//! The routes of a receiver of alerts of its own: the API, health, reload, metrics and the pages.

mod limit;
mod measure;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use regain_http::server::compression::gzip;
use regain_metrics::Registry;
use tokio::sync::mpsc;

use self::limit::Limiter;
use self::measure::Measure;
use super::door::AlertingDoor;
use super::{V2, routes};
use crate::envelope::text;
use crate::guard::Changes;
use crate::reload::{self, Reload, ReloadRequest};
use crate::routes::{get, get_or_head, not_found, post, prefixed};
use crate::self_metrics::{self, SelfMetrics};

/// What those are told who use the first version of the API.
const V1_IS_GONE: &str = r#"{"status":"deprecated","error":"The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API"}"#;

/// What the router of a receiver of alerts is built from.
#[derive(Clone, Debug)]
pub struct AlertmanagerServer {
    /// The way to alerting.
    pub door: AlertingDoor,
    /// Who may change silences.
    pub changes: Changes,
    /// Where the receiver's own metrics are.
    pub registry: Registry,
    /// Where requests go to load the configuration again.
    pub reload: mpsc::Sender<ReloadRequest>,
    /// What all routes begin with: `/`, or a path without a slash at its end.
    pub route_prefix: String,
    /// The pages, which begin at `/`.
    pub pages: Router,
    /// The most GET requests at once.
    pub gets_max: usize,
    /// How long a request may take; zero is without end.
    pub timeout: Duration,
}

/// The routes of a receiver with these settings. Adds the metrics of HTTP to its registry: once per registry.
pub fn alertmanager_router(server: AlertmanagerServer) -> Router {
    let AlertmanagerServer { door, changes, registry, reload, route_prefix, .. } = server;
    let prefix = route_prefix.trim_end_matches('/').to_owned();
    let measure = Measure::new(&registry, &prefix);
    let limiter = Arc::new(Limiter::new(&registry, server.gets_max, server.timeout));
    let self_metrics = SelfMetrics::new(registry);
    let reload_state = Reload { requests: reload, changes: changes.clone() };
    let metrics = Router::new()
        .route("/metrics", get(self_metrics::metrics))
        .with_state(self_metrics)
        .layer(gzip());
    let router = Router::new()
        .route("/-/healthy", get_or_head(ok))
        .route("/-/ready", get_or_head(ok))
        .route("/-/reload", post(reload::reload))
        .with_state(reload_state)
        .route("/api/v1/{*path}", axum::routing::any(v1_is_gone))
        .merge(metrics)
        .merge(server.pages)
        .nest("/api/v2", routes(V2 { door, changes }));
    let router = if prefix.is_empty() { router } else { prefixed(&prefix, router) };
    router
        .fallback(not_found)
        .layer(from_fn_with_state(limiter, limit::layer))
        .layer(from_fn_with_state(measure, measure::layer))
}

async fn ok() -> Response {
    text(StatusCode::OK, "OK")
}

async fn v1_is_gone() -> Response {
    let mut response = text(StatusCode::GONE, V1_IS_GONE);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
