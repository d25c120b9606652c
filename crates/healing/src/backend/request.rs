//! What the backends that speak HTTP have in common.

use regain_http::client::error::{Cause, RequestError};

/// Is the `User-Agent` of every request.
pub(super) const USER_AGENT: &str = concat!("Regain/", env!("CARGO_PKG_VERSION"));

/// Says whether a failed request certainly did not reach the server's application. Whatever is not
/// certain counts as sent, a failure of TLS too: it may come after the request.
pub(super) fn was_never_sent(error: &RequestError) -> bool {
    match error.cause() {
        Some(cause) => match cause {
            Cause::Lookup { .. }
            | Cause::Dial { .. }
            | Cause::TlsTimeout
            | Cause::PlainServer
            | Cause::Credential { .. }
            | Cause::Header(_)
            | Cause::TlsSetup(_)
            | Cause::Token(_)
            | Cause::Url(_) => true,
            Cause::Deadline
            | Cause::Io(_)
            | Cause::Closed
            | Cause::Truncated
            | Cause::Tls(_)
            | Cause::Proxy(_)
            | Cause::Malformed(_)
            | Cause::Redirect(_)
            | Cause::TooManyRedirects(_) => false,
        },
        None => false,
    }
}
