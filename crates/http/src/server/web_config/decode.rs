//! Reads the settings out of the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use regain_go_format::go_duration;
use regain_yaml::{Decode as _, Errors, Node, Section, pairs};
use rustls::{CipherSuite, NamedGroup};

use super::{ClientAuth, RateLimit, TlsServerConfig, WebConfig};
use crate::client::config::{Secret, TlsVersion};
use crate::tls::provider;

/// Lists the headers that a file may set, with the values that they may have; none means any.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
    ("Content-Security-Policy", &[]),
];

/// Reads a whole file; relative paths in it start at its directory.
pub(super) fn web_config(path: &Path, text: &str) -> Result<WebConfig, Errors> {
    let directory = path.parent().unwrap_or(Path::new(""));
    regain_yaml::read(path, text, |node, mistakes| {
        Section::read(node, "web.Config", mistakes, |section| {
            let tls = section.section("tls_server_config", "web.TLSConfig", |section| {
                tls_server_config(section, directory)
            });
            let (http2, headers) = section
                .section("http_server_config", "web.HTTPConfig", |section| {
                    (section.or("http2", true), headers(section))
                })
                .unwrap_or((true, Vec::new()));
            let rate_limit =
                section.section("rate_limit", "web.RateLimiterConfig", rate_limit).flatten();
            WebConfig { tls: tls.flatten(), http2, headers, rate_limit, users: users(section) }
        })
    })
}

fn tls_server_config(section: &mut Section<'_>, directory: &Path) -> Option<TlsServerConfig> {
    let file = |section: &mut Section<'_>, name| {
        let path: String = section.or_zero(name);
        (!path.is_empty()).then(|| directory.join(path))
    };
    let client_auth: Option<String> = section.optional("client_auth_type");
    let mut config = TlsServerConfig {
        cert: section.or_zero("cert"),
        cert_file: file(section, "cert_file"),
        key: Secret::new(section.or_zero::<String>("key")),
        key_file: file(section, "key_file"),
        client_ca: section.or_zero("client_ca"),
        client_ca_file: file(section, "client_ca_file"),
        client_auth: ClientAuth::None,
        client_allowed_sans: section.or_zero("client_allowed_sans"),
        cipher_suites: section
            .list("cipher_suites", |node, mistakes| named(node, mistakes, cipher_suite)),
        curves: section.list("curve_preferences", |node, mistakes| named(node, mistakes, curve)),
        prefers_server_order: section.or("prefer_server_cipher_suites", true),
        min_version: section.parsed("min_version", version),
        max_version: section.parsed("max_version", version),
    };
    let has = |text: &str, file: &Option<PathBuf>| !text.is_empty() || file.is_some();
    let (cert, key) =
        (has(&config.cert, &config.cert_file), has(config.key.expose(), &config.key_file));
    let client_ca = has(&config.client_ca, &config.client_ca_file);
    if !cert && !key && !client_ca && client_auth.as_deref().unwrap_or_default().is_empty() {
        return None;
    }
    if !cert {
        section.rule("cert_file", "missing one of cert or cert_file");
    } else if !key {
        section.rule("key_file", "missing one of key or key_file");
    }
    config.client_auth = match client_auth.as_deref().unwrap_or_default() {
        "" | "NoClientCert" => ClientAuth::None,
        "RequestClientCert" => ClientAuth::Request,
        "RequireAnyClientCert" | "RequireClientCert" => ClientAuth::RequireAny,
        "VerifyClientCertIfGiven" => ClientAuth::VerifyIfGiven,
        "RequireAndVerifyClientCert" => ClientAuth::RequireAndVerify,
        other => {
            section.rule("client_auth_type", format!("invalid ClientAuth: {other}"));
            ClientAuth::None
        }
    };
    if client_ca && client_auth.is_none_or(|kind| kind.is_empty() || kind == "NoClientCert") {
        let name = if config.client_ca.is_empty() { "client_ca_file" } else { "client_ca" };
        section.rule(name, "client CA's have been configured without a Client Auth Policy");
    }
    if config.min_version.zip(config.max_version).is_some_and(|(min, max)| min > max) {
        section.rule("max_version", "max_version is older than min_version");
    }
    Some(config)
}

/// Reads one name of a list, or notes why it cannot be used.
fn named<T>(
    node: &Node,
    mistakes: &regain_yaml::Mistakes,
    find: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let text = String::decode(node, mistakes)?;
    find(&text).map_err(|message| mistakes.rule(node.span, message)).ok()
}

fn version(text: &str) -> Result<TlsVersion, String> {
    match TlsVersion::parse(text) {
        None => Err(format!("unknown TLS version: {text}")),
        Some(old) if old < TlsVersion::Tls12 => {
            Err(format!("TLS version {text} is not supported, the oldest is TLS12"))
        }
        Some(version) => Ok(version),
    }
}

/// Lists the cipher suites that Go has and this program does not.
const UNSUPPORTED_CIPHERS: [&str; 4] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

fn cipher_suite(text: &str) -> Result<CipherSuite, String> {
    // The names of TLS 1.3 carry the version in rustls and not in the registry.
    let go_name = |suite: CipherSuite| suite.as_str().map(|name| name.replace("TLS13_", "TLS_"));
    let all = provider();
    let found = all.cipher_suites.iter().map(rustls::SupportedCipherSuite::suite);
    match found.into_iter().find(|suite| go_name(*suite).as_deref() == Some(text)) {
        Some(suite) => Ok(suite),
        None if UNSUPPORTED_CIPHERS.contains(&text) => {
            Err(format!("cipher {text} is not supported"))
        }
        None => Err(format!("unknown cipher: {text}")),
    }
}

fn curve(text: &str) -> Result<NamedGroup, String> {
    match text {
        "CurveP256" => Ok(NamedGroup::secp256r1),
        "CurveP384" => Ok(NamedGroup::secp384r1),
        "X25519" => Ok(NamedGroup::X25519),
        "CurveP521" => Err("curve CurveP521 is not supported".to_owned()),
        _ => Err(format!("unknown curve: {text}")),
    }
}

fn headers(section: &mut Section<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mistakes = section.mistakes();
    let Some(entries) = section.field("headers").and_then(|node| pairs(node, mistakes)) else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, at, node) in entries {
        let Some(text) = String::decode(node, mistakes) else {
            continue;
        };
        let Some((_, allowed)) = HEADERS.iter().find(|(known, _)| *known == name) else {
            mistakes.rule(at, format!("HTTP header {name:?} can not be configured"));
            continue;
        };
        if !allowed.is_empty() && !allowed.contains(&text.as_str()) {
            let message = format!(
                "invalid value for {name}. Expected one of: {allowed:?}, but got: {text:?}"
            );
            mistakes.rule(node.span, message);
            continue;
        }
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&text)) {
            (Ok(name), Ok(value)) => headers.push((name, value)),
            _ => mistakes.rule(node.span, format!("invalid value for {name}")),
        }
    }
    headers
}

fn rate_limit(section: &mut Section<'_>) -> Option<RateLimit> {
    let burst: u32 = section.or_zero("burst");
    let interval_ns = section.parsed("interval", go_duration::parse).unwrap_or(0);
    match u64::try_from(interval_ns) {
        Ok(0) => None,
        Ok(interval_ns) => Some(RateLimit { burst, interval: Duration::from_nanos(interval_ns) }),
        Err(_) => {
            section.rule("interval", "interval must not be negative");
            None
        }
    }
}

fn users(section: &mut Section<'_>) -> std::collections::BTreeMap<String, Secret> {
    let mistakes = section.mistakes();
    let entries = section.field("basic_auth_users").and_then(|node| pairs(node, mistakes));
    let mut users = std::collections::BTreeMap::new();
    for (name, _, node) in entries.unwrap_or_default() {
        let Some(hash) = String::decode(node, mistakes) else {
            continue;
        };
        // The message leaves out what was found: it may be a password.
        if hash.parse::<bcrypt::HashParts>().is_err() {
            mistakes.rule(node.span, format!("no bcrypt hash for user {name:?}"));
            continue;
        }
        users.insert(name.to_owned(), Secret::new(hash));
    }
    users
}
