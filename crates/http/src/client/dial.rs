//! Opens TCP and Unix connections.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream, lookup_host};

use crate::client::error::Cause;

/// Is the head start of the first address family over the other (RFC 8305), as in Go.
const FALLBACK_DELAY: Duration = Duration::from_millis(300);

/// Connects to a host by name or address.
pub(crate) async fn tcp(host: &str, port: u16) -> Result<TcpStream, Cause> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return connect(SocketAddr::new(address, port)).await;
    }
    let found = lookup_host((host, port)).await;
    let found = found
        .map_err(|source| Cause::Lookup { host: host.to_owned(), source: Arc::new(source) })?;
    let all: Vec<SocketAddr> = found.collect();
    let first_is_v4 = all.first().is_some_and(SocketAddr::is_ipv4);
    let (first, other): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    if other.is_empty() {
        return in_turn(host, &first).await;
    }
    race(in_turn(host, &first), in_turn(host, &other)).await
}

/// Connects to a socket in the file system.
pub(crate) async fn unix(path: &Path) -> Result<UnixStream, Cause> {
    UnixStream::connect(path).await.map_err(|source| Cause::Dial {
        network: "unix",
        address: path.display().to_string(),
        source: Arc::new(source),
    })
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Cause> {
    let stream = TcpStream::connect(address).await.map_err(|source| Cause::Dial {
        network: "tcp",
        address: address.to_string(),
        source: Arc::new(source),
    })?;
    // Without it, a request that does not fit in one segment waits for an acknowledgement.
    stream.set_nodelay(true).map_err(|source| Cause::Io(Arc::new(source)))?;
    Ok(stream)
}

/// Tries addresses one after the other; the first failure is the one to report.
async fn in_turn(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, Cause> {
    let mut failure = None;
    for address in addresses {
        match connect(*address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| Cause::Lookup {
        host: host.to_owned(),
        source: Arc::new(io::Error::other("no such host")),
    }))
}

/// Runs `first`, and beside it `other` once `first` failed or took too long.
async fn race(
    first: impl Future<Output = Result<TcpStream, Cause>>,
    other: impl Future<Output = Result<TcpStream, Cause>>,
) -> Result<TcpStream, Cause> {
    let (mut first, mut other) = (pin!(first), pin!(other));
    match tokio::time::timeout(FALLBACK_DELAY, &mut first).await {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(failure)) => return other.await.map_err(|_| failure),
        Err(_) => {}
    }
    tokio::select! {
        result = &mut first => match result {
            Ok(stream) => Ok(stream),
            Err(failure) => other.await.map_err(|_| failure),
        },
        result = &mut other => match result {
            Ok(stream) => Ok(stream),
            Err(_) => first.await,
        },
    }
}
