//! Opens the connection for a URL: directly, through a proxy, or to a Unix socket; with or without TLS.

use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::{HeaderMap, Uri};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

use crate::client::connection::{Connection, Counted, Facts, Stream};
use crate::client::error::Cause;
use crate::client::metrics::Dialer;
use crate::client::proxy::ProxyRoutes;
use crate::client::{dial, tunnel};
use crate::tls::HANDSHAKE_TIMEOUT;
use crate::tls::error_text::alert_in;

/// Ends the host under which a Unix socket goes through hyper, in whose URLs there are only hosts. The name
/// cannot be a real one (RFC 6761).
const UNIX_SUFFIX: &str = ".unix-socket.invalid";

/// Opens connections.
pub(crate) struct Connector {
    pub(crate) tls: Arc<rustls::ClientConfig>,
    pub(crate) server_name: Option<ServerName<'static>>,
    pub(crate) routes: Arc<ProxyRoutes>,
    pub(crate) proxy_headers: HeaderMap,
    pub(crate) dialer: Option<Dialer>,
}

/// Returns the host that stands for a Unix socket.
pub(crate) fn unix_host(path: &Path) -> String {
    let mut host = String::new();
    for byte in path.as_os_str().as_bytes() {
        host.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        host.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
    }
    host.push_str(UNIX_SUFFIX);
    host
}

fn unix_path(host: &str) -> Option<PathBuf> {
    let digits = host.strip_suffix(UNIX_SUFFIX)?.as_bytes();
    let nibble =
        |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| Some(nibble(*pair.first()?)? << 4 | nibble(*pair.get(1)?)?))
        .collect();
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes?)))
}

impl Connector {
    /// Opens a connection for what an absolute URL names.
    pub(crate) async fn open(&self, uri: &Uri) -> Result<Connection, Cause> {
        let host = uri.host().unwrap_or_default();
        let https = uri.scheme_str() == Some("https");
        if let Some(path) = unix_path(host) {
            let stream = self.counted(dial::unix(&path)).await?;
            return self.finish(stream, "localhost", https).await;
        }
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let target = Url::parse(&uri.to_string()).map_err(|error| Cause::Url(error.to_string()))?;
        let Some(proxy) = self.routes.proxy_for(&target) else {
            let stream = self.counted(dial::tcp(host, port)).await?;
            return self.finish(stream, host, https).await;
        };
        let mut stream = self.to_proxy(proxy).await?;
        if !https {
            return Ok(Connection::new(stream, Facts { http2: false, proxied: true }));
        }
        tunnel::open(&mut stream, host, port, proxy, &self.proxy_headers).await?;
        self.finish(stream, host, https).await
    }

    async fn to_proxy(&self, proxy: &Url) -> Result<Box<dyn Stream>, Cause> {
        let host = proxy.host_str().unwrap_or_default();
        let port = proxy.port_or_known_default().unwrap_or(80);
        let stream = self.counted(dial::tcp(host, port)).await?;
        if proxy.scheme() != "https" {
            return Ok(stream);
        }
        // A proxy is spoken to in HTTP/1.1, so nothing else is offered.
        let mut tls = (*self.tls).clone();
        tls.alpn_protocols.clear();
        let name = server_name(host)?;
        Ok(Box::new(handshake(Arc::new(tls), name, stream).await?))
    }

    /// Adds TLS where it is due.
    async fn finish(
        &self,
        stream: Box<dyn Stream>,
        host: &str,
        https: bool,
    ) -> Result<Connection, Cause> {
        if !https {
            return Ok(Connection::new(stream, Facts::default()));
        }
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => server_name(host)?,
        };
        let stream = handshake(Arc::clone(&self.tls), name, stream).await?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Connection::new(Box::new(stream), Facts { http2, proxied: false }))
    }

    async fn counted<S: Stream + 'static>(
        &self,
        dial: impl Future<Output = Result<S, Cause>>,
    ) -> Result<Box<dyn Stream>, Cause> {
        let Some(dialer) = &self.dialer else {
            return Ok(Box::new(dial.await?));
        };
        dialer.attempted.inc();
        match dial.await {
            Ok(stream) => {
                dialer.established.inc();
                Ok(Box::new(Counted::new(stream, dialer.closed.clone())))
            }
            Err(cause) => {
                failure(dialer, &cause).inc();
                Err(cause)
            }
        }
    }
}

fn failure<'a>(dialer: &'a Dialer, cause: &Cause) -> &'a regain_metrics::Counter {
    match cause {
        Cause::Lookup { .. } => &dialer.resolution,
        Cause::Dial { source, .. } => match source.kind() {
            io::ErrorKind::ConnectionRefused => &dialer.refused,
            io::ErrorKind::TimedOut => &dialer.timeout,
            _ => &dialer.unknown,
        },
        _ => &dialer.unknown,
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, Cause> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned())
        .map_err(|_| Cause::Url(format!("invalid host name {bare:?}")))
}

async fn handshake<S: Stream>(
    tls: Arc<rustls::ClientConfig>,
    name: ServerName<'static>,
    stream: S,
) -> Result<TlsStream<S>, Cause> {
    let handshake = TlsConnector::from(tls).connect(name, stream);
    let done = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await;
    done.map_err(|_| Cause::TlsTimeout)?.map_err(io_cause)
}

/// Finds what an I/O error stands for; rustls' errors travel in I/O errors.
pub(crate) fn io_cause(error: io::Error) -> Cause {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return match tls {
            rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
                Cause::PlainServer
            }
            other => Cause::Tls(other.clone()),
        };
    }
    if let Some(alert) = alert_in(&error.to_string()) {
        return Cause::Tls(rustls::Error::AlertReceived(alert));
    }
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Cause::Closed;
    }
    Cause::Io(Arc::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unix_socket_travels_as_a_host() {
        let path = Path::new("/run/Näme.sock");
        let host = unix_host(path);
        assert_eq!(unix_path(&host).as_deref(), Some(path));
        assert_eq!(unix_path("a.example"), None);
        assert!(format!("http://{host}/metrics").parse::<Uri>().is_ok());
    }
}
