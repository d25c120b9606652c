//! A receiver of webhooks that keeps every request with the moment it came.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Context as _;

/// The largest body that is taken.
const BODY_BYTES_MAX: usize = 16 << 20;

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Posted {
    /// When it was complete.
    pub at: Instant,
    /// Its method.
    pub method: String,
    /// Its path with the query.
    pub path: String,
    /// The header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// The status it was answered with.
    pub status: u16,
}

impl Posted {
    /// The first value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_slice(&self.body).context("the body of a webhook is JSON")
    }
}

/// Answers requests until it is dropped.
#[derive(Debug)]
pub struct Hook {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Hook {
    /// Starts a receiver; `status` decides what each request is answered with.
    pub fn serve(status: impl Fn(&Posted) -> u16 + Send + Sync + 'static) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (stopped, posted) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::default()));
        let (seen, kept, status) = (Arc::clone(&stopped), Arc::clone(&posted), Arc::new(status));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let (kept, status) = (Arc::clone(&kept), Arc::clone(&status));
                // A sender hangs up whenever it likes.
                thread::spawn(move || answer_all(stream, &kept, &*status).ok());
            }
        });
        Ok(Self { address, stopped, posted })
    }

    /// The `host:port` of the receiver.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What came in so far.
    pub fn posted(&self) -> Vec<Posted> {
        lock(&self.posted).clone()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The listener looks up when somebody connects.
        TcpStream::connect(self.address).ok();
    }
}

fn lock(posted: &Mutex<Vec<Posted>>) -> MutexGuard<'_, Vec<Posted>> {
    posted.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer_all(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Posted>>,
    status: &impl Fn(&Posted) -> u16,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(mut posted) = read(&mut reader)? {
        posted.status = status(&posted);
        let code = posted.status;
        lock(kept).push(posted);
        // Slack says so where it is content, and nobody else minds.
        let body = if code == 200 { "ok" } else { "" };
        let length = body.len();
        write!(stream, "HTTP/1.1 {code} Answer\r\nContent-Length: {length}\r\n\r\n{body}")?;
    }
    Ok(())
}

/// The next request; nothing at the end of the connection.
fn read(reader: &mut BufReader<TcpStream>) -> anyhow::Result<Option<Posted>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Ok(0), |(_, value)| value.parse())?;
    anyhow::ensure!(length <= BODY_BYTES_MAX, "a body of {length} bytes");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Posted { at: Instant::now(), method, path, headers, body, status: 0 }))
}
