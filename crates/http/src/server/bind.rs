//! Opens listeners under addresses as Go writes them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::os_text::os_text;

/// Is how many connections the kernel holds until they are accepted; it lowers this to its own limit.
const BACKLOG: i32 = 4096;

/// Is an open listener.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// Says why a listener cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is not an address.
    #[error("listen tcp: address {address}: {reason}")]
    Address {
        /// The address as configured.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The host of the address is not known.
    #[error("listen tcp: lookup {host}: {}", os_text(.source))]
    Lookup {
        /// The host.
        host: String,
        /// Why not.
        source: io::Error,
    },
    /// The system refuses the address: it is taken, not of this machine, or not for this user.
    #[error("listen tcp {address}: bind: {}", os_text(.source))]
    Refused {
        /// The address as configured.
        address: String,
        /// Why not.
        source: io::Error,
    },
}

/// Opens a listener on `host:port`. Without a host, or on the unspecified address, it takes both
/// families, as Go does; port 0 takes a free one. Needs a tokio runtime.
pub fn bind(address: &str) -> Result<Bound, BindError> {
    let (host, port) = split(address)?;
    let refused = |source| BindError::Refused { address: address.to_owned(), source };
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let listener = match bare.parse::<IpAddr>() {
        Ok(ip) if ip.is_unspecified() => open_both(port),
        Ok(ip) => open(SocketAddr::new(ip, port), false),
        Err(_) if bare.is_empty() => open_both(port),
        Err(_) => {
            let lookup = |source| BindError::Lookup { host: bare.to_owned(), source };
            // Like Go, a name means its first address, an IPv4 one if there is any.
            let found: Vec<_> = (bare, port).to_socket_addrs().map_err(lookup)?.collect();
            let chosen = found.iter().find(|found| found.is_ipv4()).or(found.first());
            let chosen = chosen.ok_or_else(|| lookup(io::Error::other("no such host")))?;
            open(*chosen, false)
        }
    };
    let listener = listener.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok(Bound { listener, address })
}

impl Bound {
    /// Takes a listener that somebody else opened, such as systemd. Needs a tokio runtime.
    pub fn adopt(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Returns the real address, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.listener.accept().await?;
        // Small answers must not wait for the acknowledgement of earlier ones.
        stream.set_nodelay(true)?;
        Ok((stream, peer))
    }
}

fn split(address: &str) -> Result<(&str, u16), BindError> {
    let wrong = |reason| BindError::Address { address: address.to_owned(), reason };
    let (host, port) = address.rsplit_once(':').ok_or_else(|| wrong("missing port in address"))?;
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err(wrong("too many colons in address"));
    }
    let port = if port.is_empty() { 0 } else { port.parse().map_err(|_| wrong("invalid port"))? };
    Ok((host, port))
}

fn open_both(port: u16) -> io::Result<TcpListener> {
    // A kernel without IPv6 refuses the first; a taken port is refused by both.
    open(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), true)
        .or_else(|_| open(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port), false))
}

fn open(address: SocketAddr, both_families: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(!both_families)?;
    }
    // A restarted server must not wait for the connections of its predecessor to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = bind("127.0.0.1:0").unwrap();
        let address = first.address().to_string();
        let error = bind(&address).unwrap_err().to_string();
        assert_eq!(error, format!("listen tcp {address}: bind: address already in use"));
    }

    #[tokio::test]
    async fn the_unspecified_address_takes_ipv4_too() {
        for address in [":0", "0.0.0.0:0", "[::]:0"] {
            let bound = bind(address).unwrap();
            let port = bound.address().port();
            TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        }
        let named = bind("localhost:0").unwrap();
        assert!(named.address().ip().is_loopback());
    }

    #[tokio::test]
    async fn a_wrong_address_is_explained() {
        for (address, text) in [
            ("9090", "listen tcp: address 9090: missing port in address"),
            ("::1:9090", "listen tcp: address ::1:9090: too many colons in address"),
            ("a:b", "listen tcp: address a:b: invalid port"),
        ] {
            assert_eq!(bind(address).unwrap_err().to_string(), text);
        }
    }
}
