//! Serves one connection: handshake, protocol, end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::server::ServerSettings;
use crate::server::activity::Activity;
use crate::server::request::Requests;
use crate::server::site::Site;
use crate::server::web_config::WebConfigFile;
use crate::tls::HANDSHAKE_TIMEOUT;

/// Is the most requests that one HTTP/2 connection carries at once, as in Go.
const HTTP2_STREAMS_MAX: u32 = 250;

/// Serves the connections of a server.
#[derive(Debug)]
pub(crate) struct Connections {
    requests: Arc<Requests>,
    settings: ServerSettings,
    /// Fixed at the start, as in upstream: a reloaded `web.yml` cannot turn TLS on or off.
    tls: bool,
    stop: CancellationToken,
    cut_off: CancellationToken,
}

impl Connections {
    pub(crate) fn new(
        site: Site,
        settings: ServerSettings,
        stop: CancellationToken,
        cut_off: CancellationToken,
    ) -> Self {
        let web_config = settings.web_config.clone();
        let tls = web_config.as_ref().is_some_and(WebConfigFile::has_tls);
        let requests = Arc::new(Requests::new(site, web_config, settings.read_timeout));
        Self { requests, settings, tls, stop, cut_off }
    }

    pub(crate) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Serves a connection to its end.
    pub(crate) async fn serve(&self, stream: TcpStream, peer: SocketAddr) {
        tokio::select! {
            () = self.cut_off.cancelled() => {}
            outcome = self.run(stream, peer) => if let Err(error) = outcome {
                tracing::debug!(peer = %peer, err = %error, "Connection ended");
            }
        }
    }

    async fn run(&self, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        if !self.tls {
            return self.http1(stream, peer).await;
        }
        let handshake = timeout(HANDSHAKE_TIMEOUT, self.handshake(stream));
        let stream = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            stream = handshake => stream.map_err(|_| io::ErrorKind::TimedOut)??,
        };
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            self.http2(stream, peer).await
        } else {
            self.http1(stream, peer).await
        }
    }

    async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let web_config = self.settings.web_config.as_ref();
        let tls = web_config.map(WebConfigFile::tls).transpose();
        let tls = tls.map_err(|error| {
            tracing::error!(err = %error, "Unable to parse configuration");
            io::Error::other(error)
        })?;
        let tls = tls.flatten().ok_or_else(|| io::Error::other("TLS config is not present"))?;
        TlsAcceptor::from(tls).accept(stream).await
    }

    async fn http1<S>(&self, stream: S, peer: SocketAddr) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new();
        let service = service_fn(|request| self.requests.answer(request, peer, activity.start()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.settings.read_timeout)
            .serve_connection(TokioIo::new(stream), service);
        self.drive(connection, http1::Connection::graceful_shutdown, &activity).await
    }

    async fn http2<S>(&self, stream: S, peer: SocketAddr) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new();
        let requests = Arc::clone(&self.requests);
        let started = activity.clone();
        let service = service_fn(move |request| {
            let requests = Arc::clone(&requests);
            let under_way = started.start();
            async move { requests.answer(request, peer, under_way).await }
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS_MAX)
            .serve_connection(TokioIo::new(stream), service);
        self.drive(connection, http2::Connection::graceful_shutdown, &activity).await
    }

    /// Runs a connection until it ends, is idle for too long, or finished its requests after the stop.
    async fn drive<C>(
        &self,
        connection: C,
        shut_down: impl Fn(Pin<&mut C>),
        activity: &Activity,
    ) -> io::Result<()>
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            outcome = connection.as_mut() => return outcome.map_err(io::Error::other),
            () = activity.idle_for(self.settings.read_timeout) => return Ok(()),
            () = self.stop.cancelled() => {}
        }
        shut_down(connection.as_mut());
        connection.await.map_err(io::Error::other)
    }
}
