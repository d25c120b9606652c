//! The one HTML document, for all pages.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use xxhash_rust::xxh64::xxh64;

use crate::asset::{ASK_AGAIN, index, is_known};

/// What the browser lets the pages do; the tests of the pages read the same file. Scripts and styles come
/// from this server's files only, and `require-trusted-types-for` makes the browser itself refuse to turn a
/// text into HTML. Pictures may be `data:` and `blob:`, which charts are saved as.
const POLICY: HeaderValue =
    HeaderValue::from_static(include_str!("content_security_policy.txt").trim_ascii());
/// Addresses contain queries, which are nobody else's business.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");

/// The element of the built document that says where all addresses begin.
const BASE: &str = r#"<base href="/" />"#;

/// The element of the built document that says which pages there are.
const SCOPE: &str = r#"<meta name="regain-scope" content="server" />"#;
const RECEIVER_SCOPE: &str = r#"<meta name="regain-scope" content="receiver" />"#;

/// What is served where the pages are not built.
const NOT_BUILT: &str = include_str!("not_built.html");

/// Whether this build contains the pages.
pub const fn is_built() -> bool {
    index().is_some()
}

/// Which pages there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those of a server that scrapes.
    Server,
    /// Those of a receiver of alerts, which has no samples, no targets and no rules.
    Receiver,
}

/// The document for a server at one address. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Document(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    html: Bytes,
    tag: String,
}

impl Document {
    /// The document for a server whose external URL has `external_path`, with or without a slash at
    /// its end.
    pub(crate) fn new(external_path: &str, scope: Scope) -> Self {
        let base = format!("{}/", external_path.trim_end_matches('/'));
        let html = render(index().unwrap_or(NOT_BUILT), &base, scope);
        let tag = format!("\"{:016x}\"", xxh64(html.as_bytes(), 0));
        Self(Arc::new(Inner { html: Bytes::from(html), tag }))
    }

    /// The answer to a request for a page.
    pub(crate) fn respond(&self, request: &HeaderMap) -> Response {
        let Inner { html, tag } = &*self.0;
        let mut response = if is_known(request, tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(html.clone()))
        };
        let headers = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(tag) {
            headers.insert(header::ETAG, tag);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, ASK_AGAIN);
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, REFERRER);
        response
    }
}

/// The document with its scope, and with the base that all its addresses are relative to.
fn render(html: &str, base: &str, scope: Scope) -> String {
    let html = html.replacen(BASE, &format!(r#"<base href="{}" />"#, escape(base)), 1);
    match scope {
        Scope::Server => html,
        Scope::Receiver => html.replacen(SCOPE, RECEIVER_SCOPE, 1),
    }
}

/// A text as the value of an attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_begin_at_the_external_path() {
        let html = render(r#"<head><base href="/" /></head>"#, "/a/b/", Scope::Server);
        assert_eq!(html, r#"<head><base href="/a/b/" /></head>"#);
        let html = render(r#"<base href="/" />"#, r#"/"><script>/"#, Scope::Server);
        assert_eq!(html, r#"<base href="/&quot;>&lt;script>/" />"#);
    }

    #[test]
    fn the_document_of_a_receiver_says_so() {
        if let Some(html) = index() {
            assert_eq!(html.matches(SCOPE).count(), 1, "{html}");
            let html = render(html, "/", Scope::Receiver);
            assert!(html.contains(RECEIVER_SCOPE) && !html.contains(SCOPE), "{html}");
        }
    }

    #[test]
    fn every_document_names_its_base_and_has_nothing_inline() {
        for html in index().into_iter().chain([NOT_BUILT]) {
            assert_eq!(html.matches(BASE).count(), 1, "{html}");
            assert!(!html.contains("<style") && !html.contains("style="), "{html}");
            let scripts = html.matches("<script").count();
            assert_eq!(
                scripts,
                html.matches("></script>").count(),
                "a script has a text of its own: {html}"
            );
        }
    }
}
