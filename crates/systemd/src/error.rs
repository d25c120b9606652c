//! What can go wrong between this process and systemd.

use std::time::Duration;

/// Tells why systemd gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing listens on the bus, or it refuses this process.
    #[error("couldn't get dbus connection: {source}")]
    Unreachable {
        /// What the bus answered, or what connecting to it met.
        #[source]
        source: Box<zbus::Error>,
    },
    /// The bus answered, but this call failed.
    #[error("call of {method} failed: {source}")]
    Call {
        /// The D-Bus method, or the property that was asked for.
        method: &'static str,
        /// What systemd answered.
        #[source]
        source: Box<zbus::Error>,
    },
    /// The answer did not come in time.
    #[error("no answer to {method} within {after:?}")]
    TimedOut {
        /// The D-Bus method, or the property that was asked for.
        method: &'static str,
        /// How long the client waited.
        after: Duration,
    },
    /// The answer has another shape than the interface promises.
    #[error("unexpected answer to {method}: {source}")]
    Shape {
        /// The D-Bus method, or the property that was asked for.
        method: &'static str,
        /// What did not fit.
        #[source]
        source: Box<zbus::Error>,
    },
}

impl Error {
    /// Tells whether there is no systemd to talk to at all.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
