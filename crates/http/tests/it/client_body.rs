//! Bodies: buffers, limits, compression, deadlines.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get as route_get;
use futures_util::stream;
use regain_http::client::config::ClientConfig;
use regain_http::client::{Contents, Request};
use regain_http::server::ServerSettings;
use tokio::time::Instant;

use crate::support::{LIMIT, Script, Server, client, failure, get, gzip, ok};

fn endless() -> Body {
    let chunk = Bytes::from_static(&[b'x'; 1000]);
    Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone())))
}

#[tokio::test]
async fn a_body_lands_in_the_callers_buffer_again_and_again() {
    let body = "x".repeat(60_000);
    let text = body.clone();
    let router = Router::new().route("/", route_get(move || async move { text }));
    let server = Server::start(router, ServerSettings::default());
    let client = client(&ClientConfig::default());
    let request = Request::get(server.url("/").parse().unwrap());
    let mut into = Vec::new();
    for _ in 0..3 {
        let answer = client.fetch(&request, LIMIT, &mut into).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body_wire_bytes, 60_000);
        assert_eq!(into, body.as_bytes());
    }
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn contents_are_whole_in_however_many_pieces_they_come() {
    let pieces = |count: usize| {
        let pieces = (0..count).map(|at| Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; at + 1])));
        Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()))
    };
    let router = Router::new()
        .route("/none", route_get(|| async { "" }))
        .route("/one", route_get(|| async { "one piece" }))
        .route("/many", route_get(move || async move { pieces(400) }));
    let server = Server::start(router, ServerSettings::default());
    let client = client(&ClientConfig::default());
    let mut contents = Contents::default();
    let many = "a".repeat(400 * 401 / 2);
    for (path, expected) in
        [("/one", "one piece"), ("/many", &many), ("/none", ""), ("/many", &many)]
    {
        let request = Request::get(server.url(path).parse().unwrap());
        let (answer, body) = client.open(&request).await.unwrap();
        contents.clear();
        let wire_bytes = body.read_contents(&answer, LIMIT, &mut contents).await.unwrap();
        assert!(contents.as_slice() == expected.as_bytes(), "{path}");
        assert_eq!(wire_bytes, expected.len() as u64, "{path}");
        if !expected.is_empty() {
            let (answer, body) = client.open(&request).await.unwrap();
            let limited = body.read_contents(&answer, expected.len() - 1, &mut contents).await;
            assert!(limited.unwrap_err().is_too_large(), "{path}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_gzip_body_is_inflated_up_to_the_limit() {
    let packed = gzip(&[b'a'; 5000]);
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    )
    .into_bytes();
    answer.extend(&packed);
    let script = Script::start(&[&answer]).await;
    let client = client(&ClientConfig::default());
    let request = Request::get(script.url("/").parse().unwrap());
    let mut into = Vec::new();
    let head = client.fetch(&request, 5000, &mut into).await.unwrap();
    assert_eq!((into.len(), head.body_wire_bytes), (5000, packed.len() as u64));
    let error = client.fetch(&request, 4999, &mut into).await.unwrap_err();
    assert!(error.is_too_large());
}

#[tokio::test]
async fn a_bomb_and_an_endless_body_are_stopped_at_the_limit() {
    let bomb = gzip(&vec![0; 32 << 20]);
    let router = Router::new()
        .route("/endless", route_get(|| async { endless() }))
        .route("/bomb", route_get(|| async { ([("content-encoding", "gzip")], bomb) }));
    let server = Server::start(router, ServerSettings::default());
    let client = client(&ClientConfig::default());
    for path in ["/endless", "/bomb"] {
        let request = Request::get(server.url(path).parse().unwrap());
        let mut into = Vec::new();
        let error = client.fetch(&request, 100_000, &mut into).await.unwrap_err();
        assert_eq!(error.to_string(), "body size limit exceeded: more than 100000 bytes", "{path}");
        assert!(into.capacity() < 4 << 20, "{path}: {}", into.capacity());
    }
}

#[tokio::test]
async fn the_deadline_covers_head_and_body() {
    let router = Router::new().route("/never", route_get(std::future::pending::<()>)).route(
        "/half",
        route_get(|| async {
            let start = stream::iter([Ok::<_, std::io::Error>("start")]);
            let never = stream::pending();
            Body::from_stream(futures_util::StreamExt::chain(start, never))
        }),
    );
    let server = Server::start(router, ServerSettings::default());
    let client = client(&ClientConfig::default());
    let fails = async |path: &str| {
        let mut request = Request::get(server.url(path).parse().unwrap());
        request.deadline = Some(Instant::now() + Duration::from_millis(100));
        let error = client.fetch(&request, LIMIT, &mut Vec::new()).await.unwrap_err();
        assert!(error.is_deadline() && error.is_retryable());
        error.to_string()
    };
    let head = fails("/never").await;
    assert_eq!(head, format!("Get \"{}\": context deadline exceeded", server.url("/never")));
    assert_eq!(fails("/half").await, "context deadline exceeded");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error() {
    let script = Script::start(&[b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive!"]).await;
    let client = client(&ClientConfig::default());
    assert_eq!(failure(&client, &script.url("/")).await, "unexpected EOF");
}

#[tokio::test]
async fn a_stale_connection_is_replaced_without_an_error() {
    // Both answers leave the connection open by their headers and then close it.
    let script = Script::start(&[&ok("one"), &ok("two")]).await;
    let client = client(&ClientConfig::default());
    assert_eq!(get(&client, &script.url("/")).await.unwrap().1, "one");
    assert_eq!(get(&client, &script.url("/")).await.unwrap().1, "two");
}
