//! An HTTP server that says what a test tells it to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use regain_protowire::write::append_varint;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::protobuf::Message;

/// Is what an exporter answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Is an answer with a length.
    Full { status: &'static str, headers: String, body: Vec<u8> },
    /// Are bytes as they are, after which the connection is closed.
    Raw(Vec<u8>),
    /// Never says anything.
    Silence,
    /// Starts an answer and never ends it.
    Endless,
}

impl Reply {
    /// Is an answer in the text format.
    pub(crate) fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::typed("text/plain; version=0.0.4", body)
    }

    /// Is an answer in OpenMetrics.
    pub(crate) fn open_metrics(body: impl Into<Vec<u8>>) -> Self {
        Self::typed("application/openmetrics-text; version=1.0.0; charset=utf-8", body)
    }

    /// Is an answer of families in the protobuf format.
    pub(crate) fn protobuf(families: &[Message]) -> Self {
        let mut body = Vec::new();
        for Message(family) in families {
            append_varint(&mut body, family.len() as u64);
            body.extend(family);
        }
        let format = "proto=io.prometheus.client.MetricFamily; encoding=delimited";
        Self::typed(&format!("application/vnd.google.protobuf; {format}"), body)
    }

    /// Is an answer of some type.
    pub(crate) fn typed(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::with(&format!("content-type: {content_type}\r\n"), body)
    }

    /// Is an answer with header lines.
    pub(crate) fn with(headers: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Full { status: "200 OK", headers: headers.to_owned(), body: body.into() }
    }

    /// Is an answer without a body.
    pub(crate) fn status(status: &'static str, headers: &str) -> Self {
        Self::Full { status, headers: headers.to_owned(), body: Vec::new() }
    }
}

/// Is a running exporter.
pub(crate) struct Exporter {
    pub(crate) address: SocketAddr,
    reply: Arc<Mutex<Reply>>,
    heads: Arc<Mutex<Vec<String>>>,
    tasks: TaskTracker,
}

impl Exporter {
    /// Starts an exporter that answers in the text format.
    pub(crate) async fn text(body: &str) -> Self {
        Self::start(Reply::text(body)).await
    }

    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let exporter = Self {
            address: listener.local_addr().unwrap(),
            reply: Arc::new(Mutex::new(reply)),
            heads: Arc::default(),
            tasks: TaskTracker::new(),
        };
        let (reply, heads) = (Arc::clone(&exporter.reply), Arc::clone(&exporter.heads));
        let tasks = exporter.tasks.clone();
        exporter.tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tasks.spawn(serve(stream, Arc::clone(&reply), Arc::clone(&heads)));
            }
        });
        exporter
    }

    /// Answers differently from now on.
    pub(crate) fn set(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// Answers in the text format from now on.
    pub(crate) fn set_text(&self, body: &str) {
        self.set(Reply::text(body));
    }

    /// Returns the heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, reply: Arc<Mutex<Reply>>, heads: Arc<Mutex<Vec<String>>>) {
    while let Some(head) = read_head(&mut stream).await {
        let reply = reply.lock().unwrap().clone();
        heads.lock().unwrap().push(head);
        let sent = match reply {
            Reply::Full { status, headers, body } => {
                let length = body.len();
                let mut answer =
                    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n")
                        .into_bytes();
                answer.extend_from_slice(&body);
                stream.write_all(&answer).await
            }
            Reply::Raw(bytes) => {
                // The client may hang up first.
                stream.write_all(&bytes).await.ok();
                return;
            }
            Reply::Silence => std::future::pending().await,
            Reply::Endless => endless(&mut stream).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n").await?;
    let lines = "m 1\n".repeat(4096);
    loop {
        stream.write_all(lines.as_bytes()).await?;
    }
}

/// Reads the head of a request. The first byte of a TLS handshake counts as one, as servers without TLS answer it.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    const TLS_HANDSHAKE: &[u8] = &[22];
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head != TLS_HANDSHAKE {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
