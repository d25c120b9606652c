//! The addresses of the pages.

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::asset::{HASHED_DIR, files, respond};
use crate::document::{Document, Scope};

/// The addresses that the document is served at: the pages that there are, under Prometheus' addresses where it
/// has the page, and those of Prometheus' pages that Regain has in another place, which the document itself
/// leads to (`moved` in `ui/src/routes.ts`).
const PAGES: [&str; 17] = [
    "/",
    "/query",
    "/targets",
    "/alerts",
    "/silences",
    "/silences/{*one}",
    "/healing",
    "/status",
    "/tsdb-status",
    "/cardinality",
    "/queries",
    "/config",
    "/flags",
    "/rules",
    "/service-discovery",
    "/alertmanager-discovery",
    "/agent",
];

/// The pages of a receiver of alerts.
const RECEIVER_PAGES: [&str; 5] = ["/", "/alerts", "/silences", "/silences/{*one}", "/status"];

/// Addresses that Prometheus' pages had before, and where they are now. What links there, such as the
/// `generatorURL` of an alert, carries parameters that mean the same as ever.
const MOVED: [(&str, &str); 1] = [("/graph", "/query")];

/// The routes of the pages and of their files, for a server whose external URL has `external_path`: empty,
/// or with a slash in front. They belong below the route prefix, as the API's routes do.
pub fn router(external_path: &str) -> Router {
    let external_path = external_path.trim_end_matches('/');
    let mut router = pages(&PAGES, &Document::new(external_path, Scope::Server));
    for (old, new) in MOVED {
        let to = format!("{external_path}{new}");
        router = router.route(
            old,
            get(|RawQuery(query): RawQuery| async move { redirect(&to, query.as_deref()) }),
        );
    }
    router.merge(assets())
}

/// The same for a receiver of alerts, whose pages are fewer.
pub fn receiver_router(external_path: &str) -> Router {
    pages(&RECEIVER_PAGES, &Document::new(external_path, Scope::Receiver)).merge(assets())
}

fn pages(addresses: &[&str], document: &Document) -> Router {
    addresses.iter().fold(Router::new(), |router, address| {
        let document = document.clone();
        router.route(address, get(|request: HeaderMap| async move { document.respond(&request) }))
    })
}

fn assets() -> Router {
    let mut router = Router::new();
    for file in files().iter().filter(|file| !file.path.starts_with(HASHED_DIR)) {
        let route = format!("/{}", file.path);
        router = router
            .route(&route, get(move |request: HeaderMap| async move { file.respond(&request) }));
    }
    router.route(
        &format!("/{HASHED_DIR}{{*path}}"),
        get(|Path(path): Path<String>, request: HeaderMap| async move {
            respond(&format!("{HASHED_DIR}{path}"), &request)
        }),
    )
}

fn redirect(to: &str, query: Option<&str>) -> Response {
    let to = query.map_or_else(|| to.to_owned(), |query| format!("{to}?{query}"));
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}
