use crate::client::config::{
    Authorization, BasicAuth, ClientConfig, ConfiguredUrl, HttpHeader, Oauth2, ProxyConfig, Secret,
    TlsConfig, TlsVersion,
};

fn check(change: impl FnOnce(&mut ClientConfig), expected: &str) {
    let mut config = ClientConfig::default();
    change(&mut config);
    let found = config.validate().map_or_else(|error| error.to_string(), |()| String::new());
    assert_eq!(found, expected);
}

#[test]
fn only_one_way_to_log_in_is_accepted() {
    check(|_| {}, "");
    check(
        |config| {
            config.basic_auth = Some(BasicAuth::default());
            config.authorization = Some(Authorization::default());
        },
        "at most one of basic_auth, oauth2 & authorization must be configured",
    );
    check(
        |config| {
            config.bearer_token = "t".into();
            config.bearer_token_file = Some("f".into());
        },
        "at most one of bearer_token & bearer_token_file must be configured",
    );
    check(
        |config| {
            config.basic_auth = Some(BasicAuth::default());
            config.bearer_token = "t".into();
        },
        "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured",
    );
    check(
        |config| {
            config.authorization =
                Some(Authorization { kind: " Basic".to_owned(), ..Authorization::default() });
        },
        "authorization type cannot be set to \"basic\", use \"basic_auth\" instead",
    );
}

#[test]
fn a_bearer_token_becomes_an_authorization() {
    let mut config = ClientConfig { bearer_token: "t".into(), ..ClientConfig::default() };
    config.validate().unwrap();
    assert!(config.bearer_token.is_empty());
    let authorization = config.authorization.unwrap();
    assert_eq!((&*authorization.kind, authorization.credentials.expose()), ("Bearer", "t"));
}

#[test]
fn the_unsupported_grant_is_refused_by_name() {
    check(
        |config| {
            config.oauth2 = Some(Oauth2 {
                client_id: "id".to_owned(),
                token_url: "http://token/".to_owned(),
                grant_type: Oauth2::GRANT_JWT_BEARER.to_owned(),
                ..Oauth2::default()
            });
        },
        "oauth2 grant_type \"urn:ietf:params:oauth:grant-type:jwt-bearer\" is not supported",
    );
}

#[test]
fn tls_texts_come_from_one_place_and_in_pairs() {
    let tls = |tls: TlsConfig, expected| check(|config| config.tls_config = tls, expected);
    tls(
        TlsConfig { ca: "x".to_owned(), ca_file: Some("y".into()), ..TlsConfig::default() },
        "at most one of ca, ca_file & ca_ref must be configured",
    );
    tls(
        TlsConfig { cert: "x".to_owned(), ..TlsConfig::default() },
        "exactly one of key or key_file must be configured when a client certificate is configured",
    );
    tls(
        TlsConfig { key: Secret::new("x"), ..TlsConfig::default() },
        "exactly one of cert or cert_file must be configured when a client key is configured",
    );
    tls(
        TlsConfig { max_version: Some(TlsVersion::Tls11), ..TlsConfig::default() },
        "tls_config.max_version TLS11 is not supported, the oldest is TLS12",
    );
    tls(TlsConfig { min_version: Some(TlsVersion::Tls10), ..TlsConfig::default() }, "");
}

#[test]
fn proxy_fields_need_a_proxy() {
    let proxy = |proxy: ProxyConfig, expected| check(|config| config.proxy = proxy, expected);
    proxy(
        ProxyConfig { no_proxy: "a".to_owned(), ..ProxyConfig::default() },
        "if no_proxy is configured, proxy_url must also be configured",
    );
    proxy(
        ProxyConfig {
            proxy_url: Some(ConfiguredUrl::parse("http://proxy").unwrap()),
            proxy_from_environment: true,
            ..ProxyConfig::default()
        },
        "if proxy_from_environment is configured, proxy_url must not be configured",
    );
}

#[test]
fn reserved_headers_cannot_be_set() {
    check(
        |config| {
            config
                .http_headers
                .insert("x-prometheus-SCRAPE-timeout-seconds".to_owned(), HttpHeader::default());
        },
        "setting header \"X-Prometheus-Scrape-Timeout-Seconds\" is not allowed",
    );
}
