//! `/-/healthy`, `/-/ready`, `/-/reload` and `/-/quit`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::MethodFilter;
use http::StatusCode;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::door::Whole;
use crate::envelope::text;
use crate::routes::{get_or_head, get_post_or_put};
use crate::settings::{App, Settings};

/// A request to load the configuration again, and where to say how it went.
pub type ReloadRequest = oneshot::Sender<Result<(), String>>;

/// What the lifecycle handlers need.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    /// Whether reload and quit are offered (`--web.enable-lifecycle`).
    pub is_enabled: bool,
    /// Where reload requests go.
    pub reload: mpsc::Sender<ReloadRequest>,
    /// What ends the process.
    pub quit: CancellationToken,
}

/// The routes below `/-/`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/-/healthy", get_or_head(healthy))
        .route("/-/ready", get_or_head(ready))
        .route("/-/reload", get_post_or_put(reload).on(MethodFilter::GET, use_post_or_put))
        .route("/-/quit", get_post_or_put(quit).on(MethodFilter::GET, use_post_or_put))
}

async fn healthy() -> Response {
    text(StatusCode::OK, "Prometheus Server is Healthy.\n")
}

async fn ready(Whole(_): Whole) -> Response {
    text(StatusCode::OK, "Prometheus Server is Ready.\n")
}

async fn use_post_or_put() -> Response {
    text(StatusCode::METHOD_NOT_ALLOWED, "Only POST or PUT requests allowed")
}

fn disabled() -> Response {
    text(StatusCode::FORBIDDEN, "Lifecycle API is not enabled.")
}

async fn reload(State(settings): State<Arc<Settings>>) -> Response {
    let lifecycle = &settings.lifecycle;
    if !lifecycle.is_enabled {
        return disabled();
    }
    crate::reload::ask(&lifecycle.reload).await
}

async fn quit(State(settings): State<Arc<Settings>>) -> Response {
    let lifecycle = &settings.lifecycle;
    if !lifecycle.is_enabled {
        return disabled();
    }
    if lifecycle.quit.is_cancelled() {
        return text(StatusCode::OK, "Termination already in progress.");
    }
    lifecycle.quit.cancel();
    text(StatusCode::OK, "Requesting termination... Goodbye!")
}
