//! What can go wrong with a request: in whose hands it lies, whether to try again, Go's words for it.

use std::fmt;
use std::io;
use std::sync::Arc;

use http::Method;
use url::Url;

use crate::capped::CappedError;
use crate::client::config::ConfigError;
use crate::client::url::redacted;
use crate::os_text::os_text;
use crate::tls::error_text::tls_text;
use crate::tls::pem::PemError;
use crate::watched_file::FileError;

/// Says why a client cannot be built from its configuration.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BuildError {
    /// The configuration breaks a rule.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The name that the certificate must have is not a name.
    #[error("invalid tls_config server_name {0:?}")]
    ServerName(String),
    /// The proxy speaks a protocol that this client does not.
    #[error("proxy_url scheme {0:?} is not supported")]
    ProxyScheme(String),
    /// A configured header cannot be sent.
    #[error("invalid header {0:?}")]
    Header(String),
    /// The URL of the token server is not a URL.
    #[error("invalid oauth2 token_url: {0}")]
    TokenUrl(#[source] url::ParseError),
}

/// Says why the certificates of a client cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// A file cannot be read.
    #[error("unable to read {what}: unable to read file: {source}")]
    File {
        /// What the file holds.
        what: &'static str,
        /// Why not.
        source: FileError,
    },
    /// The authorities cannot be used.
    #[error("unable to use specified CA cert {place}")]
    Ca {
        /// Where they are.
        place: String,
        /// Why not.
        source: PemError,
    },
    /// The client's own certificate cannot be used.
    #[error("unable to use specified client cert ({cert}) & key ({key}): {source}")]
    Certificate {
        /// Where the certificate is.
        cert: String,
        /// Where the key is.
        key: String,
        /// Why not.
        source: PemError,
    },
    /// The versions or the cryptography do not go together.
    #[error("{}", tls_text(.0))]
    Rustls(#[from] rustls::Error),
}

/// Is a failed request.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RequestError {
    /// There is no answer.
    #[error("{} {:?}: {cause}", go_method(.0.method()), .0.url(), cause = .0.cause())]
    NoAnswer(Box<NoAnswer>),
    /// The answer's body broke off.
    #[error("{0}")]
    Body(#[source] Cause),
    /// The answer's body is larger than asked for, or its compression is damaged.
    #[error(transparent)]
    Content(#[from] CappedError),
}

/// Holds a request without an answer.
#[derive(Clone, Debug)]
pub struct NoAnswer {
    method: Method,
    url: String,
    cause: Cause,
}

impl NoAnswer {
    /// Returns the method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the URL without its password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the cause.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }
}

/// Is the reason why a request failed.
#[derive(Clone, Debug)]
pub enum Cause {
    /// The deadline of the request passed.
    Deadline,
    /// The host's name is not known.
    Lookup { host: String, source: Arc<io::Error> },
    /// The host did not take the connection.
    Dial { network: &'static str, address: String, source: Arc<io::Error> },
    /// The connection broke.
    Io(Arc<io::Error>),
    /// The connection was closed before the answer was complete.
    Closed,
    /// The connection was closed in the middle of the body.
    Truncated,
    /// The handshake failed.
    Tls(rustls::Error),
    /// The handshake took too long.
    TlsTimeout,
    /// An `https` request met a server that speaks plain HTTP.
    PlainServer,
    /// The proxy did not open a tunnel.
    Proxy(String),
    /// The answer is not HTTP.
    Malformed(String),
    /// A redirect has no usable target.
    Redirect(String),
    /// Redirects followed each other too often.
    TooManyRedirects(usize),
    /// A credential could not be read from its file.
    Credential { what: &'static str, source: FileError },
    /// A header's configured or read value cannot be sent.
    Header(String),
    /// A certificate file changed and is of no use now.
    TlsSetup(Box<TlsSetupError>),
    /// The token server gave no token.
    Token(String),
    /// The URL cannot be asked for with HTTP.
    Url(String),
}

/// Names the side where a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This program's configuration or files.
    Here,
    /// The way between: names, routes, connections, time.
    Network,
    /// The server or the proxy.
    There,
}

impl RequestError {
    pub(crate) fn no_answer(method: &Method, url: &Url, cause: Cause) -> Self {
        Self::NoAnswer(Box::new(NoAnswer { method: method.clone(), url: redacted(url), cause }))
    }

    /// Returns the cause, where the failure was not in the contents.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::NoAnswer(failed) => Some(&failed.cause),
            Self::Body(cause) => Some(cause),
            Self::Content(_) => None,
        }
    }

    /// Says whether the deadline of the request passed.
    pub fn is_deadline(&self) -> bool {
        matches!(self.cause(), Some(Cause::Deadline))
    }

    /// Says whether the body was larger than asked for.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::Content(CappedError::TooLarge { .. }))
    }

    /// Says where the request failed.
    pub fn side(&self) -> Side {
        match self.cause() {
            None => Side::There,
            Some(cause) => cause.side(),
        }
    }

    /// Says whether the same request may succeed later without a change of configuration.
    pub fn is_retryable(&self) -> bool {
        self.cause().is_some_and(Cause::is_retryable)
    }
}

impl Cause {
    fn side(&self) -> Side {
        match self {
            Self::Credential { .. } | Self::Header(_) | Self::TlsSetup(_) | Self::Url(_) => {
                Side::Here
            }
            Self::Deadline
            | Self::Lookup { .. }
            | Self::Dial { .. }
            | Self::Io(_)
            | Self::Closed
            | Self::Truncated
            | Self::TlsTimeout => Side::Network,
            Self::Tls(_)
            | Self::PlainServer
            | Self::Proxy(_)
            | Self::Malformed(_)
            | Self::Redirect(_)
            | Self::TooManyRedirects(_)
            | Self::Token(_) => Side::There,
        }
    }

    fn is_retryable(&self) -> bool {
        self.side() == Side::Network || matches!(self, Self::Proxy(_) | Self::Token(_))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadline => f.write_str("context deadline exceeded"),
            Self::Lookup { host, source } => {
                write!(f, "dial tcp: lookup {host}: {}", lookup_text(source))
            }
            Self::Dial { network, address, source } => {
                write!(f, "dial {network} {address}: connect: {}", os_text(source))
            }
            Self::Io(source) => write!(f, "read tcp: read: {}", os_text(source)),
            Self::Closed => f.write_str("EOF"),
            Self::Truncated => f.write_str("unexpected EOF"),
            Self::Tls(error) => f.write_str(&tls_text(error)),
            Self::TlsTimeout => f.write_str("net/http: TLS handshake timeout"),
            Self::PlainServer => f.write_str("http: server gave HTTP response to HTTPS client"),
            Self::Proxy(text) | Self::Token(text) | Self::Redirect(text) => f.write_str(text),
            Self::Malformed(source) => {
                write!(f, "net/http: HTTP/1.x transport connection broken: {source}")
            }
            Self::TooManyRedirects(count) => write!(f, "stopped after {count} redirects"),
            Self::Credential { what, source } => {
                write!(f, "unable to read {what}: unable to read file: {source}")
            }
            Self::Header(name) => write!(f, "net/http: invalid header field value for {name:?}"),
            Self::TlsSetup(error) => error.fmt(f),
            Self::Url(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Cause {}

fn lookup_text(error: &io::Error) -> String {
    let text = error.to_string();
    // The resolver's own texts differ between C libraries; Go has one for an unknown name.
    if text.contains("not known") || text.contains("No address") {
        "no such host".to_owned()
    } else {
        text
    }
}

/// Writes a method the way Go's client names it: `Get`, `Post`.
fn go_method(method: &Method) -> String {
    let mut letters = method.as_str().chars();
    letters.next().into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect()
}
