//! Requests to one Jenkins: login, crumb and session, limits.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regain_http::client::config::BasicAuth;
use regain_http::client::error::{BuildError, RequestError};
use regain_http::client::{Answer, ClientOptions, Request};
use regain_http::{Client, ClientConfig};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::backend::log_text;
use crate::backend::request::{USER_AGENT, was_never_sent};
use crate::order::{JenkinsLogin, JenkinsServer, LOG_BYTES_MAX};

/// Is the largest document that is read. A hundred builds with their parameters stay far below it.
const PAGE_BYTES_MAX: usize = 4 << 20;
const SESSION: HeaderName = HeaderName::from_static("x-jenkins-session");
const TEXT_SIZE: HeaderName = HeaderName::from_static("x-text-size");

/// Asks one server.
#[derive(Debug)]
pub(super) struct Api {
    server: Arc<JenkinsServer>,
    client: Client,
    /// The crumb of the current session; nobody has asked for one yet where it is absent.
    crumb: Mutex<Option<Crumb>>,
}

/// Proves that a POST comes from whoever holds the session.
#[derive(Clone)]
enum Crumb {
    /// The server wants none.
    Off,
    /// The server wants this header, and the cookies of the session.
    On { name: HeaderName, value: HeaderValue, cookies: Option<HeaderValue> },
}

impl fmt::Debug for Crumb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crumb")
    }
}

#[derive(Deserialize)]
struct CrumbPage {
    crumb: String,
    #[serde(rename = "crumbRequestField")]
    field: String,
}

/// Says why a request brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// There is no whole answer.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The answer says no.
    #[error("{method} {path}: {status}{}", .why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Status { method: Method, path: String, status: StatusCode, why: Option<String> },
    /// The answer is not what Jenkins answers.
    #[error("{path}: not an answer of Jenkins: {source}")]
    Shape { path: String, source: serde_json::Error },
    /// The crumb cannot be sent back.
    #[error("crumbIssuer/api/json: the crumb is no header")]
    Crumb,
}

impl ApiError {
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Request(_) | Self::Shape { .. } | Self::Crumb => None,
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Says whether the same request may succeed later.
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::Request(error) => error.is_retryable(),
            Self::Status { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::Shape { .. } | Self::Crumb => false,
        }
    }

    /// Says whether a POST that failed so certainly changed nothing.
    pub(super) fn is_without_effect(&self) -> bool {
        match self {
            Self::Request(error) => was_never_sent(error),
            // The crumb comes before the POST.
            Self::Crumb | Self::Shape { .. } => true,
            Self::Status { method, status, .. } => {
                *method == Method::GET || status.is_client_error()
            }
        }
    }
}

impl Api {
    pub(super) fn new(
        server: &Arc<JenkinsServer>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, BuildError> {
        let basic_auth = match &server.login {
            JenkinsLogin::Anonymous => None,
            JenkinsLogin::Token { user, file } | JenkinsLogin::Password { user, file } => {
                Some(BasicAuth {
                    username: user.clone(),
                    password_file: Some(file.clone()),
                    ..BasicAuth::default()
                })
            }
        };
        // A redirect may lead to another host, and a login page is no answer to anything.
        let config = ClientConfig { basic_auth, follow_redirects: false, ..server.http.clone() };
        let client = Client::new(&config, &ClientOptions::new(USER_AGENT, environment))?;
        Ok(Self { server: Arc::clone(server), client, crumb: Mutex::new(None) })
    }

    /// Says whether this client is made for such a server.
    pub(super) fn is_for(&self, server: &Arc<JenkinsServer>) -> bool {
        Arc::ptr_eq(&self.server, server) || self.server == *server
    }

    /// Reads a document: what `tree` names of the page below `path`. Also returns which life of the
    /// server answered.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        tree: &str,
    ) -> Result<(T, Option<String>), ApiError> {
        let mut url = self.url(&format!("{path}api/json"));
        if !tree.is_empty() {
            url.query_pairs_mut().append_pair("tree", tree);
        }
        let mut body = Vec::new();
        let request = self.request(Method::GET, url);
        let answer = self.client.fetch(&request, PAGE_BYTES_MAX, &mut body).await?;
        if answer.status != StatusCode::OK {
            return Err(refused(&request, path, &answer));
        }
        let document = serde_json::from_slice(&body)
            .map_err(|source| ApiError::Shape { path: path.to_owned(), source })?;
        Ok((document, life(&answer)))
    }

    /// Sends a form and returns the head of the answer, whatever its status below 400.
    ///
    /// A 403 may mean that the session ended; it is tried once more with a new crumb. That is safe, because
    /// Jenkins checks the crumb before it does anything.
    pub(super) async fn post(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<Answer, ApiError> {
        let mut held = self.crumb(false).await?;
        let mut renewed = false;
        loop {
            let mut request = self.request(Method::POST, self.url(path));
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers.insert(header::CONTENT_TYPE, form);
            if let Some(Crumb::On { name, value, cookies }) = &held {
                request.headers.insert(name, value.clone());
                request.headers.extend(cookies.clone().map(|cookies| (header::COOKIE, cookies)));
            }
            request.body = encode(fields).into();
            let (answer, _) = self.client.open(&request).await?;
            if answer.status == StatusCode::FORBIDDEN && held.is_some() && !renewed {
                held = self.crumb(true).await?;
                renewed = true;
                continue;
            }
            if answer.status.is_client_error() || answer.status.is_server_error() {
                return Err(refused(&request, path, &answer));
            }
            return Ok(answer);
        }
    }

    /// Returns the crumb for the next POST; an API token needs none.
    async fn crumb(&self, renew: bool) -> Result<Option<Crumb>, ApiError> {
        if matches!(self.server.login, JenkinsLogin::Token { .. }) {
            return Ok(None);
        }
        let mut held = self.crumb.lock().await;
        if let Some(crumb) = &*held
            && !renew
        {
            return Ok(Some(crumb.clone()));
        }
        let crumb = self.new_crumb().await?;
        *held = Some(crumb.clone());
        Ok(Some(crumb))
    }

    async fn new_crumb(&self) -> Result<Crumb, ApiError> {
        const PATH: &str = "crumbIssuer/api/json";
        let request = self.request(Method::GET, self.url(PATH));
        let mut body = Vec::new();
        let answer = self.client.fetch(&request, PAGE_BYTES_MAX, &mut body).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(Crumb::Off),
            _ => return Err(refused(&request, PATH, &answer)),
        }
        let page: CrumbPage = serde_json::from_slice(&body)
            .map_err(|source| ApiError::Shape { path: PATH.to_owned(), source })?;
        let name = HeaderName::from_bytes(page.field.as_bytes()).map_err(|_| ApiError::Crumb)?;
        let mut value = HeaderValue::from_str(&page.crumb).map_err(|_| ApiError::Crumb)?;
        value.set_sensitive(true);
        Ok(Crumb::On { name, value, cookies: cookies(&answer.headers) })
    }

    /// Returns the end of a build's log. The log is not read from its beginning: the first answer tells
    /// its size, and is dropped where the log is long.
    pub(super) async fn log_tail(&self, build_path: &str) -> Result<String, ApiError> {
        let (answer, mut body, mut start) = {
            let (answer, body) = self.log_from(build_path, 0).await?;
            let size = answer.header(&TEXT_SIZE).and_then(|size| size.parse::<usize>().ok());
            let start = size.unwrap_or(0).saturating_sub(LOG_BYTES_MAX);
            (answer, body, start)
        };
        if start > 0 && answer.status == StatusCode::OK {
            drop(body);
            (_, body) = self.log_from(build_path, start).await?;
        } else {
            start = 0;
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = body.chunk().await? {
            let room = (2 * LOG_BYTES_MAX).saturating_sub(bytes.len());
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if room < chunk.len() {
                break;
            }
        }
        Ok(log_text::tail(&bytes, start > 0))
    }

    async fn log_from(
        &self,
        build_path: &str,
        start: usize,
    ) -> Result<(Answer, regain_http::client::Body), ApiError> {
        let path = format!("{build_path}logText/progressiveText");
        let mut url = self.url(&path);
        url.query_pairs_mut().append_pair("start", &start.to_string());
        let request = self.request(Method::GET, url);
        let (answer, body) = self.client.open(&request).await?;
        if answer.status != StatusCode::OK {
            return Err(refused(&request, &path, &answer));
        }
        Ok((answer, body))
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let deadline = Some(Instant::now() + self.server.timeout);
        Request { method, deadline, ..Request::get(url) }
    }

    /// Returns the address of a path, whose parts are encoded already. The root is always the configured
    /// one, whatever addresses the server gives.
    fn url(&self, path: &str) -> Url {
        let mut url = self.server.url.clone();
        url.set_path(&format!("{}{path}", url.path()));
        url
    }
}

fn refused(request: &Request, path: &str, answer: &Answer) -> ApiError {
    let why = answer.header(&HeaderName::from_static("x-error")).map(str::to_owned);
    let (method, status) = (request.method.clone(), answer.status);
    ApiError::Status { method, path: path.to_owned(), status, why }
}

/// Returns which life of the server answered; a text with blanks would not fit into a handle.
pub(super) fn life(answer: &Answer) -> Option<String> {
    let life = answer.header(&SESSION)?;
    life.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| life.to_owned())
}

/// Returns the cookies that an answer sets, as they are sent back.
fn cookies(headers: &HeaderMap) -> Option<HeaderValue> {
    let pair = |value: &HeaderValue| Some(value.to_str().ok()?.split(';').next()?.to_owned());
    let pairs: Vec<String> = headers.get_all(header::SET_COOKIE).iter().filter_map(pair).collect();
    if pairs.is_empty() {
        return None;
    }
    let mut value = HeaderValue::from_str(&pairs.join("; ")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn encode(fields: &[(&str, &str)]) -> String {
    let part = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let pairs: Vec<String> =
        fields.iter().map(|&(name, value)| format!("{}={}", part(name), part(value))).collect();
    pairs.join("&")
}
