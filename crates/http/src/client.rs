//! The one HTTP client: every outgoing request of the program goes through it.
//!
//! A [`Client`] is built from a [`config::ClientConfig`] and is shared by all requests of one job or
//! receiver. [`Client::fetch`] reads a whole answer into a buffer of the caller, [`Client::open`] hands
//! the body out piece by piece. Secrets and certificates in files are looked at again for each request.
//!
//! Invariants: no answer is read beyond the limit of its request; credentials of the configuration
//! never reach another host than the one that was asked, whatever a redirect says.

pub mod config;
pub mod error;
mod metrics;
mod url;
mod validate;

mod connection;
mod connector;
mod dial;
mod executor;
mod link;
mod place;
mod pool;
mod proxy;
mod tls;
mod tunnel;

mod credentials;
mod oauth2;
mod redirect;
mod response;
mod transport;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::url::Url;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::time::{Instant, timeout_at};

use self::config::ClientConfig;
use self::credentials::{ExtraHeaders, Login, strip_sensitive};
use self::error::{BuildError, Cause, RequestError};
use self::link::Failure;
pub use self::metrics::DialMetrics;
use self::oauth2::TokenSource;
use self::redirect::{REDIRECTS_MAX, Redirect};
pub use self::response::{Answer, Body, Contents};
use self::transport::{Answered, Outgoing, Transport, TransportSettings};
use crate::cpu::CpuMeter;

/// Is how many headers are usually added to those of a request: the agent, the host and a login.
const ADDED_HEADERS: usize = 3;

/// Sends requests; a clone shares connections, tokens and certificates.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    transport: Transport,
    login: Auth,
    extra: ExtraHeaders,
    user_agent: Option<HeaderValue>,
    follow_redirects: bool,
}

enum Auth {
    None,
    Login(Login),
    Token(Box<TokenSource>),
}

/// Says about a client what is not the user's to configure.
#[derive(Clone, Debug)]
pub struct ClientOptions<'a> {
    /// The `User-Agent`; an empty one is not sent.
    pub user_agent: &'a str,
    /// The variables of the process, for `proxy_from_environment`.
    pub environment: &'a BTreeMap<String, String>,
    /// Idle connections are closed after this time; zero keeps none.
    pub idle_timeout: Duration,
    /// Where connections are counted, and under which name.
    pub metrics: Option<(&'a DialMetrics, &'a str)>,
    /// What measures the tasks of connections, where somebody wants to know: HTTP/2 is done in them, and all else in the task
    /// of the request.
    pub cpu: Option<&'a CpuMeter>,
}

impl<'a> ClientOptions<'a> {
    /// Is how long an idle connection is kept: longer than any sane scrape interval, as in upstream.
    pub const IDLE_TIMEOUT: Duration = Duration::from_mins(5);

    /// Returns the usual options.
    pub fn new(user_agent: &'a str, environment: &'a BTreeMap<String, String>) -> Self {
        let idle_timeout = Self::IDLE_TIMEOUT;
        Self { user_agent, environment, idle_timeout, metrics: None, cpu: None }
    }
}

/// Is a request to be sent, once or many times.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address; `http` or `https`.
    pub url: Url,
    /// Headers beside those of the configuration, which do not replace an `Authorization` set here.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// When to give up, body included.
    pub deadline: Option<Instant>,
    /// The socket to connect to instead of the URL's host.
    pub unix_socket: Option<PathBuf>,
}

impl Request {
    /// Creates a request without a body.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            deadline: None,
            unix_socket: None,
        }
    }

    /// Creates a request that sends a body.
    pub fn post(url: Url, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
        Self { method: Method::POST, headers, body: body.into(), ..Self::get(url) }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Builds a client; reads and checks the certificates that the configuration names.
    pub fn new(config: &ClientConfig, options: &ClientOptions<'_>) -> Result<Self, BuildError> {
        let mut config = config.clone();
        config.validate()?;
        let user_agent = match options.user_agent {
            "" => None,
            text => Some(
                HeaderValue::from_str(text)
                    .map_err(|_| BuildError::Header("User-Agent".to_owned()))?,
            ),
        };
        let login = match &config.oauth2 {
            Some(oauth2) => {
                let source = TokenSource::new(oauth2, user_agent.clone(), options.environment)?;
                Auth::Token(Box::new(source))
            }
            None => Login::new(&config).map_or(Auth::None, Auth::Login),
        };
        let transport = Transport::new(TransportSettings {
            tls: &config.tls_config,
            proxy: &config.proxy,
            environment: options.environment,
            http2: config.enable_http2,
            idle_timeout: options.idle_timeout,
            dialer: options.metrics.map(|(metrics, name)| metrics.of(name)),
            cpu: options.cpu.cloned(),
        })?;
        Ok(Self(Arc::new(Inner {
            transport,
            login,
            extra: ExtraHeaders::new(&config)?,
            user_agent,
            follow_redirects: config.follow_redirects,
        })))
    }

    /// Sends a request, waits for the head of the answer and hands out its body, which comes under the
    /// same deadline.
    pub async fn open(&self, request: &Request) -> Result<(Answer, Body), RequestError> {
        let exchange = self.0.exchange(request);
        let (url, answer) = match request.deadline {
            None => exchange.await,
            Some(deadline) => timeout_at(deadline, exchange).await.unwrap_or_else(|_| {
                Err(RequestError::no_answer(&request.method, &request.url, Cause::Deadline))
            }),
        }?;
        Ok(Body::split(answer, url, request.deadline))
    }

    /// Sends a request and reads the whole body into `into`, which is cleared first. A gzip body is
    /// inflated on the way. More than `body_limit` bytes of contents are an error.
    pub async fn fetch(
        &self,
        request: &Request,
        body_limit: usize,
        into: &mut Vec<u8>,
    ) -> Result<Answer, RequestError> {
        into.clear();
        let (mut answer, body) = self.open(request).await?;
        answer.body_wire_bytes = body.read(&answer, body_limit, into).await?;
        Ok(answer)
    }
}

impl Inner {
    /// Sends a request and follows where it is redirected to. A failure names the URL that failed.
    async fn exchange(&self, request: &Request) -> Result<(Url, Answered), RequestError> {
        let mut next = Redirect::start(request);
        loop {
            let failed = |at: &Redirect, cause| RequestError::no_answer(&at.method, &at.url, cause);
            let answer = self.step(request, &next).await.map_err(|cause| failed(&next, cause))?;
            if !self.follow_redirects {
                return Ok((next.url, answer));
            }
            match next.follow(request, &answer.0) {
                Ok(None) => return Ok((next.url, answer)),
                Ok(Some(target)) if target.count > REDIRECTS_MAX => {
                    return Err(failed(&target, Cause::TooManyRedirects(REDIRECTS_MAX)));
                }
                Ok(Some(target)) => next = target,
                Err(cause) => return Err(failed(&next, cause)),
            }
        }
    }

    /// Sends a request once, and again where an idle connection turned out to be closed.
    async fn step(&self, request: &Request, next: &Redirect) -> Result<Answered, Cause> {
        let mut may_repeat = matches!(next.method, Method::GET | Method::HEAD);
        loop {
            let outgoing = self.outgoing(request, next).await?;
            match self.transport.send(outgoing).await {
                // The server closed the connection at the same moment; Go tries again too.
                Err(Failure { cause: Cause::Closed | Cause::Io(_), was_reused: true, .. })
                    if may_repeat =>
                {
                    may_repeat = false;
                }
                outcome => return outcome.map_err(|failure| failure.cause),
            }
        }
    }

    /// Puts together what goes out for a step.
    async fn outgoing<'a>(
        &self,
        request: &'a Request,
        next: &'a Redirect,
    ) -> Result<Outgoing<'a>, Cause> {
        // A clone would have to grow, for there is no room in it for more.
        let mut headers = HeaderMap::with_capacity(request.headers.len() + ADDED_HEADERS);
        headers.extend(request.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        self.extra.add_to(&mut headers)?;
        if let Some(agent) = &self.user_agent
            && !headers.contains_key(header::USER_AGENT)
        {
            headers.insert(header::USER_AGENT, agent.clone());
        }
        if next.is_foreign {
            strip_sensitive(&mut headers);
            headers.remove(header::HOST);
        } else if !headers.contains_key(header::AUTHORIZATION) {
            match &self.login {
                Auth::None => {}
                Auth::Login(login) => {
                    headers.insert(header::AUTHORIZATION, login.header()?);
                }
                Auth::Token(source) => {
                    headers.insert(header::AUTHORIZATION, source.header().await?);
                }
            }
        }
        if !next.with_body {
            for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LENGTH] {
                headers.remove(name);
            }
        }
        let body = if next.with_body { request.body.clone() } else { Bytes::new() };
        Ok(Outgoing {
            method: next.method.clone(),
            url: &next.url,
            headers,
            body,
            unix_socket: request.unix_socket.as_deref(),
        })
    }
}
