//! Asks a server's API, as the official Go client does.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use regain_http::Secret;
use regain_http::client::config::{BasicAuth, ClientConfig, ProxyConfig};
use regain_http::client::error::{BuildError, RequestError};
use regain_http::client::{Client, ClientOptions, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::time::Instant;
use url::Url;

use crate::environment;

/// How long a server may take to answer.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 30;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Why a server cannot be asked, or what it answered instead of data.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// The address is not one.
    #[error("invalid URL: {0}")]
    Url(#[source] url::ParseError),
    /// A header cannot be sent.
    #[error("invalid header {0:?}")]
    Header(String),
    /// The client cannot be made.
    #[error(transparent)]
    Client(#[from] BuildError),
    /// There is no answer.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The answer is not the API's.
    #[error("bad_response: {0}")]
    Json(#[source] serde_json::Error),
    /// The answer's status and contents contradict each other.
    #[error("bad_response: inconsistent body for response code")]
    Inconsistent,
    /// The API refused.
    #[error("{kind}: {text}")]
    Refused {
        /// What kind of refusal it is, in the API's words.
        kind: String,
        /// Why.
        text: String,
    },
    /// Something else than the API answered.
    #[error("{}{}", status_text(*.status), detail_text(.body))]
    Status {
        /// The status.
        status: StatusCode,
        /// What came with it.
        body: String,
    },
}

fn status_text(status: StatusCode) -> String {
    let code = status.as_u16();
    match code / 100 {
        4 => format!("client_error: client error: {code}"),
        5 => format!("server_error: server error: {code}"),
        _ => format!("bad_response: bad response code {code}"),
    }
}

fn detail_text(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(" (detail: {})", body.trim()) }
}

/// What the API puts around every answer.
#[derive(Deserialize)]
struct Envelope<'a> {
    status: String,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default, rename = "errorType")]
    error_type: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
}

/// A server to ask.
#[derive(Debug)]
pub(super) struct Server {
    client: Client,
    base: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Parameters of a request, each with its value.
pub(super) type Parameters<'a> = Vec<(&'a str, String)>;

impl Server {
    /// The server at `url`; `headers` are sent with each request, written `NAME=VALUE`.
    pub(super) fn new(url: &str, headers: &[String]) -> Result<Self, AskError> {
        // Go reads `host:port` as a scheme and fails; that it means http is the only other reading.
        let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let mut base = Url::parse(&url).map_err(AskError::Url)?;
        let basic_auth = (!base.username().is_empty()).then(|| BasicAuth {
            username: base.username().to_owned(),
            password: Secret::new(base.password().unwrap_or_default()),
            ..BasicAuth::default()
        });
        if basic_auth.is_some() {
            // Credentials are sent in a header; they have no place in error messages.
            base.set_username("").and_then(|()| base.set_password(None)).ok();
        }
        let proxy = ProxyConfig { proxy_from_environment: true, ..ProxyConfig::default() };
        let config = ClientConfig { basic_auth, proxy, ..ClientConfig::default() };
        let variables: BTreeMap<String, String> = environment::all();
        let client = Client::new(&config, &ClientOptions::new("promtool/regain", &variables))?;
        let headers =
            headers.iter().map(|header| parse_header(header)).collect::<Result<_, _>>()?;
        Ok(Self { client, base, headers })
    }

    /// Asks by POST, and by GET where POST is refused, as it may be for users who only read.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Parameters<'_>,
    ) -> Result<(T, Vec<String>), AskError> {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let request = Request::post(self.url(path), FORM, body);
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::FORBIDDEN
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED => self.get(path, parameters).await,
            status => opened(status, &body),
        }
    }

    /// Asks by GET.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Parameters<'_>,
    ) -> Result<(T, Vec<String>), AskError> {
        let mut url = self.url(path);
        url.query_pairs_mut().extend_pairs(parameters);
        let (status, body) = self.send(Request::get(url)).await?;
        opened(status, &body)
    }

    /// Fetches a page that is not the API's.
    pub(super) async fn page(&self, path: &[&str]) -> Result<(StatusCode, String), AskError> {
        let (status, body) = self.send(Request::get(self.url(path))).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// The server's own address.
    pub(super) fn address(&self) -> &Url {
        &self.base
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn send(&self, mut request: Request) -> Result<(StatusCode, Vec<u8>), AskError> {
        debug_assert!(matches!(request.method, Method::GET | Method::POST));
        request.deadline = Some(Instant::now() + TIMEOUT);
        request.headers.extend(self.headers.iter().cloned());
        let mut body = Vec::new();
        let answer = self.client.fetch(&request, ANSWER_BYTES_MAX, &mut body).await?;
        Ok((answer.status, body))
    }
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), AskError> {
    let bad = || AskError::Header(text.to_owned());
    let (name, value) = text.split_once('=').ok_or_else(bad)?;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
    Ok((name, HeaderValue::from_str(value).map_err(|_| bad())?))
}

/// Takes the data out of an answer, and its warnings.
fn opened<T: DeserializeOwned>(
    status: StatusCode,
    body: &[u8],
) -> Result<(T, Vec<String>), AskError> {
    let is_refusal = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
    if !status.is_success() && !is_refusal {
        let body = String::from_utf8_lossy(body).into_owned();
        return Err(AskError::Status { status, body });
    }
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(AskError::Json)?;
    if envelope.status == "error" {
        return Err(AskError::Refused { kind: envelope.error_type, text: envelope.error });
    }
    if is_refusal {
        return Err(AskError::Inconsistent);
    }
    let data = envelope.data.map_or("null", RawValue::get);
    let data = serde_json::from_str(data).map_err(AskError::Json)?;
    Ok((data, envelope.warnings))
}
