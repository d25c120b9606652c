//! TLS of a client: whom it trusts, who it is, and when its files changed.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::client::config::TlsConfig;
use crate::client::error::TlsSetupError;
use crate::tls::certificate::Certificate;
use crate::tls::{pem, provider, system_roots, versions};
use crate::watched_file::Source;

/// Holds the three texts that TLS is made of.
#[derive(Debug)]
pub(crate) struct TlsSources {
    ca: Option<Source>,
    cert: Option<Source>,
    key: Option<Source>,
}

/// Holds the bytes of the three texts at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsMaterial {
    ca: Option<Arc<[u8]>>,
    cert: Option<Arc<[u8]>>,
    key: Option<Arc<[u8]>>,
}

impl TlsMaterial {
    /// Says whether nothing was read anew since `other`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = |one: &Option<Arc<[u8]>>, two: &Option<Arc<[u8]>>| match (one, two) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two) || one == two,
            (None, None) => true,
            _ => false,
        };
        same(&self.ca, &other.ca) && same(&self.cert, &other.cert) && same(&self.key, &other.key)
    }
}

impl TlsSources {
    pub(crate) fn new(config: &TlsConfig) -> Self {
        Self {
            ca: Source::pick(&config.ca, config.ca_file.as_deref()),
            cert: Source::pick(&config.cert, config.cert_file.as_deref()),
            key: Source::pick(config.key.expose(), config.key_file.as_deref()),
        }
    }

    /// Says whether any of the texts can change.
    pub(crate) fn has_files(&self) -> bool {
        [&self.ca, &self.cert, &self.key].into_iter().flatten().any(Source::is_file)
    }

    /// Reads the texts as they are now.
    pub(crate) fn read(&self) -> Result<TlsMaterial, TlsSetupError> {
        let read = |source: &Option<Source>, what| {
            source
                .as_ref()
                .map(Source::read)
                .transpose()
                .map_err(|source| TlsSetupError::File { what, source })
        };
        Ok(TlsMaterial {
            ca: read(&self.ca, "CA cert")?,
            cert: read(&self.cert, "specified client cert")?,
            key: read(&self.key, "specified client key")?,
        })
    }

    /// Builds what a handshake needs.
    pub(crate) fn build(
        &self,
        config: &TlsConfig,
        material: &TlsMaterial,
        enable_http2: bool,
    ) -> Result<ClientConfig, TlsSetupError> {
        let verifier = self.verifier(config, material)?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions(config.min_version, config.max_version))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut tls = match (&material.cert, &material.key) {
            (Some(cert), Some(key)) => {
                let certified =
                    pem::certified_key(cert, key).map_err(|source| TlsSetupError::Certificate {
                        cert: describe(self.cert.as_ref()),
                        key: describe(self.key.as_ref()),
                        source,
                    })?;
                let resolver = rustls::sign::SingleCertAndKey::from(certified);
                builder.with_client_cert_resolver(Arc::new(resolver))
            }
            _ => builder.with_no_client_auth(),
        };
        if enable_http2 {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        Ok(tls)
    }

    fn verifier(
        &self,
        config: &TlsConfig,
        material: &TlsMaterial,
    ) -> Result<Verifier, TlsSetupError> {
        let refused = |source| TlsSetupError::Ca { place: describe(self.ca.as_ref()), source };
        let (trusted, roots) = match &material.ca {
            Some(text) => (
                pem::certificates(text).map_err(refused)?,
                Arc::new(pem::roots(text).map_err(refused)?),
            ),
            None if config.insecure_skip_verify => (Vec::new(), Arc::new(RootCertStore::empty())),
            None => (Vec::new(), system_roots()),
        };
        let insecure = config.insecure_skip_verify;
        if roots.is_empty() {
            return Ok(Verifier { webpki: None, trusted, insecure });
        }
        let webpki = WebPkiServerVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Verifier { webpki: Some(webpki), trusted, insecure })
    }
}

fn describe(source: Option<&Source>) -> String {
    source.map(ToString::to_string).unwrap_or_default()
}

/// Verifies a server's certificate.
///
/// Beyond webpki it accepts a certificate that is itself one of the trusted ones and marked as an
/// authority, as `openssl req -x509` writes it and Go takes it.
#[derive(Debug)]
struct Verifier {
    webpki: Option<Arc<WebPkiServerVerifier>>,
    trusted: Vec<CertificateDer<'static>>,
    insecure: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.insecure {
            return Ok(ServerCertVerified::assertion());
        }
        let webpki = self.webpki.as_ref().ok_or(CertificateError::UnknownIssuer)?;
        let verdict =
            webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.trusted.iter().any(|trusted| trusted == end_entity) =>
            {
                verify_trusted_itself(end_entity, server_name, now)
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

fn verify_trusted_itself(
    end_entity: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    let facts = Certificate::read(end_entity).ok_or(CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < facts.not_before || now > facts.not_after {
        return Err(CertificateError::Expired.into());
    }
    let parsed = ParsedCertificate::try_from(end_entity)?;
    rustls::client::verify_server_name(&parsed, server_name)?;
    Ok(ServerCertVerified::assertion())
}
