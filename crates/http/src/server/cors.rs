//! Lets pages of other origins read the API, as upstream's `httputil.SetCORS` does.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// Decides which origins are let in: `--web.cors.origin`, compiled.
#[derive(Clone)]
pub struct Cors(Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl std::fmt::Debug for Cors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cors").finish_non_exhaustive()
    }
}

impl Cors {
    /// Lets in the origins for which `matches` says so.
    pub fn new(matches: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(matches))
    }

    /// Sets the headers of an answer to a request with this origin.
    pub fn add_to(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin.filter(|origin| !origin.is_empty()) else {
            return;
        };
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "Accept, Authorization, Content-Type, Origin"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
            (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Date"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if origin.to_str().is_ok_and(|origin| (self.0)(origin)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }
}

/// Adds the headers to every answer and answers `OPTIONS` itself; for
/// `axum::middleware::from_fn_with_state(cors, cors::layer)`.
pub async fn layer(State(cors): State<Cors>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    cors.add_to(response.headers_mut(), origin.as_ref());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_echoed_where_it_matches() {
        let cors = Cors::new(|origin| origin.ends_with(".example"));
        let check = |origin: Option<&'static str>, allowed: Option<&str>, count| {
            let mut headers = HeaderMap::new();
            cors.add_to(&mut headers, origin.map(HeaderValue::from_static).as_ref());
            let found = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            assert_eq!(found.map(|value| value.to_str().unwrap()), allowed);
            assert_eq!(headers.len(), count);
            assert_eq!(headers[header::VARY], "Origin");
        };
        check(None, None, 1);
        check(Some("https://a.example"), Some("https://a.example"), 5);
        check(Some("https://a.evil"), None, 4);
    }
}
