//! Requests and answers as bytes.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use super::VERSION;
use super::fault::{Logged, Trouble};
use super::login::CRUMB;
use super::routes;
use super::state::Shared;

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 1 << 20;

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as they came.
    pub(crate) target: String,
    /// The names between the slashes of the path, decoded; the last is empty after a slash at the end.
    pub(crate) path: Vec<String>,
    /// The fields of the query and of a form in the body.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
    /// The address of the client.
    pub(crate) from: String,
    headers: Vec<(String, String)>,
}

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let same = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    pub(crate) fn field(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some(first) = line(stream)? else { return Ok(None) };
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = Vec::new();
        while let Some(line) = line(stream)?
            && !line.is_empty()
        {
            if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let names = path.trim_start_matches('/').split('/');
        let mut request = Self {
            method: method.to_owned(),
            target: target.to_owned(),
            path: names.map(|name| decode(name, false)).collect(),
            fields: fields(query),
            body: String::new(),
            from: stream.get_ref().peer_addr()?.ip().to_string(),
            headers,
        };
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0).min(BODY_BYTES_MAX)];
        stream.read_exact(&mut body)?;
        request.body = String::from_utf8_lossy(&body).into_owned();
        let form = request
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if form {
            request.fields.extend(fields(&request.body));
        }
        Ok(Some(request))
    }
}

impl Answer {
    /// An answer that a human would read.
    pub(crate) fn html(status: u16, text: &str) -> Self {
        let body = format!("<html><head><title>{text}</title></head><body>{text}</body></html>");
        let content_type = "text/html;charset=utf-8";
        Self { status, content_type, body: body.into_bytes(), ..Self::default() }
    }

    pub(crate) fn text(body: impl Into<Vec<u8>>) -> Self {
        let content_type = "text/plain;charset=utf-8";
        Self { status: 200, content_type, body: body.into(), ..Self::default() }
    }

    pub(crate) fn json(document: &serde_json::Value) -> Self {
        let content_type = "application/json;charset=utf-8";
        let body = document.to_string().into_bytes();
        Self { status: 200, content_type, body, ..Self::default() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn write(&self, life: &str, has_body: bool) -> Vec<u8> {
        let status = self.status;
        let mut head = format!(
            "HTTP/1.1 {status} {}\r\nX-Content-Type-Options: nosniff\r\nX-Jenkins: {VERSION}\r\n\
             X-Jenkins-Session: {life}\r\n",
            reason(status)
        );
        let mut add = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
        for (name, value) in &self.headers {
            add(name, value);
        }
        if !self.content_type.is_empty() {
            add("Content-Type", self.content_type);
        }
        if status != 204 {
            add("Content-Length", &self.body.len().to_string());
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if has_body {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// Answers requests on a connection until the client hangs up or meets trouble.
pub(crate) fn answer_all(stream: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = Request::read(&mut stream)? {
        if shared.state().stopping {
            return stream.get_ref().shutdown(Shutdown::Both);
        }
        let trouble = shared.state().trouble(&request.method, &request.target);
        let untouched = match &trouble {
            Some(Trouble::HangUpBefore) => Some(None),
            Some(Trouble::StatusBefore(status)) => {
                Some(Some(Answer::html(*status, reason(*status))))
            }
            Some(Trouble::Redirect(status, target)) => {
                Some(Some(Answer::empty(*status).header("Location", target)))
            }
            _ => None,
        };
        let mut answer = match untouched {
            Some(Some(answer)) => answer,
            Some(None) => return stream.get_ref().shutdown(Shutdown::Both),
            None => routes::answer(shared, &request),
        };
        let life = record(shared, &request, answer.status);
        let whole = request.method != "HEAD";
        match trouble {
            Some(Trouble::HangUpAfter) => return stream.get_ref().shutdown(Shutdown::Both),
            Some(Trouble::Silence) => {
                shared.wait_for_stop();
                return Ok(());
            }
            Some(Trouble::HalfAnswer) => {
                let bytes = answer.write(&life, whole);
                stream.get_mut().write_all(&bytes[..bytes.len() / 2])?;
                return stream.get_ref().shutdown(Shutdown::Both);
            }
            Some(Trouble::StatusAfter(status)) => answer = Answer::html(status, reason(status)),
            _ => {}
        }
        stream.get_mut().write_all(&answer.write(&life, whole))?;
    }
    Ok(())
}

/// Keeps a request in mind and returns which life of the server it met.
fn record(shared: &Shared, request: &Request, status: u16) -> String {
    let mut state = shared.state();
    state.requests.push(Logged {
        method: request.method.clone(),
        target: request.target.clone(),
        body: request.body.clone(),
        authorization: request.header("authorization").map(str::to_owned),
        has_crumb: request.header(CRUMB).is_some(),
        status,
    });
    state.sessions.life()
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    line.truncate(line.trim_end().len());
    Ok(Some(line))
}

/// Reads a query or a form.
fn fields(text: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name, true), decode(value, true))
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// Replaces `%XX`, and in a form `+`.
fn decode(text: &str, form: bool) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
                let value = digit(*high) * 16 + digit(*low);
                bytes.push(u8::try_from(value).expect("two hexadecimal digits are a byte"));
                rest = after;
            }
            (b'+', _) if form => bytes.push(b' '),
            (&byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Other",
    }
}
