//! Asks a server's API, as the official Go client does.

pub(crate) mod answer;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use regain_config::{LoadError, load_client_file};
use regain_http::Secret;
use regain_http::client::config::{BasicAuth, ClientConfig, ProxyConfig};
use regain_http::client::error::{BuildError, RequestError};
use regain_http::client::{Client, ClientOptions, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;
use url::Url;

use crate::environment;
use crate::flags::{Flag, Kind};

/// How long a server may take to answer.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 30;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const USER_AGENT: &str = concat!("regain/", env!("CARGO_PKG_VERSION"));

/// A file with the settings of the client, for tables of flags.
pub(crate) const HTTP_CONFIG: Flag = Flag::new(
    "http.config.file",
    Kind::ExistingFile,
    "",
    "A file that says how to reach the server and log in there.",
);

/// Why a server cannot be asked, or what it answered instead of data.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The address is not one.
    #[error("invalid URL: {0}")]
    Url(#[source] url::ParseError),
    /// A header cannot be sent.
    #[error("invalid header {0:?}")]
    Header(String),
    /// There are two ways to log in.
    #[error("a login in the server's URL and a file with settings of HTTP exclude each other")]
    TwoLogins,
    /// The settings of the client cannot be used.
    #[error("failed to load HTTP config file: {0}")]
    Config(#[from] LoadError),
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

/// A server to ask. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    client: Client,
    base: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Parameters of a request, each with its value.
pub(crate) type Parameters<'a> = Vec<(&'a str, String)>;

impl Server {
    /// The server at `url`, reached in the way that the file `config` says; an empty name is no file.
    pub(crate) fn new(url: &str, config: &str) -> Result<Self, AskError> {
        // Go reads `host:port` as a scheme and fails; that it means http is the only other reading.
        let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let mut base = Url::parse(&url).map_err(AskError::Url)?;
        let basic_auth = take_login(&mut base);
        let config = match config {
            "" => {
                let proxy = ProxyConfig { proxy_from_environment: true, ..ProxyConfig::default() };
                ClientConfig { basic_auth, proxy, ..ClientConfig::default() }
            }
            _ if basic_auth.is_some() => return Err(AskError::TwoLogins),
            file => load_client_file(Path::new(file))?,
        };
        let variables: BTreeMap<String, String> = environment::all();
        let client = Client::new(&config, &ClientOptions::new(USER_AGENT, &variables))?;
        Ok(Self { client, base, headers: Vec::new() })
    }

    /// The same server, to which `headers` are sent with each request, written `NAME=VALUE`.
    pub(crate) fn with_headers(mut self, headers: &[String]) -> Result<Self, AskError> {
        self.headers =
            headers.iter().map(|header| parse_header(header)).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Asks by POST, and by GET where POST is refused, as it may be for users who only read.
    pub(crate) async fn post<T: DeserializeOwned>(
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
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Parameters<'_>,
    ) -> Result<(T, Vec<String>), AskError> {
        let mut url = self.url(path);
        url.query_pairs_mut().extend_pairs(parameters);
        let (status, body) = self.send(Request::get(url)).await?;
        opened(status, &body)
    }

    /// Sends JSON to a place of the API that answers with data.
    pub(crate) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &[&str],
        value: &impl Serialize,
    ) -> Result<T, AskError> {
        let (status, body) = self.send_json(path, value).await?;
        Ok(opened(status, &body)?.0)
    }

    /// Sends JSON to a place that answers with a status alone.
    pub(crate) async fn tell(&self, path: &[&str], value: &impl Serialize) -> Result<(), AskError> {
        let (status, body) = self.send_json(path, value).await?;
        if status.is_success() {
            return Ok(());
        }
        Err(AskError::Status { status, body: String::from_utf8_lossy(&body).into_owned() })
    }

    async fn send_json(
        &self,
        path: &[&str],
        value: &impl Serialize,
    ) -> Result<(StatusCode, Vec<u8>), AskError> {
        let body = serde_json::to_vec(value).map_err(AskError::Json)?;
        self.send(Request::post(self.url(path), JSON, body)).await
    }

    /// Fetches JSON that has nothing around it.
    pub(crate) async fn bare<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, AskError> {
        let (status, body) = self.send(Request::get(self.url(path))).await?;
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(AskError::Status { status, body });
        }
        serde_json::from_slice(&body).map_err(AskError::Json)
    }

    /// Fetches a page that is not the API's.
    pub(crate) async fn page(&self, path: &[&str]) -> Result<(StatusCode, String), AskError> {
        let (status, body) = self.send(Request::get(self.url(path))).await?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// The server's own address.
    pub(crate) fn address(&self) -> &Url {
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

/// Takes the login out of a URL: it is sent in a header, and has no place in error messages.
fn take_login(url: &mut Url) -> Option<BasicAuth> {
    let login = (!url.username().is_empty()).then(|| BasicAuth {
        username: url.username().to_owned(),
        password: Secret::new(url.password().unwrap_or_default()),
        ..BasicAuth::default()
    });
    if login.is_some() {
        url.set_username("").and_then(|()| url.set_password(None)).ok();
    }
    login
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
