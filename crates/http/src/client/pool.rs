//! The open connections of a client, by host.
//!
//! One that speaks HTTP/1.1 is lent to one exchange after another; the one that was used last goes first. While it is idle a task
//! of the pool, the keeper, is woken when the other end closes it. One that speaks HTTP/2 has a task of its own and serves all
//! exchanges with its host at once.
//!
//! Invariant: no idle connection is kept for longer than twice the time for which it may be used again.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use hashbrown::{Equivalent, HashMap};
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper::rt::Executor as _;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::client::executor::Executor;
use crate::client::link::Link;

/// Is how many idle connections are kept for one host, as in upstream.
const IDLE_PER_HOST_MAX: usize = 1000;

/// Is the sending end of a connection that speaks HTTP/2.
pub(crate) type Shared = http2::SendRequest<Full<Bytes>>;

/// Names what connections lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) https: bool,
    /// With the port where it is not the scheme's own.
    pub(crate) authority: Box<str>,
}

/// Is the name of a host that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostRef<'a> {
    pub(crate) https: bool,
    pub(crate) authority: &'a str,
}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        HostRef { https: self.https, authority: &self.authority }.hash(state);
    }
}

impl Equivalent<Arc<Host>> for HostRef<'_> {
    fn equivalent(&self, host: &Arc<Host>) -> bool {
        self.https == host.https && *self.authority == *host.authority
    }
}

/// Keeps connections that can be used again; zero `idle_timeout` keeps none that serve one exchange.
#[derive(Debug)]
pub(crate) struct Pool {
    by_host: Mutex<HashMap<Arc<Host>, Connections>>,
    idle_timeout: Duration,
    keeper: Arc<Keeper>,
    /// Wakes the keeper.
    waker: Waker,
    executor: Executor,
    has_keeper: AtomicBool,
}

#[derive(Debug, Default)]
struct Connections {
    idle: Vec<(Box<Link>, Instant)>,
    /// With the time of the last request.
    shared: Option<(Shared, Instant)>,
}

/// Is a connection that carries one exchange, and goes back to its pool at the end.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Is absent only while it is dropped.
    link: Option<Box<Link>>,
    pool: Arc<Pool>,
}

impl Lease {
    pub(crate) fn link(&mut self) -> &mut Link {
        self.link.as_mut().expect("the connection is here until the lease is dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            self.pool.give_back(link);
        }
    }
}

/// Is told when something happens to an idle connection.
#[derive(Debug, Default)]
struct Keeper(Notify);

impl Wake for Keeper {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

impl Keeper {
    /// Looks after the connections of a pool until it is gone.
    async fn run(self: Arc<Self>, pool: Weak<Pool>, idle_timeout: Duration) {
        loop {
            // A pool that is dropped says so; the time is what unused connections are given.
            drop(tokio::time::timeout(idle_timeout, self.0.notified()).await);
            let Some(pool) = pool.upgrade() else { return };
            pool.sweep();
        }
    }
}

impl Pool {
    pub(crate) fn new(idle_timeout: Duration, executor: Executor) -> Self {
        let keeper = Arc::new(Keeper::default());
        let waker = Waker::from(Arc::clone(&keeper));
        let (by_host, has_keeper) = (Mutex::default(), AtomicBool::new(false));
        Self { by_host, idle_timeout, keeper, waker, executor, has_keeper }
    }

    /// Lends the connection to a host that was idle for the shortest time.
    pub(crate) fn lend(self: &Arc<Self>, host: HostRef<'_>) -> Option<Lease> {
        loop {
            let (mut link, since) = self.by_host().get_mut(&host)?.idle.pop()?;
            // Here it turns out whether it was closed meanwhile; and the keeper is no longer interested.
            link.drive(&mut Context::from_waker(Waker::noop()));
            if link.is_idle() && since.elapsed() <= self.idle_timeout {
                return Some(self.lease(link));
            }
        }
    }

    /// Has a connection come back to this pool.
    pub(crate) fn lease(self: &Arc<Self>, link: Box<Link>) -> Lease {
        Lease { link: Some(link), pool: Arc::clone(self) }
    }

    /// Returns the connection that all exchanges with a host share.
    pub(crate) fn shared(&self, host: HostRef<'_>) -> Option<Shared> {
        let mut by_host = self.by_host();
        let (shared, used) = by_host.get_mut(&host)?.shared.as_mut()?;
        if shared.is_closed() || used.elapsed() > self.idle_timeout {
            return None;
        }
        *used = Instant::now();
        Some(shared.clone())
    }

    /// Has all exchanges with a host share a connection, and returns the one that they share: another may have come first.
    pub(crate) fn share(self: &Arc<Self>, host: Arc<Host>, opened: Shared) -> Shared {
        if self.idle_timeout.is_zero() {
            return opened;
        }
        self.start_keeper();
        let mut by_host = self.by_host();
        let connections = by_host.entry(host).or_default();
        if let Some((shared, _)) = &connections.shared
            && !shared.is_closed()
        {
            return shared.clone();
        }
        connections.shared = Some((opened.clone(), Instant::now()));
        opened
    }

    /// Takes a connection whose exchange is over, unless the exchange left it in no state for another.
    fn give_back(self: &Arc<Self>, mut link: Box<Link>) {
        // From here on the keeper is told when the other end closes it.
        link.drive(&mut Context::from_waker(&self.waker));
        if self.idle_timeout.is_zero() || !link.is_idle() || !self.start_keeper() {
            return;
        }
        let mut by_host = self.by_host();
        let idle = match by_host.get_mut(&link.host) {
            Some(connections) => &mut connections.idle,
            None => &mut by_host.entry(Arc::clone(&link.host)).or_default().idle,
        };
        if idle.len() < IDLE_PER_HOST_MAX {
            idle.push((link, Instant::now()));
        }
    }

    /// Lets go of connections that have ended or were idle for too long.
    fn sweep(&self) {
        let mut cx = Context::from_waker(&self.waker);
        let is_recent = |since: &Instant| since.elapsed() <= self.idle_timeout;
        self.by_host().retain(|_, connections| {
            let Connections { idle, shared } = connections;
            idle.retain_mut(|(link, since)| {
                link.drive(&mut cx);
                link.is_idle() && is_recent(since)
            });
            shared.take_if(|(shared, used)| shared.is_closed() || !is_recent(used));
            !idle.is_empty() || shared.is_some()
        });
    }

    /// Starts the keeper if there is none; false where nothing can be started.
    fn start_keeper(self: &Arc<Self>) -> bool {
        // Relaxed: the flag guards no other memory.
        if self.has_keeper.load(Ordering::Relaxed) {
            return true;
        }
        if Handle::try_current().is_err() {
            return false;
        }
        if !self.has_keeper.swap(true, Ordering::Relaxed) {
            let keeper = Arc::clone(&self.keeper);
            self.executor.execute(keeper.run(Arc::downgrade(self), self.idle_timeout));
        }
        true
    }

    fn by_host(&self) -> MutexGuard<'_, HashMap<Arc<Host>, Connections>> {
        self.by_host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.keeper.0.notify_one();
    }
}
