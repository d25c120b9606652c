//! TLS of a server, built again when one of its files changes.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::CryptoProvider;
use rustls::{ServerConfig, SupportedCipherSuite};

use crate::server::client_auth::{self, ClientVerifier};
use crate::server::web_config::{ClientAuth, TlsServerConfig};
use crate::tls::error_text::tls_text;
use crate::tls::pem::{self, PemError};
use crate::tls::{provider, system_roots, versions};
use crate::watched_file::{FileError, Source};

/// Says why the certificates of a server cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ServerTlsError {
    /// A file cannot be read.
    #[error("failed to read {key}: {source}")]
    File {
        /// The key in `web.yml` that names the file.
        key: &'static str,
        /// Why not.
        source: FileError,
    },
    /// The certificate and its key cannot be used.
    #[error("failed to load X509KeyPair: {0}")]
    KeyPair(#[source] PemError),
    /// The authorities for clients cannot be used.
    #[error("failed to load client CA: {0}")]
    ClientCa(#[source] PemError),
    /// The choices do not go together.
    #[error("{}", tls_text(.0))]
    Rustls(#[from] rustls::Error),
}

/// Holds the TLS settings of one state of a `web.yml`.
#[derive(Debug)]
pub(crate) struct ServerTls {
    settings: TlsServerConfig,
    http2: bool,
    cert: Option<Source>,
    key: Option<Source>,
    client_ca: Option<Source>,
    last: Mutex<Option<Built>>,
}

type Bytes = Option<Arc<[u8]>>;

#[derive(Debug)]
struct Built {
    from: [Bytes; 3],
    config: Arc<ServerConfig>,
}

impl ServerTls {
    pub(crate) fn new(settings: TlsServerConfig, http2: bool) -> Self {
        Self {
            cert: Source::pick(&settings.cert, settings.cert_file.as_deref()),
            key: Source::pick(settings.key.expose(), settings.key_file.as_deref()),
            client_ca: Source::pick(&settings.client_ca, settings.client_ca_file.as_deref()),
            settings,
            http2,
            last: Mutex::default(),
        }
    }

    /// Returns what a handshake needs, from the files as they are now.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, ServerTlsError> {
        let from = [
            read(self.cert.as_ref(), "cert_file")?,
            read(self.key.as_ref(), "key_file")?,
            read(self.client_ca.as_ref(), "client_ca_file")?,
        ];
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(built) = &*last
            && built.from.iter().zip(&from).all(|(one, two)| is_same(one.as_ref(), two.as_ref()))
        {
            return Ok(Arc::clone(&built.config));
        }
        let config = Arc::new(self.build(&from)?);
        *last = Some(Built { from, config: Arc::clone(&config) });
        Ok(config)
    }

    fn build(&self, [cert, key, client_ca]: &[Bytes; 3]) -> Result<ServerConfig, ServerTlsError> {
        let text = |bytes: &Bytes| bytes.clone().unwrap_or_default();
        let certified =
            pem::certified_key(&text(cert), &text(key)).map_err(ServerTlsError::KeyPair)?;
        let TlsServerConfig { min_version, max_version, .. } = self.settings;
        let builder = ServerConfig::builder_with_provider(Arc::new(self.provider()))
            .with_protocol_versions(&versions(min_version, max_version))?;
        let builder = match self.verifier(client_ca)? {
            Some(verifier) => builder.with_client_cert_verifier(Arc::new(verifier)),
            None => builder.with_no_client_auth(),
        };
        let resolver = rustls::sign::SingleCertAndKey::from(certified);
        let mut config = builder.with_cert_resolver(Arc::new(resolver));
        config.ignore_client_order = self.settings.prefers_server_order;
        if self.http2 {
            config.alpn_protocols.push(b"h2".to_vec());
        }
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(config)
    }

    /// Returns the cryptography that the settings leave over.
    fn provider(&self) -> CryptoProvider {
        let mut provider = (*provider()).clone();
        let suites = &self.settings.cipher_suites;
        if !suites.is_empty() {
            // As in Go, the choice is about TLS 1.2; the suites of TLS 1.3 cannot be chosen.
            provider.cipher_suites.retain(|suite| match suite {
                SupportedCipherSuite::Tls13(_) => true,
                SupportedCipherSuite::Tls12(suite) => suites.contains(&suite.common.suite),
            });
        }
        let curves = &self.settings.curves;
        if !curves.is_empty() {
            provider.kx_groups.retain(|group| curves.contains(&group.name()));
        }
        provider
    }

    fn verifier(&self, client_ca: &Bytes) -> Result<Option<ClientVerifier>, ServerTlsError> {
        let (verify, mandatory) = match self.settings.client_auth {
            ClientAuth::None => return Ok(None),
            ClientAuth::Request => (false, false),
            ClientAuth::RequireAny => (false, true),
            ClientAuth::VerifyIfGiven => (true, false),
            ClientAuth::RequireAndVerify => (true, true),
        };
        let roots = match client_ca {
            _ if !verify => None,
            Some(text) => Some(Arc::new(pem::roots(text).map_err(ServerTlsError::ClientCa)?)),
            None => Some(system_roots()),
        };
        let allowed = self.settings.client_allowed_sans.clone();
        Ok(Some(client_auth::verifier(roots, mandatory, allowed)?))
    }
}

fn read(source: Option<&Source>, key: &'static str) -> Result<Bytes, ServerTlsError> {
    let bytes = source.map(Source::read).transpose();
    bytes.map_err(|source| ServerTlsError::File { key, source })
}

fn is_same(one: Option<&Arc<[u8]>>, two: Option<&Arc<[u8]>>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => Arc::ptr_eq(one, two) || one == two,
        (None, None) => true,
        _ => false,
    }
}
