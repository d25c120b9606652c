use std::io::Write as _;

use super::*;

fn check(text: &str, expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("web.yml");
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    let found = check_web_config(&path).map_or_else(|error| error.to_string(), |()| String::new());
    let prefix = format!("{}/", directory.path().display());
    assert_eq!(found.replace(&prefix, ""), expected, "{text}");
}

#[test]
fn a_file_may_be_empty_or_have_no_tls() {
    check("", "");
    check("tls_server_config:\n", "");
    check("tls_server_config:\n  cert_file: \"\"\n", "");
    check("http_server_config:\n  http2: false\n  headers:\n    X-Frame-Options: deny\n", "");
    check("rate_limit:\n  burst: 10\n  interval: 100ms\n", "");
}

#[test]
fn mistakes_have_their_place() {
    for (text, expected) in [
        (
            "tls_server_confg: {}\n",
            "web.yml:1:1: field tls_server_confg not found in type web.Config (did you mean \
             \"tls_server_config\"?)",
        ),
        ("tls_server_config:\n  cert_file: a\n", "web.yml:2:3: missing one of key or key_file"),
        ("tls_server_config:\n  key_file: a\n", "web.yml:2:3: missing one of cert or cert_file"),
        (
            "tls_server_config:\n  cert: a\n  key: b\n  client_auth_type: Ask\n",
            "web.yml:4:21: invalid ClientAuth: Ask",
        ),
        (
            "tls_server_config:\n  cert: a\n  key: b\n  client_ca: c\n",
            "web.yml:4:14: client CA's have been configured without a Client Auth Policy",
        ),
        (
            "tls_server_config:\n  cipher_suites: [TLS_NEW]\n",
            "web.yml:2:19: unknown cipher: TLS_NEW",
        ),
        (
            "tls_server_config:\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]\n",
            "web.yml:2:19: cipher TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA is not supported",
        ),
        (
            "tls_server_config:\n  curve_preferences: [CurveP521]\n",
            "web.yml:2:23: curve CurveP521 is not supported",
        ),
        (
            "tls_server_config:\n  min_version: TLS10\n",
            "web.yml:2:16: TLS version TLS10 is not supported, the oldest is TLS12",
        ),
        ("tls_server_config:\n  max_version: TLS99\n", "web.yml:2:16: unknown TLS version: TLS99"),
        (
            "http_server_config:\n  headers:\n    Server: x\n    X-Frame-Options: no\n",
            "web.yml:3:5: HTTP header \"Server\" can not be configured\nweb.yml:4:22: invalid value \
             for X-Frame-Options. Expected one of: [\"deny\", \"sameorigin\"], but got: \"no\"",
        ),
        ("basic_auth_users:\n  alice: plain\n", "web.yml:2:10: no bcrypt hash for user \"alice\""),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_the_file_names_is_read_too() {
    check(
        "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n",
        "web.yml: failed to read cert_file: open cert.pem: no such file or directory",
    );
    check(
        "tls_server_config:\n  cert: x\n  key: y\n",
        "web.yml: failed to load X509KeyPair: tls: failed to find any PEM data in certificate input",
    );
}

#[test]
fn every_supported_cipher_and_curve_has_gos_name() {
    check(
        "tls_server_config:\n  cipher_suites:\n  - TLS_AES_128_GCM_SHA256\n  - \
         TLS_CHACHA20_POLY1305_SHA256\n  - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n  - \
         TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n  curve_preferences: [CurveP256, \
         CurveP384, X25519]\n",
        "",
    );
}
