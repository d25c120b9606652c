//! The state of one unit, and since when it is what it is.

use zbus::OwnedObjectPath;

use crate::client::{Arguments, Call, Client};
use crate::error::Error;
use crate::manager::{MANAGER, MANAGER_PATH};
use crate::unit::{UNIT, get, shape, text_property};

/// Is the state of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitState {
    /// Is `loaded`, `not-found`, `masked`…
    pub load_state: String,
    /// Is `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`…
    pub active_state: String,
    /// Is the state in the words of the unit's type, such as `running` or `auto-restart`.
    pub sub_state: String,
    /// Names the unit's current or last run, in hexadecimal digits; empty before its first one.
    pub invocation: String,
    /// Is when any of the states above last changed, in microseconds since 1970; 0 where they never did.
    pub changed_us: u64,
    /// Is the job that waits or works for the unit.
    pub job: Option<u32>,
}

impl Client {
    /// Reads the state of a unit. A unit that does not exist has the load state `not-found`.
    pub async fn unit_state(&self, name: &str) -> Result<UnitState, Error> {
        const LOAD: &str = "LoadUnit";
        let load = Call {
            path: MANAGER_PATH,
            interface: MANAGER,
            member: LOAD,
            arguments: Arguments::Text(name),
            label: LOAD,
        };
        let reply = self.call(load).await?;
        let path: OwnedObjectPath =
            reply.body().deserialize().map_err(|source| shape(LOAD, source))?;
        let path = path.as_str();
        let (job, _): (u32, OwnedObjectPath) = get(self, path, UNIT, "Job")
            .await?
            .try_into()
            .map_err(|source: zbus::Error| shape("Job", source))?;
        let invocation: Vec<u8> = get(self, path, UNIT, "InvocationID")
            .await?
            .try_into()
            .map_err(|source: zbus::Error| shape("InvocationID", source))?;
        Ok(UnitState {
            load_state: text_property(self, path, UNIT, "LoadState").await?,
            active_state: text_property(self, path, UNIT, "ActiveState").await?,
            sub_state: text_property(self, path, UNIT, "SubState").await?,
            invocation: hexadecimal(&invocation),
            changed_us: self.number(path, UNIT, "StateChangeTimestamp").await?,
            job: (job != 0).then_some(job),
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("four bits are a digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}
