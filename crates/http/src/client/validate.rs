//! The rules that span several fields of a client's configuration, with upstream's texts.

use crate::client::config::{
    Authorization, ClientConfig, Oauth2, ProxyConfig, TlsConfig, TlsVersion,
};

/// Says which rule a client's configuration breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("at most one of bearer_token & bearer_token_file must be configured")]
    BearerTwice,
    #[error(
        "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured"
    )]
    BearerAndOther,
    #[error("at most one of basic_auth username, username_file & username_ref must be configured")]
    UsernameTwice,
    #[error("at most one of basic_auth password, password_file & password_ref must be configured")]
    PasswordTwice,
    #[error("authorization is not compatible with bearer_token & bearer_token_file")]
    AuthorizationAndBearer,
    #[error("at most one of authorization credentials & credentials_file must be configured")]
    CredentialsTwice,
    #[error("authorization type cannot be set to \"basic\", use \"basic_auth\" instead")]
    AuthorizationBasic,
    #[error("at most one of basic_auth, oauth2 & authorization must be configured")]
    AuthTwice,
    #[error("oauth2 client_id must be configured")]
    Oauth2ClientId,
    #[error("oauth2 token_url must be configured")]
    Oauth2TokenUrl,
    #[error("oauth2 grant_type {:?} is not supported", Oauth2::GRANT_JWT_BEARER)]
    Oauth2JwtBearer,
    #[error(
        "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be \
         configured using grant-type=client_credentials"
    )]
    Oauth2SecretTwice,
    #[error("at most one of ca, ca_file & ca_ref must be configured")]
    CaTwice,
    #[error("at most one of cert, cert_file & cert_ref must be configured")]
    CertTwice,
    #[error("at most one of key and key_file must be configured")]
    KeyTwice,
    #[error(
        "exactly one of key or key_file must be configured when a client certificate is configured"
    )]
    CertWithoutKey,
    #[error("exactly one of cert or cert_file must be configured when a client key is configured")]
    KeyWithoutCert,
    #[error(
        "tls_config.max_version must be greater than or equal to tls_config.min_version if both \
         are specified"
    )]
    TlsVersionsSwapped,
    #[error("tls_config.max_version {} is not supported, the oldest is TLS12", .0.as_str())]
    TlsVersionTooOld(TlsVersion),
    #[error(
        "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be \
         configured"
    )]
    ProxyHeaderWithoutProxy,
    #[error("if proxy_from_environment is configured, proxy_url must not be configured")]
    ProxyUrlAndEnvironment,
    #[error("if proxy_from_environment is configured, no_proxy must not be configured")]
    NoProxyAndEnvironment,
    #[error("if no_proxy is configured, proxy_url must also be configured")]
    NoProxyWithoutProxy,
    #[error("setting header {0:?} is not allowed")]
    ReservedHeader(String),
}

/// Lists the headers that `http_headers` must not set, in lower case.
const RESERVED_HEADERS: [&str; 18] = [
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-prometheus-scrape-timeout-seconds",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

impl ClientConfig {
    /// Checks every rule and turns the older `bearer_token` fields into `authorization`.
    pub fn validate(&mut self) -> Result<(), ConfigError> {
        self.check_auth()?;
        self.adopt_bearer_token();
        if let Some(oauth2) = &self.oauth2 {
            oauth2.validate()?;
        }
        self.tls_config.validate()?;
        self.proxy.validate()?;
        for name in self.http_headers.keys() {
            if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(ConfigError::ReservedHeader(canonical(name)));
            }
        }
        Ok(())
    }

    fn check_auth(&self) -> Result<(), ConfigError> {
        let token = !self.bearer_token.is_empty();
        let bearer = token || self.bearer_token_file.is_some();
        if token && self.bearer_token_file.is_some() {
            return Err(ConfigError::BearerTwice);
        }
        if (self.basic_auth.is_some() || self.oauth2.is_some()) && bearer {
            return Err(ConfigError::BearerAndOther);
        }
        if let Some(basic) = &self.basic_auth {
            if !basic.username.is_empty() && basic.username_file.is_some() {
                return Err(ConfigError::UsernameTwice);
            }
            if !basic.password.is_empty() && basic.password_file.is_some() {
                return Err(ConfigError::PasswordTwice);
            }
        }
        if let Some(authorization) = &self.authorization {
            if bearer {
                return Err(ConfigError::AuthorizationAndBearer);
            }
            authorization.validate()?;
        }
        let kinds =
            [self.basic_auth.is_some(), self.authorization.is_some(), self.oauth2.is_some()];
        if kinds.into_iter().filter(|&configured| configured).count() > 1 {
            return Err(ConfigError::AuthTwice);
        }
        Ok(())
    }

    fn adopt_bearer_token(&mut self) {
        if let Some(authorization) = &mut self.authorization {
            let kind = authorization.kind.trim();
            let kind = if kind.is_empty() { Authorization::DEFAULT_KIND } else { kind };
            authorization.kind = kind.to_owned();
        } else if !self.bearer_token.is_empty() || self.bearer_token_file.is_some() {
            self.authorization = Some(Authorization {
                credentials: std::mem::take(&mut self.bearer_token),
                credentials_file: self.bearer_token_file.take(),
                ..Authorization::default()
            });
        }
    }
}

impl Authorization {
    fn validate(&self) -> Result<(), ConfigError> {
        if !self.credentials.is_empty() && self.credentials_file.is_some() {
            return Err(ConfigError::CredentialsTwice);
        }
        if self.kind.trim().eq_ignore_ascii_case("basic") {
            return Err(ConfigError::AuthorizationBasic);
        }
        Ok(())
    }
}

impl Oauth2 {
    /// Checks the rules of the section.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.client_id.is_empty() {
            return Err(ConfigError::Oauth2ClientId);
        }
        if self.token_url.is_empty() {
            return Err(ConfigError::Oauth2TokenUrl);
        }
        if self.grant_type == Self::GRANT_JWT_BEARER {
            return Err(ConfigError::Oauth2JwtBearer);
        }
        if !self.client_secret.is_empty() && self.client_secret_file.is_some() {
            return Err(ConfigError::Oauth2SecretTwice);
        }
        self.tls_config.validate()?;
        self.proxy.validate()
    }
}

impl TlsConfig {
    /// Checks the rules of the section.
    ///
    /// A `min_version` older than TLS 1.2 is accepted: it permits old versions and demands none.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let (ca, cert, key) = (!self.ca.is_empty(), !self.cert.is_empty(), !self.key.is_empty());
        if ca && self.ca_file.is_some() {
            return Err(ConfigError::CaTwice);
        }
        if cert && self.cert_file.is_some() {
            return Err(ConfigError::CertTwice);
        }
        if key && self.key_file.is_some() {
            return Err(ConfigError::KeyTwice);
        }
        match (cert || self.cert_file.is_some(), key || self.key_file.is_some()) {
            (true, false) => return Err(ConfigError::CertWithoutKey),
            (false, true) => return Err(ConfigError::KeyWithoutCert),
            (true, true) | (false, false) => {}
        }
        if let (Some(min), Some(max)) = (self.min_version, self.max_version)
            && max < min
        {
            return Err(ConfigError::TlsVersionsSwapped);
        }
        match self.max_version {
            Some(max) if max < TlsVersion::Tls12 => Err(ConfigError::TlsVersionTooOld(max)),
            Some(_) | None => Ok(()),
        }
    }
}

impl ProxyConfig {
    /// Checks the rules of the section.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let url = self.proxy_url.is_some();
        if !self.proxy_connect_header.is_empty() && !self.proxy_from_environment && !url {
            return Err(ConfigError::ProxyHeaderWithoutProxy);
        }
        if self.proxy_from_environment && url {
            return Err(ConfigError::ProxyUrlAndEnvironment);
        }
        if self.proxy_from_environment && !self.no_proxy.is_empty() {
            return Err(ConfigError::NoProxyAndEnvironment);
        }
        if !url && !self.no_proxy.is_empty() {
            return Err(ConfigError::NoProxyWithoutProxy);
        }
        Ok(())
    }
}

/// Writes a header name the way Go does: a capital after each dash, small letters elsewhere.
fn canonical(name: &str) -> String {
    let mut start = true;
    name.chars()
        .map(|letter| {
            let written =
                if start { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
            start = letter == '-';
            written
        })
        .collect()
}

#[cfg(test)]
mod tests;
