//! Sends one request over a pool of connections, and starts a new pool when a certificate changes.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::TokioTimer;
use rustls::pki_types::ServerName;
use url::{Position, Url};

use crate::client::config::{ProxyConfig, Secret, TlsConfig};
use crate::client::connection::Reused;
use crate::client::connector::{Connector, Settings, io_cause, unix_host};
use crate::client::error::{BuildError, Cause, TlsSetupError};
use crate::client::executor::Executor;
use crate::client::metrics::Dialer;
use crate::client::proxy::ProxyRoutes;
use crate::client::tls::{TlsMaterial, TlsSources};
use crate::client::tunnel;
use crate::cpu::CpuMeter;

/// Is how many idle connections are kept for one host, as in upstream.
const IDLE_PER_HOST_MAX: usize = 1000;

/// Is the largest read from an HTTP/1.1 connection. Reads start at 8 kB and grow while they are
/// filled, so that an idle connection to a small target stays small.
const READ_BYTES_MAX: usize = 256 << 10;

/// Is how long an HTTP/2 connection may be silent before it is asked for a sign of life, as in upstream.
const HTTP2_PING_INTERVAL: Duration = Duration::from_mins(1);

/// Is the HTTP/2 window of a stream. Upstream's library takes 4 MiB.
const HTTP2_STREAM_WINDOW_BYTES: u32 = 4 << 20;

type HyperClient = legacy::Client<Connector, Full<Bytes>>;

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
    current: ArcSwap<Pool>,
}

/// Makes pools.
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

/// Holds the connections that were opened with the same certificates.
struct Pool {
    material: TlsMaterial,
    client: HyperClient,
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
    fn pool(&self, material: TlsMaterial) -> Result<Pool, TlsSetupError> {
        let connector = Connector::new(Settings {
            tls: Arc::new(self.sources.build(&self.tls, &material, self.http2)?),
            server_name: self.server_name.clone(),
            routes: Arc::clone(&self.routes),
            proxy_headers: self.proxy_headers.clone(),
            dialer: self.dialer.clone(),
        });
        let kept = if self.idle_timeout.is_zero() { 0 } else { IDLE_PER_HOST_MAX };
        let client = legacy::Client::builder(Executor { cpu: self.cpu.clone() })
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(kept)
            .http1_max_buf_size(READ_BYTES_MAX)
            .http2_initial_stream_window_size(HTTP2_STREAM_WINDOW_BYTES)
            .http2_keep_alive_interval(HTTP2_PING_INTERVAL)
            .build(connector);
        Ok(Pool { material, client })
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
        let current = ArcSwap::from_pointee(opener.pool(material)?);
        Ok(Self { opener, current })
    }

    /// Returns the connections that fit the files as they are now.
    fn up_to_date(&self) -> Result<Arc<Pool>, Cause> {
        let current = self.current.load_full();
        if !self.opener.sources.has_files() {
            return Ok(current);
        }
        let material =
            self.opener.sources.read().map_err(|error| Cause::TlsSetup(Box::new(error)))?;
        if material.is_same(&current.material) {
            return Ok(current);
        }
        let fresh = self.opener.pool(material).map_err(|error| Cause::TlsSetup(Box::new(error)))?;
        let fresh = Arc::new(fresh);
        self.current.store(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(
        &self,
        mut outgoing: Outgoing<'_>,
    ) -> Result<http::Response<Incoming>, Cause> {
        let pool = self.up_to_date()?;
        let uri = uri_of(outgoing.url, outgoing.unix_socket)?;
        self.complete_headers(&mut outgoing)?;
        let mut may_retry = matches!(outgoing.method, Method::GET | Method::HEAD);
        loop {
            let mut request = http::Request::new(Full::new(outgoing.body.clone()));
            *request.method_mut() = outgoing.method.clone();
            *request.uri_mut() = uri.clone();
            *request.headers_mut() = outgoing.headers.clone();
            let error = match pool.client.request(request).await {
                Ok(answer) => {
                    if let Some(reused) = answer.extensions().get::<Reused>() {
                        reused.mark();
                    }
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let cause = cause_of(&error);
            // The server closed an idle connection at the same moment; Go tries again too.
            if !(may_retry && was_reused(&error) && matches!(cause, Cause::Closed | Cause::Io(_))) {
                return Err(cause);
            }
            may_retry = false;
        }
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

/// Returns the URL without login and fragment, as a request line wants it.
fn uri_of(url: &Url, unix_socket: Option<&Path>) -> Result<Uri, Cause> {
    let scheme = url.scheme();
    if !matches!(scheme, "http" | "https") {
        return Err(Cause::Url(format!("unsupported protocol scheme {scheme:?}")));
    }
    let text = match unix_socket {
        Some(path) => {
            let rest = &url[Position::BeforePath..Position::AfterQuery];
            format!("{scheme}://{}{rest}", unix_host(path))
        }
        None => format!("{scheme}://{}", &url[Position::BeforeHost..Position::AfterQuery]),
    };
    text.parse().map_err(|error: http::uri::InvalidUri| Cause::Url(error.to_string()))
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

fn was_reused(error: &legacy::Error) -> bool {
    let mut facts = Extensions::new();
    if let Some(connected) = error.connect_info() {
        connected.get_extras(&mut facts);
    }
    facts.get::<Reused>().is_some_and(Reused::get)
}

/// Finds the reason in a chain of wrapped errors.
fn cause_of(error: &legacy::Error) -> Cause {
    let mut next = error.source();
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
