//! The routes of a healer of its own, which hears of alerts from the webhooks of an Alertmanager.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use regain_http::server::compression::gzip;
use regain_metrics::Registry;
use tokio::sync::mpsc;

use super::door::HealingDoor;
use super::routes;
use super::state::HealingState;
use super::webhook::{Webhook, webhook};
use crate::envelope::{plain_error, text};
use crate::guard::Changes;
use crate::reload::{self, Reload, ReloadRequest};
use crate::routes::{get, get_or_head, not_found, post};
use crate::self_metrics::{self, SelfMetrics};

/// What the router of a healer is built from.
#[derive(Clone, Debug)]
pub struct HealingServer {
    /// The way to healing.
    pub door: HealingDoor,
    /// Who may send alerts, stop healing and have files read again.
    pub changes: Changes,
    /// Where the healer's own metrics are.
    pub registry: Registry,
    /// Where requests go to load the configuration again.
    pub reload: mpsc::Sender<ReloadRequest>,
}

/// The routes of a healer: webhooks, the API, health, reload and metrics. Adds metrics to its registry: once per
/// registry.
pub fn healing_router(server: HealingServer) -> Router {
    let HealingServer { door, changes, registry, reload } = server;
    let healing = HealingState { door, changes: changes.clone() };
    let webhooks = Router::new()
        .route("/", post(webhook))
        .route("/webhook", post(webhook))
        .with_state(Webhook::new(healing.clone(), &registry));
    let self_metrics = SelfMetrics::new(registry);
    let metrics = Router::new()
        .route("/metrics", get(self_metrics::metrics))
        .with_state(self_metrics)
        .layer(gzip());
    let health = Router::new()
        .route("/-/healthy", get_or_head(healthy))
        .route("/-/ready", get_or_head(ready))
        .with_state(healing.clone());
    let api = routes(healing).fallback(not_found).layer(gzip());
    Router::new()
        .route("/-/reload", post(reload::reload))
        .with_state(Reload { requests: reload, changes })
        .merge(webhooks)
        .merge(metrics)
        .merge(health)
        .nest("/api/v1/regain/healing", api)
        .fallback(not_found)
}

async fn healthy() -> Response {
    text(StatusCode::OK, "OK")
}

async fn ready(State(state): State<HealingState>) -> Response {
    match state.door.service() {
        Some(_) => text(StatusCode::OK, "OK"),
        None => plain_error(StatusCode::SERVICE_UNAVAILABLE, "healing is starting or stopping"),
    }
}
