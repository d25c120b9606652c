//! TLS of clients: trust, names, own certificates, files that change.

use std::path::Path;

use regain_http::client::config::{ClientConfig, TlsConfig, TlsVersion};
use regain_http::server::ServerSettings;
use regain_http::server::web_config::WebConfigFile;

use crate::certificates::{Authority, Issued, self_signed, write};
use crate::support::{Server, client, failure, get, hello};

/// Serves with a certificate; `more` is added to the TLS section.
pub(crate) fn serve_with(directory: &Path, issued: &Issued, more: &str) -> Server {
    write(directory, "cert.pem", &issued.cert);
    write(directory, "key.pem", &issued.key);
    let text = format!("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{more}");
    let web_config = WebConfigFile::open(&write(directory, "web.yml", &text)).unwrap();
    Server::start(
        hello(),
        ServerSettings { web_config: Some(web_config), ..ServerSettings::default() },
    )
}

pub(crate) fn trusting(ca: &str) -> ClientConfig {
    with_tls(TlsConfig { ca: ca.to_owned(), ..TlsConfig::default() })
}

pub(crate) fn with_tls(tls_config: TlsConfig) -> ClientConfig {
    ClientConfig { tls_config, ..ClientConfig::default() }
}

#[tokio::test]
async fn a_trusted_server_answers_in_http2_unless_forbidden() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    let server = serve_with(directory.path(), &authority.issue(&["127.0.0.1"]), "");
    let url = server.https_url("/");
    let mut config = trusting(&authority.pem);
    assert_eq!(get(&client(&config), &url).await.unwrap().1, "hello");
    config.enable_http2 = false;
    assert_eq!(get(&client(&config), &url).await.unwrap().1, "hello");
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn distrust_reads_as_in_go() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    let server = serve_with(directory.path(), &authority.issue(&["a.example", "127.0.0.2"]), "");
    let url = server.https_url("/");
    let check = async |config: ClientConfig, expected: &str| {
        let text = failure(&client(&config), &url).await;
        let reason = text.strip_prefix(&format!("Get \"{url}\": ")).unwrap();
        assert_eq!(reason, format!("tls: failed to verify certificate: x509: {expected}"));
    };
    check(trusting(&Authority::new("other").pem), "certificate signed by unknown authority").await;
    check(trusting(&authority.pem), "certificate is valid for a.example, 127.0.0.2, not 127.0.0.1")
        .await;

    let expired = serve_with(directory.path(), &authority.issue_expired("127.0.0.1"), "");
    let text = failure(&client(&trusting(&authority.pem)), &expired.https_url("/")).await;
    assert!(text.ends_with("x509: certificate has expired or is not yet valid"), "{text}");
}

#[tokio::test]
async fn another_name_can_be_expected_and_checks_can_be_turned_off() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    let server = serve_with(directory.path(), &authority.issue(&["a.example"]), "");
    let named = TlsConfig {
        ca: authority.pem.clone(),
        server_name: "a.example".to_owned(),
        ..TlsConfig::default()
    };
    let careless = TlsConfig { insecure_skip_verify: true, ..TlsConfig::default() };
    for tls in [named, careless] {
        get(&client(&with_tls(tls)), &server.https_url("/")).await.unwrap();
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_as_its_own_authority() {
    let directory = tempfile::tempdir().unwrap();
    let issued = self_signed("127.0.0.1");
    let server = serve_with(directory.path(), &issued, "");
    get(&client(&trusting(&issued.cert)), &server.https_url("/")).await.unwrap();
    let other = self_signed("a.example");
    let server = serve_with(directory.path(), &other, "");
    let text = failure(&client(&trusting(&other.cert)), &server.https_url("/")).await;
    assert!(text.ends_with("certificate is valid for a.example, not 127.0.0.1"), "{text}");
}

#[tokio::test]
async fn a_changed_authority_file_counts_for_the_next_request() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    let server = serve_with(directory.path(), &authority.issue(&["127.0.0.1"]), "");
    let path = write(directory.path(), "ca.pem", &Authority::new("other authority").pem);
    let tls = TlsConfig { ca_file: Some(path.clone()), ..TlsConfig::default() };
    let client = client(&with_tls(tls));
    let url = server.https_url("/");
    let text = failure(&client, &url).await;
    assert!(text.ends_with("certificate signed by unknown authority"), "{text}");
    write(directory.path(), "ca.pem", &authority.pem);
    get(&client, &url).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let text = failure(&client, &url).await;
    assert!(text.contains("unable to read CA cert: "), "{text}");
}

#[tokio::test]
async fn versions_that_do_not_meet_are_an_error() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    let issued = authority.issue(&["127.0.0.1"]);
    let server = serve_with(directory.path(), &issued, "  min_version: TLS13\n");
    let with_max = |max| {
        let ca = authority.pem.clone();
        with_tls(TlsConfig { ca, max_version: Some(max), ..TlsConfig::default() })
    };
    get(&client(&with_max(TlsVersion::Tls13)), &server.https_url("/")).await.unwrap();
    let text = failure(&client(&with_max(TlsVersion::Tls12)), &server.https_url("/")).await;
    assert!(text.ends_with("remote error: tls: protocol version not supported"), "{text}");
}

#[tokio::test]
async fn https_to_a_plain_server_is_named() {
    let server = Server::start(hello(), ServerSettings::default());
    let text = failure(&client(&ClientConfig::default()), &server.https_url("/")).await;
    assert!(text.ends_with("http: server gave HTTP response to HTTPS client"), "{text}");
}

#[tokio::test]
async fn unusable_files_are_refused_when_the_client_is_built() {
    let tls = TlsConfig { ca_file: Some("/nonexistent/ca".into()), ..TlsConfig::default() };
    let environment = std::collections::BTreeMap::new();
    let options = regain_http::client::ClientOptions::new("", &environment);
    let error = regain_http::Client::new(&with_tls(tls), &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unable to read CA cert: unable to read file: open /nonexistent/ca: no such file or \
         directory"
    );
}
