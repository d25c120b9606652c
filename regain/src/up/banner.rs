//! What `regain up` says once everything runs.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is watched, and where to look.
#[derive(Clone, Debug)]
pub(super) struct Banner {
    pub(super) server: SocketAddr,
    pub(super) data: PathBuf,
    /// The user's configuration, where it is used.
    pub(super) own_config: Option<PathBuf>,
    /// The address of the host's numbers.
    pub(super) numbers: String,
    /// Whether somebody else had that address first.
    pub(super) numbers_are_foreign: bool,
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (server, data) = (self.server, self.data.display());
        match &self.own_config {
            Some(file) => writeln!(f, "Watching what {} says; data in {data}.", file.display())?,
            None => writeln!(f, "Watching this host and itself every 5s; data in {data}.")?,
        }
        let numbers = &self.numbers;
        if self.numbers_are_foreign {
            writeln!(f, "  {numbers} is taken: whatever answers there is scraped as this host")?;
        } else {
            writeln!(f, "  http://{numbers}/metrics  the numbers of this host")?;
        }
        writeln!(
            f,
            "  http://{server}/  the pages: how this host is, queries, alerts, silences, healing, targets, status"
        )?;
        writeln!(f, "Ask, for instance:")?;
        writeln!(f, "  curl -s '{server}/api/v1/query?query=up'")?;
        writeln!(
            f,
            "  curl -s {server}/api/v1/query --data-urlencode 'query=topk(3, (1 - \
             node_memory_MemFree_bytes / node_memory_MemTotal_bytes))'"
        )?;
        write!(f, "Ctrl-C ends it.")
    }
}
