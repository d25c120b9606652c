//! Tokens of the OAuth 2.0 client credentials grant, kept until shortly before they expire.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::{self, Serializer};

use crate::client::config::Oauth2;
use crate::client::credentials::{basic, bearer, text};
use crate::client::error::{BuildError, Cause};
use crate::client::response::Body;
use crate::client::transport::{Outgoing, Transport, TransportSettings};
use crate::watched_file::Source;

/// Is how long before its end a token is no longer used, as in Go.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);

/// Is the largest answer of a token server.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Is how long an idle connection to the token server is kept, as in upstream.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Fetches tokens and keeps the last one.
pub(crate) struct TokenSource {
    config: Oauth2,
    url: Url,
    secret: Option<Source>,
    user_agent: Option<HeaderValue>,
    transport: Transport,
    /// Locked while a token is fetched, so that many requests fetch one token.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// The secret that the token was fetched with.
    secret: String,
    /// Whether the server wants the login in the form instead of the header.
    login_in_form: bool,
}

struct Token {
    header: HeaderValue,
    expires: Option<Instant>,
}

impl TokenSource {
    pub(crate) fn new(
        config: &Oauth2,
        user_agent: Option<HeaderValue>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, BuildError> {
        let transport = Transport::new(TransportSettings {
            tls: &config.tls_config,
            proxy: &config.proxy,
            environment,
            http2: false,
            idle_timeout: IDLE_TIMEOUT,
            dialer: None,
            cpu: None,
        })?;
        Ok(Self {
            url: Url::parse(&config.token_url).map_err(BuildError::TokenUrl)?,
            secret: Source::pick(
                config.client_secret.expose(),
                config.client_secret_file.as_deref(),
            ),
            config: config.clone(),
            user_agent,
            transport,
            state: Mutex::default(),
        })
    }

    /// Returns the `Authorization` header of a token that is valid now.
    pub(crate) async fn header(&self) -> Result<HeaderValue, Cause> {
        let secret = text(self.secret.as_ref(), "oauth2 client secret")?;
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && state.secret == secret
            && token.expires.is_none_or(|expires| Instant::now() < expires)
        {
            return Ok(token.header.clone());
        }
        let token = match self.fetch(&secret, state.login_in_form).await {
            // Some servers know only the other place for the login; Go finds out the same way.
            Err(Cause::Token(_)) if !state.login_in_form => {
                let token = self.fetch(&secret, true).await?;
                state.login_in_form = true;
                token
            }
            other => other?,
        };
        let header = token.header.clone();
        state.token = Some(token);
        state.secret = secret;
        Ok(header)
    }

    async fn fetch(&self, secret: &str, login_in_form: bool) -> Result<Token, Cause> {
        let asked = Instant::now();
        let mut headers = HeaderMap::new();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form_type);
        if let Some(agent) = &self.user_agent {
            headers.insert(header::USER_AGENT, agent.clone());
        }
        if !login_in_form {
            // RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
            let encoded =
                |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let login = basic(&encoded(&self.config.client_id), &encoded(secret));
            headers.insert(header::AUTHORIZATION, login);
        }
        let outgoing = Outgoing {
            method: Method::POST,
            url: &self.url,
            headers,
            body: Bytes::from(self.form(secret, login_in_form)),
            unix_socket: None,
        };
        let answered = self.transport.send(outgoing).await.map_err(|failure| failure.cause)?;
        let (answer, body) = Body::split(answered, self.url.clone(), None);
        let mut text = Vec::new();
        let read = body.read(&answer, ANSWER_BYTES_MAX, &mut text).await;
        read.map_err(|error| Cause::Token(format!("oauth2: cannot fetch token: {error}")))?;
        read_answer(answer.status, &answer.headers, &text, asked)
    }

    fn form(&self, secret: &str, login_in_form: bool) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", Oauth2::GRANT_CLIENT_CREDENTIALS);
        if !self.config.scopes.is_empty() {
            form.append_pair("scope", &self.config.scopes.join(" "));
        }
        form.extend_pairs(&self.config.endpoint_params);
        if login_in_form {
            form.append_pair("client_id", &self.config.client_id);
            form.append_pair("client_secret", secret);
        }
        form.finish()
    }
}

/// Holds the fields of an answer that matter.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Answer {
    access_token: String,
    token_type: String,
    expires_in: serde_json::Value,
    error: String,
    error_description: String,
}

fn read_answer(
    status: http::StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    asked: Instant,
) -> Result<Token, Cause> {
    let failed = |text: String| Err(Cause::Token(text));
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let answer: Answer = if is_form(kind) {
        form_answer(body)
    } else {
        match serde_json::from_slice(body) {
            Ok(answer) => answer,
            Err(error) if status.is_success() => {
                return failed(format!("oauth2: cannot parse json: {error}"));
            }
            Err(_) => Answer::default(),
        }
    };
    if !answer.error.is_empty() {
        let Answer { error, error_description, .. } = answer;
        let described = if error_description.is_empty() {
            String::new()
        } else {
            format!(" {error_description:?}")
        };
        return failed(format!("oauth2: {error:?}{described}"));
    }
    if !status.is_success() {
        let body = String::from_utf8_lossy(body);
        return failed(format!("oauth2: cannot fetch token: {status}\nResponse: {body}"));
    }
    if answer.access_token.is_empty() {
        return failed("oauth2: server response missing access_token".to_owned());
    }
    let seconds = answer.expires_in.as_f64().or_else(|| answer.expires_in.as_str()?.parse().ok());
    let lifetime = seconds
        .filter(|&seconds| seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(Token {
        header: bearer(token_kind(&answer.token_type), &answer.access_token)?,
        expires: lifetime
            .and_then(|lifetime| asked.checked_add(lifetime.saturating_sub(EXPIRY_MARGIN))),
    })
}

fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    matches!(kind, "application/x-www-form-urlencoded" | "text/plain")
}

fn form_answer(body: &[u8]) -> Answer {
    let mut answer = Answer::default();
    for (name, value) in form_urlencoded::parse(body) {
        let value = value.into_owned();
        match &*name {
            "access_token" => answer.access_token = value,
            "token_type" => answer.token_type = value,
            "expires_in" => answer.expires_in = serde_json::Value::String(value),
            "error" => answer.error = value,
            "error_description" => answer.error_description = value,
            _ => {}
        }
    }
    answer
}

/// Returns a token's scheme in the spelling that servers expect, as Go does.
fn token_kind(kind: &str) -> &str {
    match kind.to_ascii_lowercase().as_str() {
        "" | "bearer" => "Bearer",
        "mac" => "MAC",
        "basic" => "Basic",
        _ => kind,
    }
}
