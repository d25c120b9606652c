//! What a server does not put up with: slow clients, too many of them, panics, long goodbyes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get as route_get, post};
use regain_http::client::config::ClientConfig;
use regain_http::server::bind::bind;
use regain_http::server::body::read_body;
use regain_http::server::{ServerSettings, compression, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::{Server, client, get, hello, read_head};

fn impatient() -> ServerSettings {
    ServerSettings { read_timeout: Duration::from_millis(100), ..ServerSettings::default() }
}

/// Sends what it is given, and returns everything up to the end of the connection.
async fn talk(server: &Server, text: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn clients_that_are_silent_or_slow_are_let_go() {
    let router = Router::new().route(
        "/",
        post(|body: Body| async {
            read_body(body, 100, &mut Vec::new()).await.map_or_else(
                |error| {
                    std::error::Error::source(&error).map_or_else(String::new, ToString::to_string)
                },
                |()| "read".to_owned(),
            )
        }),
    );
    let server = Server::start(router, impatient());
    assert_eq!(talk(&server, "").await, "");
    assert!(!talk(&server, "POST / HTTP/1.1\r\nHos").await.starts_with("HTTP/1.1 200"));
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n";
    let slow = talk(&server, &format!("{head}half")).await;
    assert!(slow.ends_with("i/o timeout"), "{slow}");
    let whole = talk(&server, &format!("{head}1234567890")).await;
    assert!(whole.ends_with("read"), "{whole}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let router = Router::new().route(
        "/",
        post(|body: Body| async {
            read_body(body, 10, &mut Vec::new())
                .await
                .map_or_else(|error| error.to_string(), |()| "read".to_owned())
        }),
    );
    let server = Server::start(router, ServerSettings::default());
    for (length, expected) in [(10, "read"), (11, "http: request body too large")] {
        let body = "x".repeat(length);
        let close = "connection: close\r\n";
        let sized =
            format!("POST / HTTP/1.1\r\nhost: x\r\n{close}content-length: {length}\r\n\r\n");
        let answer = talk(&server, &format!("{sized}{body}")).await;
        assert!(answer.ends_with(expected), "{answer}");
        let chunked =
            format!("POST / HTTP/1.1\r\nhost: x\r\n{close}transfer-encoding: chunked\r\n\r\n");
        let answer = talk(&server, &format!("{chunked}{length:x}\r\n{body}\r\n0\r\n\r\n")).await;
        assert!(answer.ends_with(expected), "{answer}");
    }
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let settings = ServerSettings { max_connections: 1, ..ServerSettings::default() };
    let listeners = vec![bind("127.0.0.1:0").unwrap(), bind("127.0.0.1:0").unwrap()];
    let second = listeners[1].address();
    let server = Server::start_on(listeners, hello(), settings);
    let ask = async |stream: &mut TcpStream| {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    };
    let mut one = TcpStream::connect(server.address).await.unwrap();
    ask(&mut one).await;
    assert!(read_head(&mut one).await.starts_with("HTTP/1.1 200"));
    let mut two = TcpStream::connect(second).await.unwrap();
    ask(&mut two).await;
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(50), two.read(&mut byte)).await;
    assert!(early.is_err(), "answered beside the first");
    drop(one);
    assert!(read_head(&mut two).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_panic_is_an_answer_500_and_the_server_goes_on() {
    async fn fails() -> &'static str {
        panic!("on purpose")
    }
    let server =
        Server::start(hello().route("/panic", route_get(fails)), ServerSettings::default());
    let client = client(&ClientConfig::default());
    let (answer, body) = get(&client, &server.url("/panic")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &*body), (500, "Internal Server Error\n"));
    assert_eq!(get(&client, &server.url("/")).await.unwrap().1, "hello");
}

#[tokio::test]
async fn the_stop_waits_for_requests_and_not_for_idle_connections() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, go) = (Arc::clone(&entered), Arc::clone(&leave));
    let router = Router::new().route(
        "/",
        route_get(move || async move {
            inside.notify_one();
            go.notified().await;
            "done"
        }),
    );
    let settings =
        ServerSettings { shutdown_timeout: Duration::from_mins(10), ..ServerSettings::default() };
    let server = Server::start(router, settings);
    let _idle = TcpStream::connect(server.address).await.unwrap();
    let client = client(&ClientConfig::default());
    let url = server.url("/");
    let request = get(&client, &url);
    let stopping = async {
        entered.notified().await;
        let stopped = server.stop();
        leave.notify_one();
        stopped.await
    };
    let (answer, cut_off) = tokio::join!(request, stopping);
    assert_eq!((&*answer.unwrap().1, cut_off), ("done", 0));
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off() {
    let router = Router::new().route("/", route_get(std::future::pending::<()>));
    let settings =
        ServerSettings { shutdown_timeout: Duration::from_millis(50), ..ServerSettings::default() };
    let listener = bind("127.0.0.1:0").unwrap();
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let stop = CancellationToken::new();
    let serving = serve(vec![listener], router, settings, stop.clone());
    let stopping = async {
        tokio::time::timeout(Duration::from_millis(50), stream.read_u8()).await.unwrap_err();
        stop.cancel();
    };
    let (cut_off, ()) = tokio::join!(serving, stopping);
    assert_eq!(cut_off, 1);
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_take_it() {
    let text = "metric ".repeat(1000);
    let body = text.clone();
    let router =
        Router::new().route("/", route_get(move || async move { body })).layer(compression::gzip());
    let server = Server::start(router, ServerSettings::default());
    let client = client(&ClientConfig::default());
    let mut request = regain_http::client::Request::get(server.url("/").parse().unwrap());
    let mut into = Vec::new();
    let plain = client.fetch(&request, 10_000, &mut into).await.unwrap();
    assert_eq!(plain.body_wire_bytes, 7000);
    request.headers.insert("accept-encoding", "gzip".parse().unwrap());
    let packed = client.fetch(&request, 10_000, &mut into).await.unwrap();
    assert!(packed.body_wire_bytes < 500, "{}", packed.body_wire_bytes);
    assert_eq!(into, text.as_bytes());
}
