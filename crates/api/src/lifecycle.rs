//! `/-/healthy`, `/-/ready`, `/-/reload` and `/-/quit`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::MethodFilter;
use http::StatusCode;

use crate::door::Whole;
use crate::envelope::text;
use crate::routes::{get_or_head, get_post_or_put};
use crate::settings::{App, Settings};

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
