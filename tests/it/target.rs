//! A target that serves what a test says.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The flag that makes a server take up targets at once; it collects changes for five seconds otherwise.
pub(crate) const AT_ONCE: &str = "--scrape.discovery-reload-interval=10ms";

/// The content type of the text format.
pub(crate) const TEXT: &str = "text/plain; version=0.0.4";

/// Answers requests until it is dropped.
#[derive(Debug)]
pub(crate) struct Target {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Target {
    /// Starts a target; `answer` gets a stream and the path that was asked for, and writes the answer.
    pub(crate) fn serve(
        answer: impl Fn(&mut TcpStream, &str) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stopped, answer) = (Arc::new(AtomicBool::new(false)), Arc::new(answer));
        let seen = Arc::clone(&stopped);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let answer = Arc::clone(&answer);
                // A scraper hangs up whenever it likes.
                thread::spawn(move || answer_all(stream, &*answer).ok());
            }
        });
        Self { address, stopped }
    }

    /// Where it listens, as configurations name it.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // The listener looks up when somebody connects.
        TcpStream::connect(self.address).ok();
    }
}

fn answer_all(
    mut stream: TcpStream,
    answer: &impl Fn(&mut TcpStream, &str) -> io::Result<()>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    while reader.read_line(&mut request)? > 0 {
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {}
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        answer(&mut stream, &path)?;
        request.clear();
    }
    Ok(())
}

/// Writes an answer with a body; `headers` are further header lines, each with its line end.
pub(crate) fn respond(
    stream: &mut TcpStream,
    content_type: &str,
    headers: &str,
    body: &[u8],
) -> io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{headers}Content-Length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)
}
