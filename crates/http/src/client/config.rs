//! What a user can say about a client: the typed form of upstream's `http_config`.
//!
//! The structs hold what the file says and nothing else; crate `config` fills them and joins relative
//! paths with the directory of the file. An empty text, list or secret means "not configured".
//! [`ClientConfig::validate`] checks the rules that span several fields.

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use crate::client::url::ConfiguredUrl;
pub use crate::client::validate::ConfigError;
pub use crate::secret::Secret;

/// Configures a client: who it is, whom it trusts, and which way it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// Logs in with a user name and a password.
    pub basic_auth: Option<BasicAuth>,
    /// Sends fixed credentials in the `Authorization` header.
    pub authorization: Option<Authorization>,
    /// Fetches a token and sends it in the `Authorization` header.
    pub oauth2: Option<Oauth2>,
    /// Is the older spelling of `authorization.credentials`.
    pub bearer_token: Secret,
    /// Is the older spelling of `authorization.credentials_file`.
    pub bearer_token_file: Option<PathBuf>,
    /// Configures `https`.
    pub tls_config: TlsConfig,
    /// Says whether a 3xx answer is followed.
    pub follow_redirects: bool,
    /// Says whether HTTP/2 is offered to an `https` server.
    pub enable_http2: bool,
    /// Says through which proxy the requests go.
    pub proxy: ProxyConfig,
    /// Adds headers to every request, by the name as written.
    pub http_headers: BTreeMap<String, HttpHeader>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            basic_auth: None,
            authorization: None,
            oauth2: None,
            bearer_token: Secret::default(),
            bearer_token_file: None,
            tls_config: TlsConfig::default(),
            follow_redirects: true,
            enable_http2: true,
            proxy: ProxyConfig::default(),
            http_headers: BTreeMap::new(),
        }
    }
}

/// Holds a user name and a password, each inline or in a file that is read again for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasicAuth {
    /// The name.
    pub username: String,
    /// The file with the name.
    pub username_file: Option<PathBuf>,
    /// The password.
    pub password: Secret,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
}

/// Holds the two parts of an `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The scheme, key `type`; an empty one means `Bearer`.
    pub kind: String,
    /// The credentials.
    pub credentials: Secret,
    /// The file with the credentials, read again for each request.
    pub credentials_file: Option<PathBuf>,
}

impl Authorization {
    /// Is the scheme where none is configured.
    pub const DEFAULT_KIND: &'static str = "Bearer";
}

impl Default for Authorization {
    fn default() -> Self {
        Self {
            kind: Self::DEFAULT_KIND.to_owned(),
            credentials: Secret::default(),
            credentials_file: None,
        }
    }
}

/// Configures the OAuth 2.0 client credentials grant (RFC 6749, section 4.4).
///
/// Upstream's second grant, [`Oauth2::GRANT_JWT_BEARER`], is refused by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Oauth2 {
    /// The client's name at the token server.
    pub client_id: String,
    /// The client's password at the token server.
    pub client_secret: Secret,
    /// The file with that password, looked at again for each request.
    pub client_secret_file: Option<PathBuf>,
    /// The grant as written; anything but [`Oauth2::GRANT_JWT_BEARER`] means client credentials.
    pub grant_type: String,
    /// The scopes to ask for.
    pub scopes: Vec<String>,
    /// Where tokens are fetched.
    pub token_url: String,
    /// Further fields of the token request.
    pub endpoint_params: BTreeMap<String, String>,
    /// Configures `https` to the token server.
    pub tls_config: TlsConfig,
    /// Says through which proxy the token server is reached.
    pub proxy: ProxyConfig,
}

impl Oauth2 {
    /// Is the grant where none is configured.
    pub const GRANT_CLIENT_CREDENTIALS: &'static str = "client_credentials";
    /// Is the grant of RFC 7523, which this client does not have.
    pub const GRANT_JWT_BEARER: &'static str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
}

/// Configures TLS of a client. Each of the three PEM texts is inline or in a file, never both; files
/// are looked at again for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// The certificates that are trusted instead of the system's.
    pub ca: String,
    /// The file with those.
    pub ca_file: Option<PathBuf>,
    /// The client's own certificate chain.
    pub cert: String,
    /// The file with it.
    pub cert_file: Option<PathBuf>,
    /// The key of that certificate.
    pub key: Secret,
    /// The file with it.
    pub key_file: Option<PathBuf>,
    /// The name to expect in the server's certificate, where it is not the host of the URL.
    pub server_name: String,
    /// Says whether any certificate is accepted.
    pub insecure_skip_verify: bool,
    /// The oldest version to speak.
    pub min_version: Option<TlsVersion>,
    /// The newest version to speak.
    pub max_version: Option<TlsVersion>,
}

/// Names a version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0, which is understood and not spoken.
    Tls10,
    /// TLS 1.1, which is understood and not spoken.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl TlsVersion {
    /// Reads a version as files write it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "TLS10" => Some(Self::Tls10),
            "TLS11" => Some(Self::Tls11),
            "TLS12" => Some(Self::Tls12),
            "TLS13" => Some(Self::Tls13),
            _ => None,
        }
    }

    /// Returns the version as files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls10 => "TLS10",
            Self::Tls11 => "TLS11",
            Self::Tls12 => "TLS12",
            Self::Tls13 => "TLS13",
        }
    }
}

/// Says through which proxy requests go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProxyConfig {
    /// The proxy.
    pub proxy_url: Option<ConfiguredUrl>,
    /// The hosts that are reached without it: names, domains, addresses and networks, by comma.
    pub no_proxy: String,
    /// Says whether `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` decide instead.
    pub proxy_from_environment: bool,
    /// Headers for the proxy itself, sent with `CONNECT`.
    pub proxy_connect_header: BTreeMap<String, Vec<Secret>>,
}

/// Holds the values of one configured header, in the order in which they are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpHeader {
    /// Values that may be shown.
    pub values: Vec<String>,
    /// Values that may not be shown.
    pub secrets: Vec<Secret>,
    /// Files that hold one value each, read again for each request.
    pub files: Vec<PathBuf>,
}
