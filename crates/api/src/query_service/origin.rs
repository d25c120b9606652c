//! Who asks.

use axum::extract::Request;
use regain_http::server::Caller;
use serde::Serialize;

/// What the paths of the API begin with, whatever prefix is before that.
const API: &str = "/api/v1";

/// Where a query comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A client over HTTP.
    Client(HttpRequest),
    /// A rule.
    Rule(RuleOrigin),
    /// This server itself, for healing.
    Server,
}

/// A request, as the query log shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct HttpRequest {
    #[serde(rename = "clientIP")]
    pub(crate) client_ip: String,
    pub(crate) method: String,
    pub(crate) path: String,
}

impl HttpRequest {
    /// What is known of a request to the API.
    pub(crate) fn of(request: &Request) -> Self {
        let caller = request.extensions().get::<Caller>();
        // The router takes off what all paths begin with; the shortcut has it still.
        let path = request.uri().path();
        let path = path.split_once(API).map_or(path, |(_, below)| below);
        Self {
            client_ip: caller
                .map(|caller| caller.peer.ip().to_canonical().to_string())
                .unwrap_or_default(),
            method: request.method().to_string(),
            path: format!("{API}{path}"),
        }
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RuleOrigin {
    pub(crate) file: String,
    pub(crate) group: String,
    pub(crate) name: String,
}
