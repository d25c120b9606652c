//! Sends one request over a pool of connections, and starts a new pool when a certificate changes.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{self, Entry};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor as _;
use hyper_util::rt::TokioTimer;
use rustls::pki_types::ServerName;
use url::{Position, Url};

use crate::client::config::{ProxyConfig, Secret, TlsConfig};
use crate::client::connector::{Connector, io_cause};
use crate::client::error::{BuildError, Cause, TlsSetupError};
use crate::client::executor::Executor;
use crate::client::link::{Failure, Link, Message};
use crate::client::metrics::Dialer;
use crate::client::place::Place;
use crate::client::pool::{Host, Lease, Pool, Shared};
use crate::client::proxy::ProxyRoutes;
use crate::client::tls::{TlsMaterial, TlsSources};
use crate::client::tunnel;
use crate::cpu::CpuMeter;

/// Is the largest read from an HTTP/1.1 connection. Reads start at 8 kB and grow while they are
/// filled, so that an idle connection to a small target stays small.
const READ_BYTES_MAX: usize = 256 << 10;

/// Is how long an HTTP/2 connection may be silent before it is asked for a sign of life, as in upstream.
const HTTP2_PING_INTERVAL: Duration = Duration::from_mins(1);

/// Is the HTTP/2 window of a stream. Upstream's library takes 4 MiB.
const HTTP2_STREAM_WINDOW_BYTES: u32 = 4 << 20;

/// Is an answer whose body is still to come; over the connection beside it, unless that has a task of its own.
pub(crate) type Answered = (http::Response<Incoming>, Option<Lease>);

/// Says how connections are opened and kept.
pub(crate) struct TransportSettings<'a> {
    pub(crate) tls: &'a TlsConfig,
    pub(crate) proxy: &'a ProxyConfig,
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) http2: bool,
    /// Idle connections are closed after this time; zero keeps none.
    pub(crate) idle_timeout: Duration,
    pub(crate) dialer: Option<Dialer>,
    /// Measures the tasks of connections.
    pub(crate) cpu: Option<CpuMeter>,
}

/// Sends requests.
pub(crate) struct Transport {
    opener: Opener,
    current: ArcSwap<Connections>,
}

/// Says how to open connections with the certificates of one moment.
struct Opener {
    tls: TlsConfig,
    sources: TlsSources,
    http2: bool,
    idle_timeout: Duration,
    server_name: Option<ServerName<'static>>,
    routes: Arc<ProxyRoutes>,
    proxy_headers: HeaderMap,
    dialer: Option<Dialer>,
    cpu: Option<CpuMeter>,
}

/// Opens connections with the same certificates, and keeps them.
struct Connections {
    material: TlsMaterial,
    connector: Connector,
    http1: http1::Builder,
    http2: http2::Builder<Executor>,
    executor: Executor,
    pool: Arc<Pool>,
}

/// Is what one exchange sends.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) unix_socket: Option<&'a Path>,
}

impl Opener {
    fn connections(&self, material: TlsMaterial) -> Result<Connections, TlsSetupError> {
        let connector = Connector {
            tls: Arc::new(self.sources.build(&self.tls, &material, self.http2)?),
            server_name: self.server_name.clone(),
            routes: Arc::clone(&self.routes),
            proxy_headers: self.proxy_headers.clone(),
            dialer: self.dialer.clone(),
        };
        let executor = Executor { cpu: self.cpu.clone() };
        let mut http1 = http1::Builder::new();
        http1.max_buf_size(READ_BYTES_MAX);
        let mut http2 = http2::Builder::new(executor.clone());
        http2
            .timer(TokioTimer::new())
            .initial_stream_window_size(HTTP2_STREAM_WINDOW_BYTES)
            .keep_alive_interval(HTTP2_PING_INTERVAL);
        let pool = Arc::new(Pool::new(self.idle_timeout, executor.clone()));
        Ok(Connections { material, connector, http1, http2, executor, pool })
    }
}

impl Connections {
    /// Sends a message; again where the connection had been closed before anything of it was sent.
    async fn send(&self, mut message: Message, place: &Place<'_>) -> Result<Answered, Failure> {
        loop {
            match self.send_once(message, place).await {
                Err(Failure { was_reused: true, unsent: Some(unsent), .. }) => message = *unsent,
                outcome => return outcome,
            }
        }
    }

    /// Sends a message over a connection that is there, or over a new one.
    async fn send_once(&self, message: Message, place: &Place<'_>) -> Result<Answered, Failure> {
        let host = place.host();
        if let Some(lease) = self.pool.lend(host) {
            return over_own(lease, message, place).await;
        }
        if let Some(shared) = self.pool.shared(host) {
            return over_shared(shared, true, message, place).await;
        }
        let uri = place.absolute()?;
        let connection = self.connector.open(&uri).await?;
        let host = Arc::new(Host { https: host.https, authority: host.authority.into() });
        if connection.facts.http2 {
            let opened = self.http2.handshake(connection).await;
            let (shared, task) = opened.map_err(|error| cause_of(&error))?;
            self.executor.execute(task);
            return over_shared(self.pool.share(host, shared), false, message, place).await;
        }
        let link = Link::open(&self.http1, host, connection).await?;
        over_own(self.pool.lease(Box::new(link)), message, place).await
    }
}

/// Sends a message over a connection that it has to itself.
async fn over_own(
    mut lease: Lease,
    mut message: Message,
    place: &Place<'_>,
) -> Result<Answered, Failure> {
    let link = lease.link();
    if let Entry::Vacant(host) = message.headers_mut().entry(header::HOST) {
        let name = HeaderValue::from_str(place.host().authority);
        host.insert(name.map_err(|_| Cause::Header("Host".to_owned()))?);
    }
    *message.uri_mut() = if link.proxied { place.absolute()? } else { place.origin()? };
    let answer = link.send(message).await?;
    Ok((answer, Some(lease)))
}

/// Sends a message over a connection that others use, too.
async fn over_shared(
    mut shared: Shared,
    was_reused: bool,
    mut message: Message,
    place: &Place<'_>,
) -> Result<Answered, Failure> {
    *message.uri_mut() = place.absolute()?;
    match shared.try_send_request(message).await {
        Ok(answer) => Ok((answer, None)),
        Err(error) => Err(Failure::of(error, was_reused)),
    }
}

impl Transport {
    pub(crate) fn new(settings: TransportSettings<'_>) -> Result<Self, BuildError> {
        let TransportSettings { tls, proxy, environment, http2, idle_timeout, dialer, cpu } =
            settings;
        let sources = TlsSources::new(tls);
        let material = sources.read()?;
        let server_name = match tls.server_name.as_str() {
            "" => None,
            name => Some(
                ServerName::try_from(name.to_owned())
                    .map_err(|_| BuildError::ServerName(name.to_owned()))?,
            ),
        };
        let opener = Opener {
            tls: tls.clone(),
            sources,
            http2,
            idle_timeout,
            server_name,
            routes: Arc::new(ProxyRoutes::new(proxy, environment)?),
            proxy_headers: proxy_headers(&proxy.proxy_connect_header)?,
            dialer,
            cpu,
        };
        let current = ArcSwap::from_pointee(opener.connections(material)?);
        Ok(Self { opener, current })
    }

    /// Returns the connections that fit the files as they are now.
    fn up_to_date(&self) -> Result<Arc<Connections>, Cause> {
        let current = self.current.load_full();
        if !self.opener.sources.has_files() {
            return Ok(current);
        }
        let material =
            self.opener.sources.read().map_err(|error| Cause::TlsSetup(Box::new(error)))?;
        if material.is_same(&current.material) {
            return Ok(current);
        }
        let fresh =
            self.opener.connections(material).map_err(|error| Cause::TlsSetup(Box::new(error)))?;
        let fresh = Arc::new(fresh);
        self.current.store(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(&self, mut outgoing: Outgoing<'_>) -> Result<Answered, Failure> {
        let connections = self.up_to_date()?;
        let place = Place::of(&outgoing)?;
        self.complete_headers(&mut outgoing)?;
        let mut message = Message::new(Full::new(outgoing.body));
        *message.method_mut() = outgoing.method;
        *message.headers_mut() = outgoing.headers;
        connections.send(message, &place).await
    }

    /// Adds what follows from the URL: its login, the host behind a Unix socket, the proxy's login.
    fn complete_headers(&self, outgoing: &mut Outgoing<'_>) -> Result<(), Cause> {
        let Outgoing { url, headers, unix_socket, .. } = outgoing;
        if let Some(login) = tunnel::authorization(url)
            && !headers.contains_key(header::AUTHORIZATION)
        {
            headers.insert(header::AUTHORIZATION, login);
        }
        if unix_socket.is_some() {
            if !headers.contains_key(header::HOST) {
                let host = &url[Position::BeforeHost..Position::AfterPort];
                let host =
                    HeaderValue::from_str(host).map_err(|_| Cause::Header("Host".to_owned()))?;
                headers.insert(header::HOST, host);
            }
        } else if url.scheme() == "http"
            && let Some(login) = self.opener.routes.proxy_for(url).and_then(tunnel::authorization)
        {
            headers.insert(header::PROXY_AUTHORIZATION, login);
        }
        Ok(())
    }
}

fn proxy_headers(config: &BTreeMap<String, Vec<Secret>>) -> Result<HeaderMap, BuildError> {
    let mut headers = HeaderMap::new();
    for (name, values) in config {
        let invalid = || BuildError::Header(name.clone());
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        for value in values {
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| invalid())?;
            value.set_sensitive(true);
            headers.append(parsed.clone(), value);
        }
    }
    Ok(headers)
}

/// Finds the reason in a chain of wrapped errors.
pub(crate) fn cause_of(error: &hyper::Error) -> Cause {
    let mut next = Some(error as &(dyn std::error::Error + 'static));
    let mut malformed = None;
    while let Some(error) = next {
        if let Some(cause) = error.downcast_ref::<Cause>() {
            return cause.clone();
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return io_cause_ref(error);
        }
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
                return Cause::Closed;
            }
            malformed = malformed.or_else(|| Some(error.to_string()));
        }
        next = error.source();
    }
    Cause::Malformed(malformed.unwrap_or_else(|| error.to_string()))
}

/// Finds the reason why a body broke off.
pub(crate) fn body_cause(error: &hyper::Error) -> Cause {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match io_cause_ref(error) {
                Cause::Closed => Cause::Truncated,
                other => other,
            };
        }
        next = error.source();
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_body_write_aborted() {
        return Cause::Truncated;
    }
    Cause::Malformed(error.to_string())
}

/// Does the same as [`io_cause`] for an error that belongs to somebody else.
fn io_cause_ref(error: &io::Error) -> Cause {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return io_cause(io::Error::other(tls.clone()));
    }
    io_cause(match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    })
}
