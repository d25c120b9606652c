//! `web.yml`: TLS, logins and headers of a server, in the format of upstream's `exporter-toolkit`.
//!
//! The file is checked as a whole before a server starts; while it runs, the file is looked at again for
//! each connection and request. A file that turned bad is an error for those, never the old settings.

mod decode;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::client::config::TlsVersion;
use crate::secret::Secret;
use crate::server::tls::{ServerTls, ServerTlsError};
use crate::watched_file::{FileError, WatchedFile};

/// Says why a `web.yml` cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WebConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file has mistakes, each with its place.
    #[error(transparent)]
    Mistakes(#[from] regain_yaml::Errors),
    /// A certificate or key that the file names cannot be used.
    #[error("{}: {source}", .file.display())]
    Tls {
        /// The `web.yml`.
        file: PathBuf,
        /// Why not.
        source: ServerTlsError,
    },
}

/// Holds the settings of a `web.yml`.
#[derive(Clone, Debug)]
pub(crate) struct WebConfig {
    pub(crate) tls: Option<TlsServerConfig>,
    pub(crate) http2: bool,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) users: BTreeMap<String, Secret>,
}

impl WebConfig {
    /// Says whether nobody comes in without a login or a certificate that is checked.
    pub(crate) fn knows_callers(&self) -> bool {
        let checks = |tls: &TlsServerConfig| tls.client_auth == ClientAuth::RequireAndVerify;
        !self.users.is_empty() || self.tls.as_ref().is_some_and(checks)
    }
}

/// Lets `burst` requests through at once and one more per `interval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) burst: u32,
    pub(crate) interval: Duration,
}

/// Holds the section `tls_server_config`.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsServerConfig {
    pub(crate) cert: String,
    pub(crate) cert_file: Option<PathBuf>,
    pub(crate) key: Secret,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) client_ca: String,
    pub(crate) client_ca_file: Option<PathBuf>,
    pub(crate) client_auth: ClientAuth,
    pub(crate) client_allowed_sans: Vec<String>,
    /// Empty means all.
    pub(crate) cipher_suites: Vec<rustls::CipherSuite>,
    /// Empty means all.
    pub(crate) curves: Vec<rustls::NamedGroup>,
    pub(crate) prefers_server_order: bool,
    pub(crate) min_version: Option<TlsVersion>,
    pub(crate) max_version: Option<TlsVersion>,
}

/// Says what a client must show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ClientAuth {
    /// Nothing.
    #[default]
    None,
    /// Any certificate, or none.
    Request,
    /// Any certificate.
    RequireAny,
    /// A certificate of a trusted authority, or none.
    VerifyIfGiven,
    /// A certificate of a trusted authority.
    RequireAndVerify,
}

/// Is a `web.yml` that is followed while a server runs; a clone follows the same file.
#[derive(Clone, Debug)]
pub struct WebConfigFile(Arc<Followed>);

#[derive(Debug)]
struct Followed {
    path: PathBuf,
    file: WatchedFile,
    last: Mutex<Loaded>,
}

/// Holds what was made of the file's bytes.
#[derive(Debug)]
struct Loaded {
    bytes: Arc<[u8]>,
    config: Arc<WebConfig>,
    tls: Option<Arc<ServerTls>>,
}

/// Checks a `web.yml` with everything that it names, as `promtool check web-config` does.
pub fn check_web_config(path: &Path) -> Result<(), WebConfigError> {
    WebConfigFile::open(path).map(|_| ())
}

impl WebConfigFile {
    /// Reads and checks a file with everything that it names.
    pub fn open(path: &Path) -> Result<Self, WebConfigError> {
        let file = WatchedFile::new(path);
        let loaded = load(path, file.read()?)?;
        if let Some(tls) = &loaded.tls {
            tls.config().map_err(|source| WebConfigError::Tls { file: path.to_owned(), source })?;
        }
        Ok(Self(Arc::new(Followed { path: path.to_owned(), file, last: Mutex::new(loaded) })))
    }

    /// Returns the settings as they are now.
    pub(crate) fn current(&self) -> Result<Arc<WebConfig>, WebConfigError> {
        self.with_current(|loaded| Arc::clone(&loaded.config))
    }

    /// Returns what a handshake needs now, or nothing where the file has no TLS.
    pub(crate) fn tls(&self) -> Result<Option<Arc<rustls::ServerConfig>>, WebConfigError> {
        let tls = self.with_current(|loaded| loaded.tls.clone())?;
        let config = tls.map(|tls| tls.config()).transpose();
        config.map_err(|source| WebConfigError::Tls { file: self.0.path.clone(), source })
    }

    /// Says whether the file as last read has TLS.
    pub fn has_tls(&self) -> bool {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).tls.is_some()
    }

    /// Says whether the file as last read lets clients speak HTTP/2, which only TLS allows.
    pub fn has_http2(&self) -> bool {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).config.http2
    }

    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).config.rate_limit
    }

    fn with_current<T>(&self, pick: impl FnOnce(&Loaded) -> T) -> Result<T, WebConfigError> {
        let bytes = self.0.file.read()?;
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&bytes, &last.bytes) {
            *last = load(&self.0.path, bytes)?;
        }
        Ok(pick(&last))
    }
}

fn load(path: &Path, bytes: Arc<[u8]>) -> Result<Loaded, WebConfigError> {
    let text = String::from_utf8_lossy(&bytes);
    let config = decode::web_config(path, &text)?;
    let tls = config.tls.clone().map(|tls| Arc::new(ServerTls::new(tls, config.http2)));
    Ok(Loaded { bytes, config: Arc::new(config), tls })
}

#[cfg(test)]
mod tests;
