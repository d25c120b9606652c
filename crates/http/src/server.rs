//! Servers: every listening socket of the program is served here.
//!
//! [`bind`](bind::bind) opens a listener, [`serve`] answers on any number of them with one [`Site`] until
//! a token says stop. A `web.yml` ([`web_config`]) adds TLS, logins and headers; it and the files that it
//! names are looked at again for each connection and request.
//!
//! Invariants: the listeners together never serve more than the configured number of connections; a
//! client that sends nothing, or too slowly, is let go after the read timeout; a panic in a handler is
//! an answer 500 and nothing else.

pub mod bind;
pub mod web_config;

mod client_auth;
mod rate_limit;
mod tls;
mod users;

mod activity;
mod caller;
mod connection;
mod request;
mod site;

pub mod body;
pub mod compression;
pub mod cors;
pub mod metrics;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::caller::Caller;
pub use self::site::{Answer, Shortcut, Site};

use self::bind::Bound;
use self::connection::Connections;
use self::web_config::WebConfigFile;

/// Is how long accepting pauses after it failed, for instance for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Says how a server serves.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The `web.yml`, where there is one.
    pub web_config: Option<WebConfigFile>,
    /// The most connections that are served at once, over all listeners; more wait.
    pub max_connections: usize,
    /// How long a request may take to arrive, and a connection to be idle.
    pub read_timeout: Duration,
    /// How long requests may take to finish after the stop; then they are cut off.
    pub shutdown_timeout: Duration,
}

impl Default for ServerSettings {
    /// Returns upstream's defaults.
    fn default() -> Self {
        Self {
            web_config: None,
            max_connections: 512,
            read_timeout: Duration::from_mins(5),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}

/// Serves `site` on all listeners until `stop`, then waits for the requests under way. Returns how
/// many connections had to be cut off.
pub async fn serve(
    listeners: Vec<Bound>,
    site: impl Into<Site>,
    settings: ServerSettings,
    stop: CancellationToken,
) -> usize {
    let gate = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
    let shutdown_timeout = settings.shutdown_timeout;
    let cut_off = CancellationToken::new();
    let connections = Connections::new(site.into(), settings, stop.clone(), cut_off.clone());
    let connections = Arc::new(connections);
    let (accepting, serving) = (TaskTracker::new(), TaskTracker::new());
    for listener in listeners {
        let connections = Arc::clone(&connections);
        let (gate, serving) = (Arc::clone(&gate), serving.clone());
        accepting.spawn(accept(listener, connections, gate, serving));
    }
    accepting.close();
    accepting.wait().await;
    serving.close();
    if tokio::time::timeout(shutdown_timeout, serving.wait()).await.is_ok() {
        return 0;
    }
    let unfinished = serving.len();
    cut_off.cancel();
    serving.wait().await;
    unfinished
}

/// Takes connections of one listener and serves each in a task of its own.
async fn accept(
    listener: Bound,
    connections: Arc<Connections>,
    gate: Arc<Semaphore>,
    serving: TaskTracker,
) {
    let stop = connections.stop();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(address = %listener.address(), err = %error, "Cannot accept a connection");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(ACCEPT_PAUSE) => continue,
                }
            }
        };
        // The place is taken after accepting, so that a listener without clients holds none.
        let place = tokio::select! {
            () = stop.cancelled() => return,
            place = Arc::clone(&gate).acquire_owned() => place,
        };
        let Ok(place) = place else {
            return;
        };
        let connections = Arc::clone(&connections);
        serving.spawn(async move {
            connections.serve(stream, peer).await;
            drop(place);
        });
    }
}
