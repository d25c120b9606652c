//! The settings of an HTTP client, which many sections contain among their own keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regain_discovery::join_dir;
use regain_http::client::config::{
    Authorization, BasicAuth, ClientConfig, ConfigError, ConfiguredUrl, HttpHeader, Oauth2,
    ProxyConfig, Secret, TlsConfig, TlsVersion,
};
use regain_yaml::{Decode as _, Mistakes, Node, Section, pairs};

mod file;
mod write;

pub use file::load_client_file;
pub(crate) use write::{write_client, write_tls, write_tls_keys};

const SIGNATURE_ALGORITHMS: [&str; 3] = ["RS256", "RS384", "RS512"];

/// Reads the keys of a client from the section that contains them and checks them together.
pub(crate) fn decode_client(section: &mut Section<'_>, default: &ClientConfig) -> ClientConfig {
    let mut client = ClientConfig {
        basic_auth: section.section("basic_auth", "config.BasicAuth", basic_auth),
        authorization: section.section("authorization", "config.Authorization", authorization),
        oauth2: section.section("oauth2", "config.OAuth2", oauth2),
        bearer_token: secret(section, "bearer_token"),
        bearer_token_file: path(section, "bearer_token_file"),
        tls_config: decode_tls(section),
        follow_redirects: section.or("follow_redirects", default.follow_redirects),
        enable_http2: section.or("enable_http2", default.enable_http2),
        proxy: proxy(section),
        http_headers: http_headers(section),
    };
    match client.validate() {
        Ok(()) => {}
        // TLS was checked in its own section, and so was what is merely not built.
        Err(error) if is_tls(&error) || matches!(error, ConfigError::Oauth2JwtBearer) => {}
        Err(error) => section.rule(place(&error, section), error.to_string()),
    }
    client
}

/// The field to point at for a mistake that several fields make together.
fn place(error: &ConfigError, section: &Section<'_>) -> &'static str {
    let present = |names: &[&'static str]| {
        let mut names = names.iter().filter(|name| section.peek(name).is_some());
        names.next_back().copied().unwrap_or_default()
    };
    match error {
        ConfigError::BearerTwice | ConfigError::BearerAndOther => {
            present(&["bearer_token", "bearer_token_file"])
        }
        ConfigError::UsernameTwice | ConfigError::PasswordTwice => "basic_auth",
        ConfigError::AuthTwice => present(&["basic_auth", "authorization", "oauth2"]),
        ConfigError::AuthorizationAndBearer
        | ConfigError::CredentialsTwice
        | ConfigError::AuthorizationBasic => "authorization",
        ConfigError::ProxyHeaderWithoutProxy => "proxy_connect_header",
        ConfigError::ProxyUrlAndEnvironment => "proxy_url",
        ConfigError::NoProxyAndEnvironment | ConfigError::NoProxyWithoutProxy => "no_proxy",
        ConfigError::ReservedHeader(_) => "http_headers",
        _ => "oauth2",
    }
}

const fn is_tls(error: &ConfigError) -> bool {
    matches!(
        error,
        ConfigError::CaTwice
            | ConfigError::CertTwice
            | ConfigError::KeyTwice
            | ConfigError::CertWithoutKey
            | ConfigError::KeyWithoutCert
            | ConfigError::TlsVersionsSwapped
            | ConfigError::TlsVersionTooOld(_)
    )
}

/// Reads the field `tls_config`.
pub(crate) fn decode_tls(section: &mut Section<'_>) -> TlsConfig {
    section.section("tls_config", "config.TLSConfig", tls).unwrap_or_default()
}

/// A text that must not show.
fn secret(section: &mut Section<'_>, name: &'static str) -> Secret {
    Secret::new(section.or_zero::<String>(name))
}

fn path(section: &mut Section<'_>, name: &'static str) -> Option<PathBuf> {
    section.optional::<String>(name).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Whether the field `name` takes a secret from a secret manager, which is remarked because it is not
/// built. Such a field and one of `others` are too many.
fn reference(
    section: &mut Section<'_>,
    name: &'static str,
    others: &[&str],
    too_many: &str,
) -> bool {
    let taken = section.optional::<String>(name).is_some_and(|reference| !reference.is_empty());
    if taken {
        section.remark(name, name);
        let given = |other: &&str| section.peek(other).is_some_and(|node| !node.is_null());
        if others.iter().any(given) {
            section.rule(name, too_many);
        }
    }
    taken
}

fn basic_auth(section: &mut Section<'_>) -> BasicAuth {
    let twice = ConfigError::UsernameTwice.to_string();
    reference(section, "username_ref", &["username", "username_file"], &twice);
    let twice = ConfigError::PasswordTwice.to_string();
    reference(section, "password_ref", &["password", "password_file"], &twice);
    BasicAuth {
        username: section.or_zero("username"),
        username_file: path(section, "username_file"),
        password: secret(section, "password"),
        password_file: path(section, "password_file"),
    }
}

fn authorization(section: &mut Section<'_>) -> Authorization {
    let twice = ConfigError::CredentialsTwice.to_string();
    reference(section, "credentials_ref", &["credentials", "credentials_file"], &twice);
    Authorization {
        kind: section.or_zero("type"),
        credentials: secret(section, "credentials"),
        credentials_file: path(section, "credentials_file"),
    }
}

fn oauth2(section: &mut Section<'_>) -> Oauth2 {
    let grant_type: String = section.or_zero("grant_type");
    let twice = ConfigError::Oauth2SecretTwice.to_string();
    reference(section, "client_secret_ref", &["client_secret", "client_secret_file"], &twice);
    jwt_bearer(section, grant_type == Oauth2::GRANT_JWT_BEARER);
    Oauth2 {
        client_id: section.or_zero("client_id"),
        client_secret: secret(section, "client_secret"),
        client_secret_file: path(section, "client_secret_file"),
        grant_type,
        scopes: section.or_zero("scopes"),
        token_url: section.or_zero("token_url"),
        endpoint_params: section.or_zero("endpoint_params"),
        tls_config: decode_tls(section),
        proxy: proxy(section),
    }
}

/// Reads the keys of the grant of RFC 7523, which is not built; without that grant they say nothing.
fn jwt_bearer(section: &mut Section<'_>, is_grant: bool) {
    section.field("claims");
    for name in ["client_certificate_key_id", "iss", "audience"] {
        section.optional::<String>(name);
    }
    let keys =
        ["client_certificate_key", "client_certificate_key_file", "client_certificate_key_ref"];
    let keys = keys.map(|name| section.optional::<String>(name));
    let algorithm: String = section.or_zero("signature_algorithm");
    if !is_grant {
        return;
    }
    section.remark("grant_type", "oauth2 with the grant type jwt-bearer");
    if keys.iter().flatten().filter(|key| !key.is_empty()).count() > 1 {
        section.rule(
            "client_certificate_key",
            format!(
                "at most one of oauth2 client_certificate_key, client_certificate_key_file & \
                 client_certificate_key_ref must be configured using grant-type={}",
                Oauth2::GRANT_JWT_BEARER
            ),
        );
    }
    if !algorithm.is_empty() && !SIGNATURE_ALGORITHMS.contains(&&*algorithm) {
        let message = "valid signature algorithms are RS256, RS384 and RS512";
        section.rule("signature_algorithm", message);
    }
}

/// Reads the keys of a client's TLS.
pub(crate) fn tls(section: &mut Section<'_>) -> TlsConfig {
    let ca = reference(section, "ca_ref", &["ca", "ca_file"], &ConfigError::CaTwice.to_string());
    let twice = ConfigError::CertTwice.to_string();
    let cert = reference(section, "cert_ref", &["cert", "cert_file"], &twice);
    let twice = ConfigError::KeyTwice.to_string();
    let key = reference(section, "key_ref", &["key", "key_file"], &twice);
    let version =
        |word: &str| TlsVersion::parse(word).ok_or_else(|| format!("unknown TLS version: {word}"));
    let tls = TlsConfig {
        ca: section.or_zero("ca"),
        ca_file: path(section, "ca_file"),
        cert: section.or_zero("cert"),
        cert_file: path(section, "cert_file"),
        key: secret(section, "key"),
        key_file: path(section, "key_file"),
        server_name: section.or_zero("server_name"),
        insecure_skip_verify: section.or_zero("insecure_skip_verify"),
        min_version: section.parsed("min_version", version),
        max_version: section.parsed("max_version", version),
    };
    match tls.validate() {
        Err(ConfigError::TlsVersionTooOld(version)) => {
            section.remark("max_version", format!("max_version: {}", version.as_str()));
        }
        Err(error) if !(ca || cert || key) => section.rule("", error.to_string()),
        Ok(()) | Err(_) => {}
    }
    tls
}

fn proxy(section: &mut Section<'_>) -> ProxyConfig {
    let url = |text: &str| match text {
        "" => Ok(None),
        _ => ConfiguredUrl::parse(text).map(Some).map_err(|error| format!("proxy_url: {error}")),
    };
    ProxyConfig {
        proxy_url: section.parsed("proxy_url", url).flatten(),
        no_proxy: section.or_zero("no_proxy"),
        proxy_from_environment: section.or_zero("proxy_from_environment"),
        proxy_connect_header: proxy_connect_header(section),
    }
}

fn proxy_connect_header(section: &mut Section<'_>) -> BTreeMap<String, Vec<Secret>> {
    let headers: BTreeMap<String, Vec<String>> = section.or_zero("proxy_connect_header");
    let secrets = |values: Vec<String>| values.into_iter().map(Secret::new).collect();
    headers.into_iter().map(|(name, values)| (name, secrets(values))).collect()
}

fn http_headers(section: &mut Section<'_>) -> BTreeMap<String, HttpHeader> {
    let mistakes = section.mistakes();
    let Some(node) = section.field("http_headers") else { return BTreeMap::new() };
    let read =
        |(name, _, value): (&str, _, &Node)| Some((name.to_owned(), http_header(value, mistakes)?));
    pairs(node, mistakes).unwrap_or_default().into_iter().filter_map(read).collect()
}

fn http_header(node: &Node, mistakes: &Mistakes) -> Option<HttpHeader> {
    Section::read(node, "config.Header", mistakes, |section| {
        let secrets = section.list("secrets", String::decode);
        let files = section.list("files", String::decode);
        HttpHeader {
            values: section.or_zero("values"),
            secrets: secrets.into_iter().map(Secret::new).collect(),
            files: files.into_iter().map(PathBuf::from).collect(),
        }
    })
}

/// Makes the relative paths of a client relative to `dir`.
pub(crate) fn set_client_directory(client: &mut ClientConfig, dir: &Path) {
    if let Some(basic) = &mut client.basic_auth {
        join(&mut basic.username_file, dir);
        join(&mut basic.password_file, dir);
    }
    if let Some(authorization) = &mut client.authorization {
        join(&mut authorization.credentials_file, dir);
    }
    if let Some(oauth2) = &mut client.oauth2 {
        join(&mut oauth2.client_secret_file, dir);
        set_tls_directory(&mut oauth2.tls_config, dir);
    }
    join(&mut client.bearer_token_file, dir);
    set_tls_directory(&mut client.tls_config, dir);
    for header in client.http_headers.values_mut() {
        for file in &mut header.files {
            join_path(file, dir);
        }
    }
}

/// Makes the relative paths of a TLS section relative to `dir`.
pub(crate) fn set_tls_directory(tls: &mut TlsConfig, dir: &Path) {
    join(&mut tls.ca_file, dir);
    join(&mut tls.cert_file, dir);
    join(&mut tls.key_file, dir);
}

fn join(path: &mut Option<PathBuf>, dir: &Path) {
    if let Some(path) = path {
        join_path(path, dir);
    }
}

fn join_path(path: &mut PathBuf, dir: &Path) {
    *path = join_dir(dir, &path.to_string_lossy()).into();
}
