//! Routes as upstream's router knows them: a HEAD is no GET, and every refusal has a text.

use axum::Router;
use axum::handler::Handler;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use http::{HeaderValue, Method, StatusCode, header};

use crate::envelope::plain_error;

/// A route for GET.
pub(crate) fn get<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    only("GET, OPTIONS", MethodFilter::GET, handler)
}

/// A route for GET and for POST with a form.
pub(crate) fn get_or_post<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    only("GET, OPTIONS, POST", MethodFilter::GET.or(MethodFilter::POST), handler)
}

/// A route for POST.
pub(crate) fn post<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    only("OPTIONS, POST", MethodFilter::POST, handler)
}

/// A route for DELETE.
pub(crate) fn delete<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    only("DELETE, OPTIONS", MethodFilter::DELETE, handler)
}

/// A route for POST and PUT.
pub(crate) fn post_or_put<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    only("OPTIONS, POST, PUT", MethodFilter::POST.or(MethodFilter::PUT), handler)
}

/// A route for POST and PUT that answers a GET, too, with what the caller adds for it.
pub(crate) fn get_post_or_put<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    only("GET, OPTIONS, POST, PUT", MethodFilter::POST.or(MethodFilter::PUT), handler)
}

/// A route for GET and for HEAD, which gets the same answer without its body.
pub(crate) fn get_or_head<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    let deny = |method: Method| async move { deny(&method, "GET, HEAD, OPTIONS") };
    MethodRouter::new().on(MethodFilter::GET, handler).fallback(deny)
}

fn only<H, T, S>(allowed: &'static str, methods: MethodFilter, handler: H) -> MethodRouter<S>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    let deny = move |method: Method| async move { deny(&method, allowed) };
    MethodRouter::new().on(methods, handler).on(MethodFilter::HEAD, deny).fallback(deny)
}

/// The answer to a method that a route does not know, which names those that it knows.
fn deny(method: &Method, allowed: &'static str) -> Response {
    let mut response = if method == Method::OPTIONS {
        StatusCode::OK.into_response()
    } else {
        plain_error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
    };
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// The answer where there is no route.
pub(crate) async fn not_found() -> Response {
    plain_error(StatusCode::NOT_FOUND, "404 page not found")
}

/// The routes below a prefix, and the way there from the root and from the prefix with a slash behind it.
pub(crate) fn prefixed<S: Clone + Send + Sync + 'static>(
    prefix: &str,
    routes: Router<S>,
) -> Router<S> {
    let location = HeaderValue::from_str(prefix).expect("a route prefix is the path of a URL");
    let to_prefix = move || async move { (StatusCode::FOUND, [(header::LOCATION, location)]) };
    Router::new()
        .route("/", get(to_prefix.clone()))
        .route(&format!("{prefix}/"), get(to_prefix))
        .nest(prefix, routes)
}
