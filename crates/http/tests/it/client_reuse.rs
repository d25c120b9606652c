//! Which connections are used again, and when the others are let go.

use std::collections::BTreeMap;
use std::time::Duration;

use regain_http::client::config::ClientConfig;
use regain_http::client::{Client, ClientOptions, DialMetrics, Request};
use regain_metrics::{MetricValue, Registry};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::certificates::Authority;
use crate::client_tls::{serve_with, trusting};
use crate::support::{LIMIT, client, get, ok, read_head};

/// Is a server whose connections the test holds.
struct Host {
    listener: TcpListener,
    url: String,
}

impl Host {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        Self { listener, url }
    }

    async fn accept(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

/// Answers the next request.
async fn answer(stream: &mut TcpStream, bytes: &[u8]) {
    assert!(read_head(stream).await.starts_with("GET / HTTP/1.1\r\n"));
    stream.write_all(bytes).await.unwrap();
}

/// Waits until the client has closed its end.
async fn closed(stream: &mut TcpStream) {
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
}

async fn fetch(client: &Client, url: &str) -> String {
    get(client, url).await.unwrap().1
}

/// The server's end of a connection on which one request was answered.
async fn asked_once(host: &Host, client: &Client) -> TcpStream {
    let serve = async {
        let mut stream = host.accept().await;
        answer(&mut stream, &ok("body")).await;
        stream
    };
    tokio::join!(serve, fetch(client, &host.url)).0
}

#[tokio::test]
async fn exchanges_that_follow_each_other_share_a_connection() {
    let (host, client) = (Host::start().await, client(&ClientConfig::default()));
    let serve = async {
        let mut stream = host.accept().await;
        for body in ["one", "two", ""] {
            answer(&mut stream, &ok(body)).await;
        }
        let pieces =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nfou\r\n1\r\nr\r\n0\r\n\r\n";
        answer(&mut stream, pieces).await;
        answer(&mut stream, &ok("five")).await;
        stream
    };
    let ask = async {
        for body in ["one", "two", "", "four", "five"] {
            assert_eq!(fetch(&client, &host.url).await, body);
        }
    };
    tokio::join!(serve, ask);
}

#[tokio::test]
async fn exchanges_at_the_same_time_have_a_connection_each() {
    let (host, client) = (Host::start().await, client(&ClientConfig::default()));
    let serve = async {
        let (mut first, mut second) = (host.accept().await, host.accept().await);
        answer(&mut first, &ok("same")).await;
        answer(&mut second, &ok("same")).await;
        (first, second)
    };
    let ask = async { tokio::join!(fetch(&client, &host.url), fetch(&client, &host.url)) };
    let (mut streams, bodies) = tokio::join!(serve, ask);
    assert_eq!(bodies, ("same".to_owned(), "same".to_owned()));
    // Neither is lost: the next two find both.
    let serve = async {
        answer(&mut streams.0, &ok("again")).await;
        answer(&mut streams.1, &ok("again")).await;
    };
    let ask = async { tokio::join!(fetch(&client, &host.url), fetch(&client, &host.url)) };
    tokio::join!(serve, ask);
}

#[tokio::test]
async fn an_idle_connection_that_the_server_ends_is_closed_at_once() {
    let (host, client) = (Host::start().await, client(&ClientConfig::default()));
    let mut stream = asked_once(&host, &client).await;
    stream.shutdown().await.unwrap();
    closed(&mut stream).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_in_time() {
    for (idle_timeout, is_kept) in [(Duration::ZERO, false), (Duration::from_mins(5), true)] {
        let host = Host::start().await;
        let environment = BTreeMap::new();
        let options = ClientOptions { idle_timeout, ..ClientOptions::new("", &environment) };
        let client = Client::new(&ClientConfig::default(), &options).unwrap();
        let mut stream = asked_once(&host, &client).await;
        let start = Instant::now();
        closed(&mut stream).await;
        assert_eq!(start.elapsed() >= Duration::from_mins(5), is_kept);
        assert!(start.elapsed() <= 2 * idle_timeout + Duration::from_secs(1));
    }
}

#[tokio::test]
async fn connections_end_with_their_client() {
    let (host, client) = (Host::start().await, client(&ClientConfig::default()));
    let mut stream = asked_once(&host, &client).await;
    drop(client);
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_nobody_reads_costs_the_connection_only_if_it_is_not_there_yet() {
    for (bytes, is_kept) in [
        (ok("short"), true),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe start of it".to_vec(), false),
    ] {
        let (host, client) = (Host::start().await, client(&ClientConfig::default()));
        let request = Request::get(host.url.parse().unwrap());
        let serve = async {
            let mut stream = host.accept().await;
            answer(&mut stream, &bytes).await;
            stream
        };
        let (mut stream, opened) = tokio::join!(serve, client.open(&request));
        drop(opened.unwrap());
        if is_kept {
            let next = ok("next");
            tokio::join!(answer(&mut stream, &next), fetch(&client, &host.url));
        } else {
            closed(&mut stream).await;
        }
    }
}

#[tokio::test]
async fn a_request_that_is_given_up_takes_its_connection_with_it() {
    let (host, client) = (Host::start().await, client(&ClientConfig::default()));
    let request = Request::get(host.url.parse().unwrap());
    let mut stream = {
        let serve = async {
            let mut stream = host.accept().await;
            read_head(&mut stream).await;
            stream
        };
        tokio::select! {
            stream = serve => stream,
            _ = client.open(&request) => panic!("nobody answered"),
        }
    };
    closed(&mut stream).await;
    let serve = async { answer(&mut host.accept().await, &ok("new")).await };
    let ((), body) = tokio::join!(serve, fetch(&client, &host.url));
    assert_eq!(body, "new");
}

#[tokio::test]
async fn exchanges_in_http2_share_a_connection_at_the_same_time() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ca"));
    let server = serve_with(directory.path(), &authority.issue(&["127.0.0.1"]), "");
    let (registry, environment) = (Registry::new(), BTreeMap::new());
    let metrics = DialMetrics::new(&registry);
    let options =
        ClientOptions { metrics: Some((&metrics, "job")), ..ClientOptions::new("", &environment) };
    let client = Client::new(&trusting(&authority.pem), &options).unwrap();
    let url = server.https_url("/");
    assert_eq!(fetch(&client, &url).await, "hello");
    tokio::join!(fetch(&client, &url), fetch(&client, &url), fetch(&client, &url));
    let established = registry
        .gather()
        .families
        .iter()
        .find(|family| &*family.name == "net_conntrack_dialer_conn_established_total")
        .map(|family| family.metrics[0].value.clone());
    assert!(matches!(established, Some(MetricValue::Number(1.0))), "{established:?}");
}

#[tokio::test]
async fn what_is_over_the_limit_is_not_waited_for() {
    let (host, client) = (Host::start().await, client(&ClientConfig::default()));
    let request = Request::get(host.url.parse().unwrap());
    let serve = async {
        let mut stream = host.accept().await;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", LIMIT + 1);
        answer(&mut stream, head.as_bytes()).await;
        stream
    };
    let mut body = Vec::new();
    let (mut stream, fetched) = tokio::join!(serve, client.fetch(&request, LIMIT, &mut body));
    assert!(fetched.unwrap_err().is_too_large());
    closed(&mut stream).await;
}
