//! TLS of servers: client certificates and files that change.

use regain_http::client::config::{ClientConfig, TlsConfig};

use crate::certificates::{Authority, Issued, write};
use crate::client_tls::{serve_with, trusting, with_tls};
use crate::support::{client, failure, get};

fn showing(ca: &str, own: &Issued) -> ClientConfig {
    with_tls(TlsConfig {
        ca: ca.to_owned(),
        cert: own.cert.clone(),
        key: (&*own.key).into(),
        ..TlsConfig::default()
    })
}

/// Serves in one mode and says who is let in: nobody's certificate, a stranger's, a trusted one.
async fn check(mode: &str, expected: [bool; 3]) {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("servers"));
    let (clients, strangers) = (Authority::new("clients"), Authority::new("strangers"));
    write(directory.path(), "clients.pem", &clients.pem);
    let more = format!("  client_auth_type: {mode}\n  client_ca_file: clients.pem\n");
    let server = serve_with(directory.path(), &authority.issue(&["127.0.0.1"]), &more);
    let configs = [
        trusting(&authority.pem),
        showing(&authority.pem, &strangers.issue(&["x"])),
        showing(&authority.pem, &clients.issue(&["x"])),
    ];
    for (config, expected) in configs.iter().zip(expected) {
        let entered = get(&client(config), &server.https_url("/")).await.is_ok();
        assert_eq!(entered, expected, "{mode}: {:?}", config.tls_config.cert.is_empty());
    }
}

#[tokio::test]
async fn each_mode_lets_in_whom_it_should() {
    check("RequestClientCert", [true, true, true]).await;
    check("RequireAnyClientCert", [false, true, true]).await;
    check("VerifyClientCertIfGiven", [true, false, true]).await;
    check("RequireAndVerifyClientCert", [false, false, true]).await;
}

#[tokio::test]
async fn a_client_without_a_certificate_is_told_so() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    let more = "  client_auth_type: RequireAnyClientCert\n";
    let server = serve_with(directory.path(), &authority.issue(&["127.0.0.1"]), more);
    let text = failure(&client(&trusting(&authority.pem)), &server.https_url("/")).await;
    assert!(text.ends_with("remote error: tls: certificate required"), "{text}");
}

#[tokio::test]
async fn only_listed_names_enter() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    write(directory.path(), "ca.pem", &authority.pem);
    let more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  \
                client_allowed_sans: [good.example]\n";
    let server = serve_with(directory.path(), &authority.issue(&["127.0.0.1"]), more);
    for (name, enters) in [("good.example", true), ("bad.example", false)] {
        let config = showing(&authority.pem, &authority.issue(&[name]));
        assert_eq!(get(&client(&config), &server.https_url("/")).await.is_ok(), enters, "{name}");
    }
}

#[tokio::test]
async fn a_renewed_certificate_counts_for_the_next_connection() {
    let (directory, old) = (tempfile::tempdir().unwrap(), Authority::new("old"));
    let server = serve_with(directory.path(), &old.issue(&["127.0.0.1"]), "");
    let url = server.https_url("/");
    get(&client(&trusting(&old.pem)), &url).await.unwrap();
    let new = Authority::new("new authority");
    let issued = new.issue(&["127.0.0.1"]);
    write(directory.path(), "cert.pem", &issued.cert);
    write(directory.path(), "key.pem", &issued.key);
    get(&client(&trusting(&new.pem)), &url).await.unwrap();
    write(directory.path(), "web.yml", "broken: [");
    assert!(get(&client(&trusting(&new.pem)), &url).await.is_err());
}
