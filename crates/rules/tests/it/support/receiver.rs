//! An Alertmanager that says what a test tells it to.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// Is a request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// Returns the value of the label `i` of each alert.
    pub(crate) fn instances(&self) -> Vec<String> {
        let alerts: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let instance = |alert: &serde_json::Value| {
            alert["labels"]["i"].as_str().unwrap_or_default().to_owned()
        };
        alerts.as_array().unwrap().iter().map(instance).collect()
    }
}

/// Is a running receiver.
pub(crate) struct Receiver {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    status: Mutex<&'static str>,
    requests: Mutex<Vec<Request>>,
    tasks: TaskTracker,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            status: Mutex::new("200 OK"),
            requests: Mutex::default(),
            tasks: TaskTracker::new(),
        });
        let accepting = Arc::clone(&shared);
        shared.tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepting.tasks.spawn(serve(stream, Arc::clone(&accepting)));
            }
        });
        Self { address, shared }
    }

    /// Answers with this status from now on; an empty one never answers.
    pub(crate) fn set_status(&self, status: &'static str) {
        *self.shared.status.lock().unwrap() = status;
    }

    /// Returns the requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/v2/alerts", self.address)
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    while let Some(request) = read(&mut stream).await {
        let status = *shared.status.lock().unwrap();
        shared.requests.lock().unwrap().push(request);
        if status.is_empty() {
            std::future::pending::<()>().await;
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { head, body: String::from_utf8(body).ok()? })
}
