//! Headers that a configuration must not set.

use std::collections::BTreeMap;

use regain_yaml::{Decode as _, Section, pairs};

/// In lower case.
const RESERVED: [&str; 16] = [
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

/// What to say about an `Authorization` header of a remote endpoint.
pub(crate) const REMOTE_AUTHORIZATION: &str = "authorization header must be changed via the \
     basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter";
/// What to say about an `Authorization` header of the tracing endpoint.
pub(crate) const TRACING_AUTHORIZATION: &str =
    "custom authorization header configuration is not yet supported";

/// The field `headers`, none of which may be reserved.
pub(crate) fn headers(section: &mut Section<'_>, authorization: &str) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    let mistakes = section.mistakes();
    let Some(node) = section.field("headers") else { return headers };
    for (name, at, value) in pairs(node, mistakes).unwrap_or_default() {
        let lower = name.to_ascii_lowercase();
        if lower == "authorization" {
            mistakes.rule(at, authorization);
        } else if RESERVED.contains(&&*lower) {
            mistakes.rule(at, format!("{name} is a reserved header. It must not be changed"));
        }
        if let Some(value) = String::decode(value, mistakes) {
            headers.insert(name.to_owned(), value);
        }
    }
    headers
}
