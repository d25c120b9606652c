//! What clients count about their connections, under the names of Go's `go-conntrack`.

use regain_metrics::{Counter, CounterVec, Registry};

/// Counts connections by the name of the client that opened them.
#[derive(Clone, Debug)]
pub struct DialMetrics {
    attempted: CounterVec,
    established: CounterVec,
    failed: CounterVec,
    closed: CounterVec,
}

impl DialMetrics {
    /// Adds the families to a registry; once per registry.
    pub fn new(registry: &Registry) -> Self {
        let counters = |event: &str, help: &'static str, labels| {
            registry.counter_vec(format!("net_conntrack_dialer_conn_{event}_total"), help, labels)
        };
        let name: &[&'static str] = &["dialer_name"];
        Self {
            attempted: counters(
                "attempted",
                "Total number of connections attempted by the given dialer a given name.",
                name,
            ),
            established: counters(
                "established",
                "Total number of connections successfully established by the given dialer a given name.",
                name,
            ),
            failed: counters(
                "failed",
                "Total number of connections failed to dial by the dialer a given name.",
                &["dialer_name", "reason"],
            ),
            closed: counters(
                "closed",
                "Total number of connections closed which originated from the dialer of a given name.",
                name,
            ),
        }
    }

    /// Returns the counters of one client, exposed from now on.
    pub(crate) fn of(&self, name: &str) -> Dialer {
        let failed = |reason| self.failed.with(&[name, reason]);
        Dialer {
            attempted: self.attempted.with(&[name]),
            established: self.established.with(&[name]),
            closed: self.closed.with(&[name]),
            refused: failed("refused"),
            resolution: failed("resolution"),
            timeout: failed("timeout"),
            unknown: failed("unknown"),
        }
    }
}

/// Holds the counters of one client.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    pub(crate) attempted: Counter,
    pub(crate) established: Counter,
    pub(crate) closed: Counter,
    pub(crate) refused: Counter,
    pub(crate) resolution: Counter,
    pub(crate) timeout: Counter,
    pub(crate) unknown: Counter,
}
