//! What systemd says of itself and of the host.

use crate::client::Client;
use crate::error::Error;
use crate::unit::text_property;

pub(crate) const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
pub(crate) const MANAGER: &str = "org.freedesktop.systemd1.Manager";

/// Holds the properties of systemd's manager object.
///
/// A property that this systemd does not have is `None`: `Virtualization` and `SystemState` came with
/// later versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manager {
    /// Is the version as systemd writes it, such as `252.39-1~deb12u1`.
    pub version: Option<String>,
    /// Is the virtualization technology, empty on bare metal.
    pub virtualization: Option<String>,
    /// Is what `systemctl is-system-running` prints.
    pub system_state: Option<String>,
}

impl Client {
    /// Reads the manager's properties.
    ///
    /// An unreachable systemd or a missed deadline is an error; a property that cannot be read is not.
    pub async fn manager(&self) -> Result<Manager, Error> {
        Ok(Manager {
            version: optional(self.manager_text("Version").await)?,
            virtualization: optional(self.manager_text("Virtualization").await)?,
            system_state: optional(self.manager_text("SystemState").await)?,
        })
    }

    async fn manager_text(&self, property: &'static str) -> Result<String, Error> {
        text_property(self, MANAGER_PATH, MANAGER, property).await
    }
}

pub(crate) fn optional<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error @ (Error::Unreachable { .. } | Error::TimedOut { .. })) => Err(error),
        Err(error) => {
            tracing::debug!(%error, "property is not available");
            Ok(None)
        }
    }
}
