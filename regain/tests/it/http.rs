//! A client as small as the tests need it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How often a page is asked for that is not there yet.
const TRIES: usize = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends a request without a body and reads the answer.
pub(crate) fn request(method: &str, address: &str, path: &str, headers: &[&str]) -> Answer {
    send(method, address, path, headers, "")
}

/// Posts JSON and reads the answer.
pub(crate) fn post_json(address: &str, path: &str, body: &str) -> Answer {
    send("POST", address, path, &["content-type: application/json"], body)
}

/// Sends a request with a body and reads the answer.
pub(crate) fn send(
    method: &str,
    address: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut headers = headers.join("\r\n");
    headers.push_str(if headers.is_empty() { "" } else { "\r\n" });
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let head = head.to_ascii_lowercase();
    let body =
        if head.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() };
    Answer { status, head, body }
}

/// Fetches a page.
pub(crate) fn get(address: &str, path: &str) -> Answer {
    request("GET", address, path, &[])
}

/// Fetches a page again and again until `wanted` likes it.
pub(crate) fn get_until(address: &str, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
    let mut last = get(address, path);
    for _ in 0..TRIES {
        if wanted(&last) {
            return last;
        }
        std::thread::sleep(PAUSE);
        last = get(address, path);
    }
    panic!("{path} stays at {last:?}");
}

fn unchunked(body: &str) -> String {
    let (mut rest, mut whole) = (body, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        let (chunk, after) = after.split_at(size);
        whole.push_str(chunk);
        rest = after.strip_prefix("\r\n").unwrap();
    }
    whole
}
