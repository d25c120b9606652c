//! Servers and clients for one test.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get as route_get;
use regain_http::client::config::ClientConfig;
use regain_http::client::error::RequestError;
use regain_http::client::{Answer, Client, ClientOptions, Request};
use regain_http::server::bind::{Bound, bind};
use regain_http::server::{ServerSettings, serve};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) const LIMIT: usize = 1 << 20;

/// Builds a client without an environment.
pub(crate) fn client(config: &ClientConfig) -> Client {
    Client::new(config, &ClientOptions::new("Test/1", &BTreeMap::new())).unwrap()
}

/// Fetches a text.
pub(crate) async fn get(client: &Client, url: &str) -> Result<(Answer, String), RequestError> {
    let mut body = Vec::new();
    let request = Request::get(url.parse().unwrap());
    let answer = client.fetch(&request, LIMIT, &mut body).await?;
    Ok((answer, String::from_utf8(body).unwrap()))
}

/// Fetches what must fail, and returns the words.
pub(crate) async fn failure(client: &Client, url: &str) -> String {
    get(client, url).await.unwrap_err().to_string()
}

/// Is a running server of the crate.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    done: JoinHandle<usize>,
}

impl Server {
    pub(crate) fn start(router: Router, settings: ServerSettings) -> Self {
        Self::start_on(vec![bind("127.0.0.1:0").unwrap()], router, settings)
    }

    pub(crate) fn start_on(
        listeners: Vec<Bound>,
        router: Router,
        settings: ServerSettings,
    ) -> Self {
        let address = listeners[0].address();
        let stop = CancellationToken::new();
        let done = TaskTracker::new().spawn(serve(listeners, router, settings, stop.clone()));
        Self { address, stop, done }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn https_url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// Stops the server and returns how many connections it cut off.
    pub(crate) async fn stop(self) -> usize {
        self.stop.cancel();
        self.done.await.unwrap()
    }
}

/// Answers `/` with a greeting.
pub(crate) fn hello() -> Router {
    Router::new().route("/", route_get(|| async { "hello" }))
}

/// Is a server that answers each connection with fixed bytes, and keeps what it was asked.
pub(crate) struct Script {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// Serves the answers one after the other; the last one is repeated. Every answer ends its
    /// connection.
    pub(crate) async fn start(answers: &[&[u8]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (log, answers) =
            (Arc::clone(&heads), answers.iter().map(|answer| answer.to_vec()).collect::<Vec<_>>());
        TaskTracker::new().spawn(async move {
            for count in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let head = read_head(&mut stream).await;
                log.lock().unwrap().push(head);
                let answer = answers.get(count).or(answers.last()).unwrap();
                stream.write_all(answer).await.unwrap();
            }
        });
        Self { address, heads }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// Reads the head of a request, or of an answer.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Returns an answer 200 with a body.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(crate) fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}
