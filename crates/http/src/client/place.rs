//! Where a request goes, in the forms in which that is said.

use http::Uri;
use http::uri::{InvalidUri, PathAndQuery};
use url::{Position, Url};

use crate::client::connector::unix_host;
use crate::client::error::Cause;
use crate::client::pool::HostRef;
use crate::client::transport::Outgoing;

/// Is a URL, and the host that stands for its Unix socket where it has one.
pub(crate) struct Place<'a> {
    url: &'a Url,
    unix_host: Option<String>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(outgoing: &Outgoing<'a>) -> Result<Self, Cause> {
        let (url, unix_host) = (outgoing.url, outgoing.unix_socket.map(unix_host));
        match url.scheme() {
            "http" | "https" => Ok(Self { url, unix_host }),
            other => Err(Cause::Url(format!("unsupported protocol scheme {other:?}"))),
        }
    }

    /// Returns what a connection leads to.
    pub(crate) fn host(&self) -> HostRef<'_> {
        let of_url = &self.url[Position::BeforeHost..Position::AfterPort];
        let authority = self.unix_host.as_deref().unwrap_or(of_url);
        HostRef { https: self.url.scheme() == "https", authority }
    }

    /// Returns the path with the query, as the server itself is asked.
    pub(crate) fn origin(&self) -> Result<Uri, Cause> {
        let path = PathAndQuery::try_from(self.path()).map_err(invalid)?;
        Ok(Uri::from(path))
    }

    /// Returns the URL without login and fragment, as a proxy is asked.
    pub(crate) fn absolute(&self) -> Result<Uri, Cause> {
        let (scheme, authority) = (self.url.scheme(), self.host().authority);
        format!("{scheme}://{authority}{}", self.path()).parse().map_err(invalid)
    }

    fn path(&self) -> &'a str {
        &self.url[Position::BeforePath..Position::AfterQuery]
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what an error is mapped with takes it")]
fn invalid(error: InvalidUri) -> Cause {
    Cause::Url(error.to_string())
}
