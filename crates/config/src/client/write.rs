//! The settings of a client as they are shown.

use std::path::PathBuf;

use regain_http::client::config::{
    Authorization, BasicAuth, ClientConfig, HttpHeader, Oauth2, ProxyConfig, Secret, TlsConfig,
    TlsVersion,
};
use regain_yaml::Value;

use crate::marshal::{Fields, hidden, path_text, texts};

/// Writes the keys of a client among those of the section that contains them.
pub(crate) fn write_client(client: &ClientConfig, fields: &mut Fields) {
    if let Some(basic) = &client.basic_auth {
        fields.section("basic_auth", |fields| basic_auth(basic, fields));
    }
    if let Some(auth) = &client.authorization {
        fields.section("authorization", |fields| authorization(auth, fields));
    }
    if let Some(oauth) = &client.oauth2 {
        fields.section("oauth2", |fields| oauth2(oauth, fields));
    }
    fields.some_secret("bearer_token", &client.bearer_token);
    fields.some_path("bearer_token_file", client.bearer_token_file.as_ref());
    write_tls(&client.tls_config, fields);
    fields.always("follow_redirects", client.follow_redirects);
    fields.always("enable_http2", client.enable_http2);
    proxy(&client.proxy, fields);
    fields.some_map("http_headers", &client.http_headers, header);
}

/// Writes the field `tls_config` unless it says nothing.
pub(crate) fn write_tls(tls: &TlsConfig, fields: &mut Fields) {
    if *tls == TlsConfig::default() {
        return;
    }
    fields.section("tls_config", |fields| write_tls_keys(tls, fields));
}

/// Writes the keys of a TLS section.
pub(crate) fn write_tls_keys(tls: &TlsConfig, fields: &mut Fields) {
    fields.some("ca", &*tls.ca);
    fields.some("cert", &*tls.cert);
    fields.some_secret("key", &tls.key);
    fields.some_path("ca_file", tls.ca_file.as_ref());
    fields.some_path("cert_file", tls.cert_file.as_ref());
    fields.some_path("key_file", tls.key_file.as_ref());
    fields.some("server_name", &*tls.server_name);
    fields.always("insecure_skip_verify", tls.insecure_skip_verify);
    fields.some("min_version", tls.min_version.map_or("", TlsVersion::as_str));
    fields.some("max_version", tls.max_version.map_or("", TlsVersion::as_str));
}

fn basic_auth(basic: &BasicAuth, fields: &mut Fields) {
    fields.some("username", &*basic.username);
    fields.some_path("username_file", basic.username_file.as_ref());
    fields.some_secret("password", &basic.password);
    fields.some_path("password_file", basic.password_file.as_ref());
}

fn authorization(authorization: &Authorization, fields: &mut Fields) {
    fields.some("type", &*authorization.kind);
    fields.some_secret("credentials", &authorization.credentials);
    fields.some_path("credentials_file", authorization.credentials_file.as_ref());
}

fn oauth2(oauth2: &Oauth2, fields: &mut Fields) {
    fields.some("client_id", &*oauth2.client_id);
    fields.some_secret("client_secret", &oauth2.client_secret);
    fields.some_path("client_secret_file", oauth2.client_secret_file.as_ref());
    fields.some("grant_type", &*oauth2.grant_type);
    fields.some("scopes", texts(&oauth2.scopes));
    fields.some("token_url", &*oauth2.token_url);
    fields.some_texts("endpoint_params", &oauth2.endpoint_params);
    write_tls(&oauth2.tls_config, fields);
    proxy(&oauth2.proxy, fields);
}

fn proxy(proxy: &ProxyConfig, fields: &mut Fields) {
    fields.some_url("proxy_url", proxy.proxy_url.as_ref());
    fields.some("no_proxy", &*proxy.no_proxy);
    fields.some("proxy_from_environment", proxy.proxy_from_environment);
    fields.some_map("proxy_connect_header", &proxy.proxy_connect_header, |values| secrets(values));
}

fn secrets(secrets: &[Secret]) -> Value {
    Value::List(secrets.iter().map(hidden).collect())
}

fn header(header: &HttpHeader) -> Value {
    let files = header.files.iter().map(PathBuf::as_path).map(path_text);
    let entries = [
        ("values", texts(&header.values)),
        ("secrets", secrets(&header.secrets)),
        ("files", texts(files)),
    ];
    let entries = entries.into_iter().filter(|(_, value)| !value.is_zero());
    Value::Map(entries.map(|(key, value)| (key.to_owned(), value)).collect())
}
