//! One connection to systemd, kept as long as it works.
//!
//! The connection is replaced after an I/O error and after a deadline, because a peer that did not
//! answer in time may answer the next question with the last one's reply still queued. A connection
//! that turns out to be dead is replaced within the same call once, so that a restart of the bus does
//! not cost a scrape.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use zbus::Connection;
use zbus::connection::Builder;
use zbus::message::Message;

use crate::error::Error;
use crate::private_socket::PrivateSocket;

/// Is what error messages call the opening of a connection.
pub(crate) const CONNECT: &str = "connect";

pub(crate) const DESTINATION: &str = "org.freedesktop.systemd1";
const PRIVATE_SOCKET: &str = "/run/systemd/private";

/// Says where systemd is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bus {
    /// Is the system bus, and systemd's own socket where there is no bus and this process may use it.
    System,
    /// Is the bus of the user who runs this process, as `DBUS_SESSION_BUS_ADDRESS` names it.
    User,
    /// Is systemd's own socket, without a bus in between.
    Private(PathBuf),
}

impl Bus {
    /// Names systemd's own socket at its usual place.
    pub fn private() -> Self {
        Self::Private(PathBuf::from(PRIVATE_SOCKET))
    }
}

/// Asks systemd, over one connection that is kept.
#[derive(Debug)]
pub struct Client {
    bus: Bus,
    deadline: Duration,
    link: Mutex<Option<Link>>,
}

/// Is an open connection, and the name under which systemd is found there.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) connection: Connection,
    destination: Option<&'static str>,
}

impl Client {
    /// Makes a client that connects on its first call and waits at most `deadline` per call.
    pub fn new(bus: Bus, deadline: Duration) -> Self {
        Self { bus, deadline, link: Mutex::new(None) }
    }

    /// Makes the call and hands back systemd's reply.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Message, Error> {
        let (link, fresh) = self.link().await?;
        match self.call_on(&link, call).await {
            Err(Error::Call { source, .. }) if is_broken(&source) => {
                self.forget(&link).await;
                if fresh {
                    return Err(Error::Call { method: call.label, source });
                }
                let (link, _) = self.link().await?;
                self.call_on(&link, call).await
            }
            Err(error @ Error::TimedOut { .. }) => {
                self.forget(&link).await;
                Err(error)
            }
            answer => answer,
        }
    }

    /// Makes the call on a connection and waits for the reply, at most until the deadline.
    pub(crate) async fn call_on(&self, link: &Link, call: Call<'_>) -> Result<Message, Error> {
        match timeout(self.deadline, link.send(call)).await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(source)) => Err(Error::Call { method: call.label, source: Box::new(source) }),
            Err(_) => Err(Error::TimedOut { method: call.label, after: self.deadline }),
        }
    }

    /// Opens a connection that nobody else uses.
    pub(crate) async fn open(&self) -> Result<Link, Error> {
        match timeout(self.deadline, connect(&self.bus)).await {
            Ok(connected) => {
                connected.map_err(|source| Error::Unreachable { source: Box::new(source) })
            }
            Err(_) => Err(Error::TimedOut { method: CONNECT, after: self.deadline }),
        }
    }

    /// Gives the kept connection, or a new one and `true`.
    async fn link(&self) -> Result<(Link, bool), Error> {
        let mut kept = self.link.lock().await;
        if let Some(link) = &*kept {
            return Ok((link.clone(), false));
        }
        let link = self.open().await?;
        *kept = Some(link.clone());
        Ok((link, true))
    }

    async fn forget(&self, broken: &Link) {
        let mut kept = self.link.lock().await;
        let same = kept.as_ref().is_some_and(|link| {
            link.connection.server_guid() == broken.connection.server_guid()
                && link.connection.unique_name() == broken.connection.unique_name()
        });
        if same {
            *kept = None;
        }
    }
}

/// Names one D-Bus method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) path: &'a str,
    pub(crate) interface: &'static str,
    pub(crate) member: &'static str,
    pub(crate) arguments: Arguments<'a>,
    /// What error messages call it.
    pub(crate) label: &'static str,
}

/// Are the arguments of a method.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arguments<'a> {
    None,
    Text(&'a str),
    Texts(&'a str, &'a str),
    Number(u32),
}

impl Link {
    async fn send(&self, call: Call<'_>) -> zbus::Result<Message> {
        let Call { path, interface, member, arguments, .. } = call;
        let (to, interface) = (self.destination, Some(interface));
        let connection = &self.connection;
        match arguments {
            Arguments::None => connection.call_method(to, path, interface, member, &()).await,
            Arguments::Text(text) => {
                connection.call_method(to, path, interface, member, &text).await
            }
            Arguments::Texts(first, second) => {
                connection.call_method(to, path, interface, member, &(first, second)).await
            }
            Arguments::Number(number) => {
                connection.call_method(to, path, interface, member, &number).await
            }
        }
    }
}

async fn connect(bus: &Bus) -> zbus::Result<Link> {
    match bus {
        Bus::Private(path) => connect_private(path).await,
        Bus::User => {
            let connection = Builder::session().build().await?;
            Ok(Link { connection, destination: Some(DESTINATION) })
        }
        Bus::System => match Builder::system().build().await {
            Ok(connection) => Ok(Link { connection, destination: Some(DESTINATION) }),
            Err(error) => {
                tracing::debug!(%error, "no system bus, trying systemd's own socket");
                // The bus' own error says more to an operator than "permission denied" on a fallback.
                connect_private(Path::new(PRIVATE_SOCKET)).await.map_err(|_| error)
            }
        },
    }
}

async fn connect_private(path: &Path) -> zbus::Result<Link> {
    let stream = tokio::net::UnixStream::connect(path).await?;
    let connection = Builder::socket(PrivateSocket(stream)).p2p().build().await?;
    Ok(Link { connection, destination: None })
}

fn is_broken(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::InputOutput(source) => source.kind() != io::ErrorKind::InvalidInput,
        zbus::Error::FDO(fdo) => {
            matches!(**fdo, zbus::fdo::Error::Disconnected(_) | zbus::fdo::Error::NoReply(_))
        }
        _ => false,
    }
}
