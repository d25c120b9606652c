//! Who may change state over HTTP.
//!
//! A silence hides a fire and a paused healer lets it burn, so that a change needs a login wherever it does not come
//! from this host, and a page of another site can make none, not even through the browser of somebody who is let in.
//! The original lets everybody do everything; a switch brings that back.
//!
//! A name of somebody else that resolves to this host makes a foreign page look like one of ours to the browser; so a
//! browser without a login must ask for this host by an address, as `localhost`, or by the name in the external URL.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode, header};
use regain_http::server::Caller;

use crate::envelope::plain_error;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who may change what the server does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Whether other hosts may without a login, as in the original.
    pub from_anybody: bool,
    /// The host of the external URL, with its port where it has one.
    pub own_host: Arc<str>,
}

/// Is there for a request that may change state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MayChange;

/// Why a request may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error("a page of another site may not change anything here")]
    OtherSite,
    #[error(
        "changes from other hosts need a login: set basic_auth_users or client certificates in the file of \
         --web.config.file, or start with --web.allow-anonymous-changes"
    )]
    Unknown,
}

impl IntoResponse for Forbidden {
    fn into_response(self) -> Response {
        plain_error(StatusCode::FORBIDDEN, self)
    }
}

impl<S> FromRequestParts<S> for MayChange
where
    S: Send + Sync,
    Changes: FromRef<S>,
{
    type Rejection = Forbidden;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Forbidden> {
        let changes = Changes::from_ref(state);
        check(&changes, parts.extensions.get::<Caller>(), &parts.headers)
    }
}

fn check(
    changes: &Changes,
    caller: Option<&Caller>,
    headers: &HeaderMap,
) -> Result<MayChange, Forbidden> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if is_of_other_site(headers, host) {
        return Err(Forbidden::OtherSite);
    }
    let is_known = caller.is_some_and(|caller| caller.is_known);
    if !is_known && is_of_browser(headers) && !host.is_none_or(|host| changes.is_ours(host)) {
        return Err(Forbidden::OtherSite);
    }
    let is_local = caller.is_none_or(Caller::is_local);
    if is_known || is_local || changes.from_anybody {
        Ok(MayChange)
    } else {
        Err(Forbidden::Unknown)
    }
}

impl Changes {
    /// Whether nobody else can have the name by which this host was asked for.
    fn is_ours(&self, host: &str) -> bool {
        let without_port = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let name = without_port.trim_start_matches('[').trim_end_matches(']');
        name.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || host.eq_ignore_ascii_case(&self.own_host)
    }
}

/// Whether a browser sent the request: those of today all say where from. Programs say nothing.
fn is_of_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(FETCH_SITE) || headers.contains_key(header::ORIGIN)
}

/// Whether the request comes from a page that this server did not serve.
fn is_of_other_site(headers: &HeaderMap, host: Option<&str>) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        // `none` is what the user does directly.
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    match (origin, host) {
        (Some((_, origin)), Some(host)) => !origin.eq_ignore_ascii_case(host),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(peer: &str, is_known: bool) -> Caller {
        Caller { peer: peer.parse().unwrap(), is_known }
    }

    fn changes(from_anybody: bool) -> Changes {
        Changes { from_anybody, own_host: "a:9093".into() }
    }

    #[test]
    fn a_change_needs_a_login_unless_it_comes_from_this_host() {
        let cases = [
            ("127.0.0.1:5", false, true),
            ("[::1]:5", false, true),
            ("[::ffff:127.0.0.1]:5", false, true),
            ("10.0.0.1:5", false, false),
            ("10.0.0.1:5", true, true),
        ];
        for (peer, is_known, allowed) in cases {
            let found = check(&changes(false), Some(&caller(peer, is_known)), &HeaderMap::new());
            assert_eq!(found.is_ok(), allowed, "{peer} {is_known}");
        }
        let stranger = caller("10.0.0.1:5", false);
        assert!(check(&changes(true), Some(&stranger), &HeaderMap::new()).is_ok());
    }

    #[test]
    fn a_page_of_another_site_changes_nothing() {
        let cases: [(&[(&str, &str)], bool); 11] = [
            (&[], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://a:9093"), ("host", "a:9093")], true),
            (&[("origin", "http://evil"), ("host", "a:9093")], false),
            (&[("origin", "null"), ("host", "a:9093")], false),
            (&[("sec-fetch-site", "same-origin"), ("host", "evil:9093")], false),
            (&[("sec-fetch-site", "same-origin"), ("host", "[::1]:9093")], true),
            (&[("host", "anything:9093")], true),
        ];
        for (sent, allowed) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                let name: HeaderName = name.parse().unwrap();
                headers.insert(name, value.parse().unwrap());
            }
            let found = check(&changes(true), Some(&caller("127.0.0.1:5", false)), &headers);
            assert_eq!(found.is_ok(), allowed, "{sent:?}");
        }
    }
}
