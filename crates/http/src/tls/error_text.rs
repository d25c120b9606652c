//! The errors of TLS in Go's words, because users know and match those.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

/// Returns the words for an error that this side found or was told.
pub(crate) fn tls_text(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(reason) => {
            format!("tls: failed to verify certificate: x509: {}", certificate_text(reason))
        }
        Error::NoCertificatesPresented => "tls: client didn't provide a certificate".to_owned(),
        Error::AlertReceived(alert) => format!("remote error: tls: {}", alert_text(*alert)),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "tls: first record does not look like a TLS handshake".to_owned()
        }
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => "tls: server selected unsupported protocol version".to_owned(),
        other => format!("tls: {other}"),
    }
}

fn certificate_text(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "certificate signed by unknown authority".to_owned(),
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "certificate has expired or is not yet valid".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let (expected, host) = (expected.to_str(), presented.iter().map(|name| plain(name)));
            let valid = host.collect::<Vec<_>>().join(", ");
            if valid.is_empty() {
                format!("certificate is not valid for any names, but wanted to match {expected}")
            } else {
                format!("certificate is valid for {valid}, not {expected}")
            }
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "certificate specifies an incompatible key usage".to_owned()
        }
        other => other.to_string(),
    }
}

/// Takes a name out of rustls' description of it, `DnsName("a.example")` or `IpAddress(127.0.0.1)`.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

/// Finds the alert in the text of an error. HTTP/2 keeps only the text of what broke its connection.
pub(crate) fn alert_in(text: &str) -> Option<AlertDescription> {
    let name = text.strip_prefix("received fatal alert: ")?;
    let known = ALERTS.iter().find(|(alert, _)| format!("{alert:?}") == name);
    known.map(|(alert, _)| *alert)
}

fn alert_text(alert: AlertDescription) -> &'static str {
    let known = ALERTS.iter().find(|(known, _)| *known == alert);
    known.map_or("unexpected alert", |(_, text)| text)
}

const ALERTS: [(AlertDescription, &str); 16] = [
    (AlertDescription::CloseNotify, "close notify"),
    (AlertDescription::UnexpectedMessage, "unexpected message"),
    (AlertDescription::HandshakeFailure, "handshake failure"),
    (AlertDescription::BadCertificate, "bad certificate"),
    (AlertDescription::UnsupportedCertificate, "unsupported certificate"),
    (AlertDescription::CertificateRevoked, "revoked certificate"),
    (AlertDescription::CertificateExpired, "expired certificate"),
    (AlertDescription::CertificateUnknown, "unknown certificate"),
    (AlertDescription::UnknownCA, "unknown certificate authority"),
    (AlertDescription::AccessDenied, "access denied"),
    (AlertDescription::DecryptError, "error decrypting message"),
    (AlertDescription::ProtocolVersion, "protocol version not supported"),
    (AlertDescription::InternalError, "internal error"),
    (AlertDescription::UnrecognisedName, "unrecognized name"),
    (AlertDescription::CertificateRequired, "certificate required"),
    (AlertDescription::NoApplicationProtocol, "no application protocol"),
];
