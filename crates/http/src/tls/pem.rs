//! Certificates and keys from PEM texts.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Says why a PEM text is of no use.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PemError {
    /// There is no certificate in it.
    #[error("tls: failed to find any PEM data in certificate input")]
    NoCertificate,
    /// There is no key in it.
    #[error("tls: failed to find any PEM data in key input")]
    NoKey,
    /// Certificate and key do not belong together.
    #[error("tls: private key does not match public key")]
    KeyMismatch,
    /// The key cannot be used.
    #[error("tls: failed to parse private key: {0}")]
    Key(#[source] rustls::Error),
}

/// Returns all certificates of a text; what is not a certificate is passed over.
pub(crate) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect();
    if found.is_empty() { Err(PemError::NoCertificate) } else { Ok(found) }
}

/// Returns a store that trusts the certificates of a text.
pub(crate) fn roots(text: &[u8]) -> Result<RootCertStore, PemError> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(text)?);
    if added == 0 { Err(PemError::NoCertificate) } else { Ok(roots) }
}

/// Returns a certificate chain with its key.
pub(crate) fn certified_key(chain: &[u8], key: &[u8]) -> Result<Arc<CertifiedKey>, PemError> {
    let chain = certificates(chain)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| PemError::NoKey)?;
    let key = super::provider().key_provider.load_private_key(key).map_err(PemError::Key)?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(Arc::new(certified))
        }
        Err(_) => Err(PemError::KeyMismatch),
    }
}
