//! The sockets that a part listens on: ports that it opens, or what systemd passes on.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;

use regain_http::server::bind::{BindError, Bound, bind};
use regain_http::server::web_config::{WebConfigError, WebConfigFile};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags};

use crate::environment;
use crate::flags::Line;

/// As many connections as the system allows.
pub(crate) const UNLIMITED: usize = usize::MAX;

/// The number of the first socket that systemd passes on.
const FIRST_PASSED_FD: i32 = 3;

/// Why a part cannot listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// A port is taken, or an address is none.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The file with the TLS and login settings cannot be used.
    #[error(transparent)]
    WebConfig(#[from] WebConfigError),
    /// Sockets of virtual machines are not built.
    #[error("{0}: listening on vsock is not built yet")]
    Vsock(String),
    /// Systemd passed on nothing.
    #[error("no socket activation file descriptors found")]
    NothingPassed,
    /// A socket that systemd passed on cannot be used.
    #[error("cannot take over the passed socket {number}: {source}")]
    Passed {
        /// The number of its file descriptor.
        number: i32,
        /// What the system answered.
        source: io::Error,
    },
}

impl ListenError {
    /// Whether somebody else listens there.
    pub(crate) fn is_address_in_use(&self) -> bool {
        matches!(self, Self::Bind(BindError::Refused { source, .. })
            if source.kind() == io::ErrorKind::AddrInUse)
    }
}

/// Open sockets and what is spoken on them.
#[derive(Debug)]
pub(crate) struct Listening {
    /// The sockets.
    pub(crate) listeners: Vec<Bound>,
    /// TLS and logins, where a file turns them on.
    pub(crate) web_config: Option<WebConfigFile>,
}

impl Listening {
    /// Opens what the flags `web.listen-address`, `web.systemd-socket` and `web.config.file` say.
    pub(crate) fn open(line: &Line) -> Result<Self, ListenError> {
        let listeners = if line.is_on("web.systemd-socket") {
            tracing::info!("Listening on systemd activated listeners instead of port listeners.");
            passed_on()?
        } else {
            let addresses = line.texts("web.listen-address").iter();
            addresses.map(|address| open(address)).collect::<Result<_, _>>()?
        };
        Ok(Self { listeners, web_config: web_config(line)? })
    }

    /// Says where the part listens, in the line that scripts look for. Upstream's server names its
    /// `component` there.
    pub(crate) fn announce(&self, component: Option<&str>) {
        let tls = self.web_config.as_ref().filter(|file| file.has_tls());
        for listener in &self.listeners {
            let address = listener.address();
            tracing::info!(component, %address, "Listening on");
            match tls {
                Some(file) => {
                    let http2 = file.has_http2();
                    tracing::info!(component, http2, %address, "TLS is enabled.");
                }
                None => {
                    tracing::info!(component, http2 = false, %address, "TLS is disabled.");
                }
            }
        }
    }
}

/// Opens one address.
pub(crate) fn open(address: &str) -> Result<Bound, ListenError> {
    if address.starts_with("vsock://") {
        return Err(ListenError::Vsock(address.to_owned()));
    }
    Ok(bind(address)?)
}

/// Reads the file that the flag `web.config.file` names.
pub(crate) fn web_config(line: &Line) -> Result<Option<WebConfigFile>, WebConfigError> {
    let file = Some(line.text("web.config.file")).filter(|file| !file.is_empty());
    file.map(|file| WebConfigFile::open(Path::new(file))).transpose()
}

/// Takes over the sockets that systemd passed on to this process, as `sd_listen_fds` describes it.
fn passed_on() -> Result<Vec<Bound>, ListenError> {
    let own = rustix::process::getpid();
    let number = |name: &str| environment::variable(name).and_then(|text| text.parse().ok());
    let meant_for_us = number("LISTEN_PID") == Some(own.as_raw_nonzero().get());
    let count: i32 = number("LISTEN_FDS").filter(|_| meant_for_us).unwrap_or_default();
    if count < 1 {
        return Err(ListenError::NothingPassed);
    }
    (FIRST_PASSED_FD..FIRST_PASSED_FD.saturating_add(count))
        .map(|number| {
            let passed = |source| ListenError::Passed { number, source };
            let socket = duplicate(own, number).map_err(passed)?;
            Bound::adopt(TcpListener::from(socket)).map_err(passed)
        })
        .collect()
}

/// Gives a file descriptor of this process that is known by its number only. The original stays
/// open: only its number is known to be somebody's, not that it is nobody else's.
fn duplicate(own: Pid, number: i32) -> io::Result<OwnedFd> {
    let process = rustix::process::pidfd_open(own, PidfdFlags::empty())?;
    Ok(rustix::process::pidfd_getfd(process, number, PidfdGetfdFlags::empty())?)
}
