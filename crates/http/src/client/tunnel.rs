//! Opens a tunnel through an HTTP proxy with `CONNECT`.

use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use crate::client::connection::Stream;
use crate::client::connector::io_cause;
use crate::client::credentials::basic;
use crate::client::error::Cause;

/// Is the largest answer head that is read from a proxy.
const ANSWER_BYTES_MAX: usize = 16 << 10;

/// Asks the proxy at the other end of `stream` for a connection to `host`.
pub(crate) async fn open(
    stream: &mut Box<dyn Stream>,
    host: &str,
    port: u16,
    proxy: &Url,
    headers: &HeaderMap,
) -> Result<(), Cause> {
    let mut request =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    let mut field = |name: &str, value: &HeaderValue| {
        for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            request.extend_from_slice(part);
        }
    };
    if let Some(value) = authorization(proxy)
        && !headers.contains_key(http::header::PROXY_AUTHORIZATION)
    {
        field("Proxy-Authorization", &value);
    }
    for (name, value) in headers {
        field(name.as_str(), value);
    }
    request.extend_from_slice(b"\r\n");
    stream.write_all(&request).await.map_err(io_cause)?;

    let mut answer = Vec::new();
    // Byte by byte: what follows the head already belongs to the tunnel.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= ANSWER_BYTES_MAX {
            return Err(Cause::Proxy("proxy: the answer to CONNECT is too long".to_owned()));
        }
        answer.push(stream.read_u8().await.map_err(io_cause)?);
    }
    check(&answer)
}

/// Accepts any 2xx; otherwise the error is the proxy's own reason, as in Go.
fn check(answer: &[u8]) -> Result<(), Cause> {
    let line = answer.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.splitn(3, ' ');
    let (version, status) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !version.starts_with("HTTP/1.") || status.len() != 3 {
        return Err(Cause::Proxy(format!("malformed HTTP response {line:?}")));
    }
    if status.starts_with('2') {
        return Ok(());
    }
    Err(Cause::Proxy(words.next().filter(|reason| !reason.is_empty()).unwrap_or(status).to_owned()))
}

/// Returns the login that a proxy's URL carries.
pub(crate) fn authorization(proxy: &Url) -> Option<HeaderValue> {
    if proxy.username().is_empty() && proxy.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some(basic(&decoded(proxy.username()), &decoded(proxy.password().unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_reported_with_the_reason_of_the_proxy() {
        assert!(check(b"HTTP/1.1 200 OK\r\n\r\n").is_ok());
        for (answer, text) in [
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "Proxy Authentication Required"),
            ("HTTP/1.1 502\r\n\r\n", "502"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "malformed HTTP response \"SSH-2.0-OpenSSH\""),
        ] {
            assert_eq!(check(answer.as_bytes()).unwrap_err().to_string(), text);
        }
    }
}
