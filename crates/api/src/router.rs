//! All routes of the server.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use http::header;
use regain_http::server::Site;
use regain_http::server::compression::gzip;
use regain_http::server::cors;
use regain_http::server::metrics::{self, HttpMetrics};

use crate::alertmanager::{self, V2};
use crate::federate::federate;
use crate::healing::{self, state::HealingState};
use crate::json;
use crate::lifecycle;
use crate::routes::{get, not_found, prefixed};
use crate::self_metrics::{self, SelfMetrics};
use crate::settings::{App, Settings};
use crate::shortcut::Questions;
use crate::v1;

/// Where the API lives below the route prefix.
const API: &str = "/api/v1";
/// Where Alertmanager's API lives.
const ALERTMANAGER_API: &str = "/api/v2";

/// The routes of a server with these settings. Adds the metrics of HTTP, of federation and of `/metrics`
/// itself to the settings' registry: once per registry.
pub fn router(settings: Settings) -> Site {
    let http_metrics = HttpMetrics::new(&settings.registry, &settings.address.route_prefix);
    let self_metrics = SelfMetrics::new(settings.registry.clone());
    let cors = settings.cors.clone();
    let prefix = settings.address.route_prefix.trim_end_matches('/').to_owned();
    let pages = settings.pages.clone().with_state(());
    let healing_state =
        HealingState { door: settings.healing.clone(), changes: settings.changes.clone() };
    let v2 = V2 { door: settings.alerting.clone(), changes: settings.changes.clone() };
    let app = App::new(settings);
    let shortcut =
        Questions::new(app.clone(), cors.clone(), &http_metrics, &format!("{prefix}{API}"));

    let api = v1::routes()
        .nest("/regain/healing", healing::routes(healing_state).with_state(()))
        .fallback(not_found)
        .layer(gzip())
        .layer(from_fn_with_state(cors, cors::layer));
    let metrics = Router::new()
        .route("/metrics", get(self_metrics::metrics))
        .with_state(self_metrics)
        .layer(gzip());
    let routes = Router::new()
        .route("/version", get(version))
        .merge(Router::new().route("/federate", get(federate)).layer(gzip()))
        .merge(metrics)
        .merge(lifecycle::routes())
        .merge(pages)
        .nest(API, api)
        .nest(ALERTMANAGER_API, alertmanager::routes(v2).with_state(()));
    let routes = if prefix.is_empty() { routes } else { prefixed(&prefix, routes) };
    // The layer sees which route a request took only when it is given to the outermost router.
    let routes = routes.fallback(not_found).with_state(app);
    let router = routes.layer(from_fn_with_state(http_metrics, metrics::layer));
    Site::with_shortcut(router, Arc::new(shortcut))
}

/// `/version`: what the program is.
async fn version(State(app): State<App>) -> Response {
    let mut body = Vec::new();
    json::append_serialized(&mut body, &app.settings.build);
    body.push(b'\n');
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}
