//! Requests through a proxy.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use regain_http::client::config::{ClientConfig, ConfiguredUrl, ProxyConfig, TlsConfig};
use regain_http::client::{Client, ClientOptions};
use regain_http::server::ServerSettings;
use regain_http::server::web_config::WebConfigFile;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use crate::certificates::{Authority, write};
use crate::support::{Script, Server, client, failure, get, hello, ok, read_head};

/// Opens tunnels, and keeps what it was asked for.
async fn tunnels() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:pw@{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heads);
    TaskTracker::new().spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let head = read_head(&mut near).await;
            let target = head.split(' ').nth(1).unwrap().to_owned();
            log.lock().unwrap().push(head);
            let mut far = TcpStream::connect(target).await.unwrap();
            near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
            TaskTracker::new().spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        }
    });
    (url, heads)
}

fn through(proxy: &str) -> ProxyConfig {
    ProxyConfig { proxy_url: Some(ConfiguredUrl::parse(proxy).unwrap()), ..ProxyConfig::default() }
}

#[tokio::test]
async fn a_plain_request_names_the_whole_url_to_the_proxy() {
    let proxy = Script::start(&[&ok("from the proxy")]).await;
    let config = ClientConfig {
        proxy: through(&format!("http://user:pw@{}", proxy.address)),
        ..ClientConfig::default()
    };
    let (_, body) = get(&client(&config), "http://target.example:9100/metrics?a=b").await.unwrap();
    assert_eq!(body, "from the proxy");
    let head = &proxy.heads()[0];
    assert!(head.starts_with("GET http://target.example:9100/metrics?a=b HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("proxy-authorization: Basic dXNlcjpwdw==\r\n"), "{head}");
    assert!(head.contains("host: target.example:9100\r\n"), "{head}");
}

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    let authority = Authority::new("ca");
    let issued = authority.issue(&["127.0.0.1"]);
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "cert.pem", &issued.cert);
    write(directory.path(), "key.pem", &issued.key);
    let text = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";
    let web_config = WebConfigFile::open(&write(directory.path(), "web.yml", text)).unwrap();
    let settings = ServerSettings { web_config: Some(web_config), ..ServerSettings::default() };
    let server = Server::start(hello(), settings);

    let (proxy, heads) = tunnels().await;
    let header = BTreeMap::from([("X-Tunnel".to_owned(), vec!["yes".into()])]);
    let config = ClientConfig {
        proxy: ProxyConfig { proxy_connect_header: header, ..through(&proxy) },
        tls_config: TlsConfig { ca: authority.pem, ..TlsConfig::default() },
        ..ClientConfig::default()
    };
    let (_, body) = get(&client(&config), &server.https_url("/")).await.unwrap();
    assert_eq!(body, "hello");
    let head = heads.lock().unwrap()[0].clone();
    assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", server.address)), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic dXNlcjpwdw==\r\n"), "{head}");
    assert!(head.contains("x-tunnel: yes\r\n"), "{head}");
}

#[tokio::test]
async fn a_proxy_that_refuses_gives_its_reason() {
    let proxy = Script::start(&[b"HTTP/1.1 403 Not here\r\ncontent-length: 0\r\n\r\n"]).await;
    let config = ClientConfig {
        proxy: through(&format!("http://{}", proxy.address)),
        ..ClientConfig::default()
    };
    let text = failure(&client(&config), "https://target.example/").await;
    assert_eq!(text, "Get \"https://target.example/\": Not here");
}

#[tokio::test]
async fn the_environment_is_used_where_asked_for() {
    let proxy = Script::start(&[&ok("")]).await;
    let environment = BTreeMap::from([("http_proxy".to_owned(), proxy.address.to_string())]);
    let config = ClientConfig {
        proxy: ProxyConfig { proxy_from_environment: true, ..ProxyConfig::default() },
        ..ClientConfig::default()
    };
    let client = Client::new(&config, &ClientOptions::new("", &environment)).unwrap();
    get(&client, "http://target.example/").await.unwrap();
    assert_eq!(proxy.heads().len(), 1);
}
