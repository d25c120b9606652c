//! What can go wrong between this process and systemd.

use std::time::Duration;

use crate::client::CONNECT;

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

    /// Tells whether the call certainly changed nothing: it was never sent, or systemd refused it.
    pub fn is_without_effect(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::TimedOut { method, .. } => *method == CONNECT,
            Self::Call { .. } => self.is_refusal(),
            Self::Shape { .. } => false,
        }
    }

    /// Tells whether systemd or the bus answered that the call is not carried out.
    pub fn is_refusal(&self) -> bool {
        let Self::Call { source, .. } = self else { return false };
        match &**source {
            zbus::Error::MethodError(..) => true,
            // What the bus says when it lost the one who was to answer is no refusal.
            zbus::Error::FDO(error) => !matches!(
                **error,
                zbus::fdo::Error::Disconnected(_)
                    | zbus::fdo::Error::NoReply(_)
                    | zbus::fdo::Error::Timeout(_)
                    | zbus::fdo::Error::TimedOut(_)
                    | zbus::fdo::Error::ZBus(_)
            ),
            _ => false,
        }
    }
}
