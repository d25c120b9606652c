//! Alertmanager's API, version 2, and what surrounds it.
//!
//! The same routes serve a receiver of alerts of its own and the alerting inside a server. They ask alerting through
//! the [`AlertingDoor`]: where there is none, there are no such pages.

mod answer;
mod posted;

mod alerts;
mod matching;
mod silences;
mod status;

mod server;

use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, any};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use regain_alerting::matcher::MatcherMode;

use self::answer::Failure;
pub use self::server::{AlertmanagerServer, alertmanager_router};
use crate::guard::Changes;
use crate::routes::not_found;

pub(crate) mod door;

pub use door::{AlertingDoor, AlertingService};

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct V2 {
    pub(crate) door: AlertingDoor,
    pub(crate) changes: Changes,
}

impl FromRef<V2> for Changes {
    fn from_ref(state: &V2) -> Self {
        state.changes.clone()
    }
}

/// Alerting, where there is any.
#[derive(Debug)]
pub(crate) struct Open(pub(crate) std::sync::Arc<AlertingService>);

impl Open {
    pub(crate) fn mode(&self) -> MatcherMode {
        self.0.matcher_mode
    }
}

impl FromRequestParts<V2> for Open {
    type Rejection = Response;

    async fn from_request_parts(_parts: &mut Parts, state: &V2) -> Result<Self, Response> {
        match state.door.service() {
            Some(service) => Ok(Self(service)),
            None => Err(not_found().await),
        }
    }
}

/// The routes, without `/api/v2` in front.
pub(crate) fn routes(state: V2) -> Router {
    Router::new()
        .route("/status", only("GET", MethodFilter::GET, status::status))
        .route("/receivers", only("GET", MethodFilter::GET, status::receivers))
        .route(
            "/alerts",
            only("GET,POST", MethodFilter::GET, alerts::list).on(MethodFilter::POST, alerts::post),
        )
        .route("/alerts/groups", only("GET", MethodFilter::GET, alerts::groups))
        .route(
            "/silences",
            only("GET,POST", MethodFilter::GET, silences::list)
                .on(MethodFilter::POST, silences::post),
        )
        .route(
            "/silence/{id}",
            only("DELETE,GET", MethodFilter::GET, silences::get)
                .on(MethodFilter::DELETE, silences::delete),
        )
        // A fallback would give way to that of a router around this one.
        .route("/{*path}", any(unknown))
        .layer(from_fn(headers))
        .with_state(state)
}

/// A route that names its methods to those that use another one.
fn only<H, T>(allowed: &'static str, methods: MethodFilter, handler: H) -> MethodRouter<V2>
where
    H: axum::handler::Handler<T, V2>,
    T: 'static,
{
    let deny = move |Open(_): Open, method: Method| async move {
        let message = format!("method {method} is not allowed, but [{allowed}] are");
        let mut response =
            Failure::described(StatusCode::METHOD_NOT_ALLOWED, message).into_response();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        response
    };
    MethodRouter::new().on(methods, handler).fallback(deny)
}

async fn unknown(Open(_): Open, uri: Uri) -> Response {
    let message = format!("path /api/v2{} was not found", uri.path());
    Failure::described(StatusCode::NOT_FOUND, message).into_response()
}

/// Lets pages of all sites read, as upstream does; what changes anything is guarded by itself.
async fn headers(request: axum::extract::Request, next: Next) -> Response {
    let has_origin = request.headers().contains_key(header::ORIGIN);
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let is_read = request.method() == Method::GET;
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if !is_preflight {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if has_origin && is_read {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}
