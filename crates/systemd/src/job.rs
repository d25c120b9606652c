//! Jobs: what systemd is asked to do to a unit, and how that ends.
//!
//! The end of a job is told by a signal and by nothing else, so that a job is watched on a connection of
//! its own that listens before the job exists. A call that orders a job is sent once: a second one after
//! a broken connection could restart a unit twice.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};
use zbus::message::{Message, Type};
use zbus::{MatchRule, MessageStream, OwnedObjectPath, OwnedVariant};

use crate::client::{Arguments, Call, Client, DESTINATION, Link};
use crate::error::Error;
use crate::manager::{MANAGER, MANAGER_PATH};
use crate::unit::{PROPERTIES, shape};

const JOB: &str = "org.freedesktop.systemd1.Job";
const JOB_REMOVED: &str = "JobRemoved";
/// Is how many signals may wait to be read; systemd waits with more.
const QUEUED_MAX: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

/// Is what systemd is asked to do to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Starts the unit, unless it is active.
    Start,
    /// Stops the unit.
    Stop,
    /// Stops the unit and starts it again, or starts it.
    Restart,
    /// Has the unit read its configuration again.
    Reload,
    /// Clears a failure and the count of starts, which would stand in the way, and restarts the unit.
    ResetFailedAndRestart,
}

impl Verb {
    /// Reads a verb as files write it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Start, Self::Stop, Self::Restart, Self::Reload, Self::ResetFailedAndRestart]
            .into_iter()
            .find(|verb| verb.as_str() == text)
    }

    /// Gives the verb as files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::ResetFailedAndRestart => "reset-failed-and-restart",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Verb {
    /// Gives the method of the manager.
    fn method(self) -> &'static str {
        match self {
            Self::Start => "StartUnit",
            Self::Stop => "StopUnit",
            Self::Restart | Self::ResetFailedAndRestart => "RestartUnit",
            Self::Reload => "ReloadUnit",
        }
    }
}

/// Says how a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobResult {
    /// The job did what it should.
    Done,
    /// The job did not, and systemd says why in a word: `failed`, `canceled`, `timeout`, `dependency`…
    Failed(String),
}

/// Watches a job until it ends.
#[derive(Debug)]
pub struct Job {
    id: u32,
    removals: MessageStream,
}

/// Is what `JobRemoved` tells: the job's number and path, the unit, the result.
type Removal = (u32, OwnedObjectPath, String, String);

impl Client {
    /// Orders a job for a unit. What is queued for the unit is replaced, as with `systemctl`.
    ///
    /// Where the error [is without effect](Error::is_without_effect) nothing happens to the unit; after
    /// any other error something may.
    pub async fn submit(&self, unit: &str, verb: Verb) -> Result<Job, Error> {
        let link = self.open().await?;
        let removals = self.removals(&link).await?;
        if verb == Verb::ResetFailedAndRestart {
            let clear = manager_call("ResetFailedUnit", Arguments::Text(unit));
            match self.call_on(&link, clear).await {
                Ok(_) => {}
                Err(error) if error.is_refusal() => {
                    // A unit that is not in memory has no failure to clear.
                    tracing::debug!(%error, unit, "no failure was cleared");
                }
                Err(error) => return Err(error),
            }
        }
        let method = verb.method();
        let order = manager_call(method, Arguments::Texts(unit, "replace"));
        let reply = self.call_on(&link, order).await?;
        let path: OwnedObjectPath = body(&reply, method)?;
        let id = path.rsplit_once('/').and_then(|(_, id)| id.parse().ok());
        let id = id.ok_or_else(|| shape(method, zbus::Error::InvalidReply))?;
        Ok(Job { id, removals })
    }

    /// Watches a job that was ordered for a unit before; nothing where it has ended. The unit is compared,
    /// because the numbers of jobs begin anew when the host does.
    pub async fn job(&self, id: u32, unit: &str) -> Result<Option<Job>, Error> {
        let link = self.open().await?;
        let removals = self.removals(&link).await?;
        let read = async {
            let reply = self.call_on(&link, manager_call("GetJob", Arguments::Number(id))).await?;
            let path: OwnedObjectPath = body(&reply, "GetJob")?;
            let of = Call {
                path: path.as_str(),
                interface: PROPERTIES,
                member: "Get",
                arguments: Arguments::Texts(JOB, "Unit"),
                label: "Unit",
            };
            let value: OwnedVariant = body(&self.call_on(&link, of).await?, "Unit")?;
            let (of, _): (String, OwnedObjectPath) =
                value.try_into().map_err(|source: zbus::Error| shape("Unit", source))?;
            Ok(of)
        };
        match read.await {
            Ok(of) => Ok((of == unit).then_some(Job { id, removals })),
            // It may also end between the two calls.
            Err(error) if Error::is_refusal(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes a job out of the queue. What it already did to the unit stays done.
    pub async fn cancel_job(&self, id: u32) -> Result<(), Error> {
        let link = self.open().await?;
        let cancel = manager_call("CancelJob", Arguments::Number(id));
        self.call_on(&link, cancel).await.map(drop)
    }

    /// Has systemd tell of the ends of jobs.
    async fn removals(&self, link: &Link) -> Result<MessageStream, Error> {
        let failed = |source| Error::Call { method: "Subscribe", source: Box::new(source) };
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(DESTINATION)
            .interface(MANAGER)
            .member(JOB_REMOVED)
            .build()
            .map_err(failed)?;
        let removals =
            MessageStream::for_match_rule(rule, &link.connection, Some(QUEUED_MAX)).await;
        self.call_on(link, manager_call("Subscribe", Arguments::None)).await?;
        removals.map_err(failed)
    }
}

impl Job {
    /// Gives the number of the job, by which [`Client::job`] finds it again.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Waits until the job ends, at most for `patience`; nothing where it goes on.
    pub async fn result(&mut self, patience: Duration) -> Result<Option<JobResult>, Error> {
        let until = Instant::now() + patience;
        loop {
            let Ok(next) = timeout_at(until, self.removals.next()).await else {
                return Ok(None);
            };
            let failed = |source| Error::Call { method: JOB_REMOVED, source: Box::new(source) };
            let message = next
                .unwrap_or_else(|| Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()))
                .map_err(failed)?;
            let (id, _, _, result): Removal = body(&message, JOB_REMOVED)?;
            if id == self.id {
                let done = result == "done";
                return Ok(Some(if done { JobResult::Done } else { JobResult::Failed(result) }));
            }
        }
    }
}

fn manager_call<'a>(member: &'static str, arguments: Arguments<'a>) -> Call<'a> {
    Call { path: MANAGER_PATH, interface: MANAGER, member, arguments, label: member }
}

fn body<T>(message: &Message, method: &'static str) -> Result<T, Error>
where
    T: for<'d> zbus::zvariant::DynamicDeserialize<'d>,
{
    message.body().deserialize().map_err(|source| shape(method, source))
}
