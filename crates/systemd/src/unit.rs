//! Units: the list, and the properties that only some types have.

use zbus::{OwnedObjectPath, OwnedVariant};

use crate::client::{Arguments, Call, Client};
use crate::error::Error;
use crate::manager::{MANAGER, MANAGER_PATH, optional};

pub(crate) const UNIT: &str = "org.freedesktop.systemd1.Unit";
const SERVICE: &str = "org.freedesktop.systemd1.Service";
const SOCKET: &str = "org.freedesktop.systemd1.Socket";
const TIMER: &str = "org.freedesktop.systemd1.Timer";
const MOUNT: &str = "org.freedesktop.systemd1.Mount";
pub(crate) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Is one unit as `ListUnits` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Is the unit's name with its suffix, such as `ssh.service`.
    pub name: String,
    /// Is `loaded`, `not-found`, `masked`…
    pub load_state: String,
    /// Is `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`…
    pub active_state: String,
    /// Is the state in the words of the unit's type, such as `running` or `exited`.
    pub sub_state: String,
    path: String,
}

/// Holds a service's numbers of tasks, each `None` where systemd has no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tasks {
    /// Is the number of tasks the unit has now.
    pub current: Option<u64>,
    /// Is the number of tasks the unit may have.
    pub max: Option<u64>,
}

/// Holds what a socket unit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketCounters {
    /// Counts accepted connections.
    pub accepted: Option<u32>,
    /// Is the number of connections open now.
    pub current: Option<u32>,
    /// Counts refused connections (since systemd 239).
    pub refused: Option<u32>,
}

/// Is one row of `ListUnits`: name, description, load, active and sub state, followed unit, object
/// path, job id, job type, job path.
type Row =
    (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

impl Client {
    /// Lists every unit systemd has in memory.
    pub async fn units(&self) -> Result<Vec<Unit>, Error> {
        const METHOD: &str = "ListUnits";
        let call = Call {
            path: MANAGER_PATH,
            interface: MANAGER,
            member: METHOD,
            arguments: Arguments::None,
            label: METHOD,
        };
        let reply = self.call(call).await?;
        let rows: Vec<Row> = reply
            .body()
            .deserialize()
            .map_err(|source| Error::Shape { method: METHOD, source: Box::new(source) })?;
        Ok(rows.into_iter().map(Unit::from_row).collect())
    }

    /// Reads the `Type` of a service or a mount; other units have none.
    pub async fn unit_type(&self, unit: &Unit) -> Result<Option<String>, Error> {
        let interface = match unit.suffix() {
            "service" => SERVICE,
            "mount" => MOUNT,
            _ => return Ok(None),
        };
        optional(text_property(self, &unit.path, interface, "Type").await)
    }

    /// Reads when the unit became active, in microseconds since 1970.
    pub async fn active_since_us(&self, unit: &Unit) -> Result<Option<u64>, Error> {
        optional(self.number(&unit.path, UNIT, "ActiveEnterTimestamp").await)
    }

    /// Reads when a timer last fired, in microseconds since 1970.
    pub async fn last_trigger_us(&self, unit: &Unit) -> Result<Option<u64>, Error> {
        optional(self.number(&unit.path, TIMER, "LastTriggerUSec").await)
    }

    /// Reads how often systemd restarted a service.
    pub async fn restarts(&self, unit: &Unit) -> Result<Option<u32>, Error> {
        optional(self.small_number(&unit.path, SERVICE, "NRestarts").await)
    }

    /// Reads a service's numbers of tasks; systemd's "no limit" and "not counted" are `None`.
    pub async fn tasks(&self, unit: &Unit) -> Result<Tasks, Error> {
        let current = optional(self.number(&unit.path, SERVICE, "TasksCurrent").await)?;
        let max = optional(self.number(&unit.path, SERVICE, "TasksMax").await)?;
        let counted = |value: &u64| *value != u64::MAX;
        Ok(Tasks { current: current.filter(counted), max: max.filter(counted) })
    }

    /// Reads a socket unit's connection counters.
    pub async fn socket_counters(&self, unit: &Unit) -> Result<SocketCounters, Error> {
        Ok(SocketCounters {
            accepted: optional(self.small_number(&unit.path, SOCKET, "NAccepted").await)?,
            current: optional(self.small_number(&unit.path, SOCKET, "NConnections").await)?,
            refused: optional(self.small_number(&unit.path, SOCKET, "NRefused").await)?,
        })
    }

    pub(crate) async fn number(
        &self,
        path: &str,
        interface: &'static str,
        property: &'static str,
    ) -> Result<u64, Error> {
        u64::try_from(get(self, path, interface, property).await?)
            .map_err(|source| shape(property, source))
    }

    async fn small_number(
        &self,
        path: &str,
        interface: &'static str,
        property: &'static str,
    ) -> Result<u32, Error> {
        u32::try_from(get(self, path, interface, property).await?)
            .map_err(|source| shape(property, source))
    }
}

impl Unit {
    /// Gives the part of the name after the last dot, which is the unit's type.
    pub fn suffix(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, suffix)| suffix)
    }

    fn from_row(row: Row) -> Self {
        let (name, _, load_state, active_state, sub_state, _, path, _, _, _) = row;
        Self { name, load_state, active_state, sub_state, path: path.to_string() }
    }
}

pub(crate) async fn text_property(
    client: &Client,
    path: &str,
    interface: &'static str,
    property: &'static str,
) -> Result<String, Error> {
    String::try_from(get(client, path, interface, property).await?)
        .map_err(|source| shape(property, source))
}

pub(crate) async fn get(
    client: &Client,
    path: &str,
    interface: &'static str,
    property: &'static str,
) -> Result<OwnedVariant, Error> {
    let call = Call {
        path,
        interface: PROPERTIES,
        member: "Get",
        arguments: Arguments::Texts(interface, property),
        label: property,
    };
    let reply = client.call(call).await?;
    reply
        .body()
        .deserialize()
        .map_err(|source| Error::Shape { method: property, source: Box::new(source) })
}

pub(crate) fn shape(method: &'static str, source: impl Into<zbus::Error>) -> Error {
    Error::Shape { method, source: Box::new(source.into()) }
}
