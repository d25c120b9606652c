//! Checks the certificates of clients, in the ways that Go knows.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use crate::tls::certificate::Certificate;
use crate::tls::provider;

/// Checks a client's certificate.
#[derive(Debug)]
pub(crate) struct ClientVerifier {
    /// Absent where any certificate will do.
    authorities: Option<Arc<dyn ClientCertVerifier>>,
    mandatory: bool,
    /// The names of which the certificate must have one; empty means any.
    allowed: Vec<String>,
}

/// Returns a verifier that trusts `roots`, or any certificate without them.
pub(crate) fn verifier(
    roots: Option<Arc<RootCertStore>>,
    mandatory: bool,
    allowed: Vec<String>,
) -> Result<ClientVerifier, Error> {
    let authorities = match roots {
        None => None,
        Some(roots) => {
            let built = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
            Some(built.map_err(|error| Error::General(error.to_string()))?)
        }
    };
    Ok(ClientVerifier { authorities, mandatory, allowed })
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.authorities.as_ref().map_or(&[], |authorities| authorities.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(authorities) = &self.authorities {
            authorities.verify_client_cert(end_entity, intermediates, now)?;
        }
        if !self.allowed.is_empty() {
            let facts = Certificate::read(end_entity).ok_or(CertificateError::BadEncoding)?;
            if !facts.names.iter().any(|name| self.allowed.contains(name)) {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
        }
        Ok(ClientCertVerified::assertion())
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
