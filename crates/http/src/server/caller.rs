//! Who makes a request.

use std::net::SocketAddr;

/// Is with each request as an extension: where it comes from, and whether the server knows from whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// Whether a login or a certificate of a trusted authority was needed to come here.
    pub is_known: bool,
}

impl Caller {
    /// Says whether the request comes from this host.
    pub fn is_local(&self) -> bool {
        self.peer.ip().to_canonical().is_loopback()
    }
}
