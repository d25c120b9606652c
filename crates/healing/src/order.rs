//! What the state machine orders and what a backend reports back.
//!
//! An [`Order`] says everything that a backend needs for one attempt of one step. A [`Backend`] carries
//! it out, and answers four questions about it: what came of the trigger, whether it was ever triggered,
//! how far it is, and whether it can be stopped.
//!
//! Invariants: an answer never claims more than the backend knows. Whatever may have started something
//! without an answer to prove it is [`Triggered::Unknown`], and only [`Found::Nothing`] allows a second
//! trigger under the same id.

mod action;
mod action_id;
mod choice;
mod digest;
mod job_path;
mod unit_name;
mod value;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use regain_alerting::Annotations;
use regain_model::Labels;

use self::digest::Digest;

pub use self::action::{
    Action, ActionUrlError, CommandAction, EXECUTION_ID_PARAMETER, HttpAction, JenkinsAction,
    JenkinsLogin, JenkinsServer, JsonTemplate, SystemdAction, UnstableIs,
};
pub use self::action_id::ActionId;
pub use self::choice::{AllowList, JobChoice, UnitChoice};
pub use self::job_path::{JobPath, JobPathError};
pub use self::unit_name::{UnitName, UnitNameError};
pub use self::value::{LabelValue, Pattern, VALUE_BYTES_MAX, Value, ValueError};

/// Is the longest log that a backend hands out, in bytes; the end of a longer one is kept.
pub const LOG_BYTES_MAX: usize = 16 << 10;

/// Identifies one attempt of one step for one target in one episode. It is safe in URLs, in headers and
/// as a file name: `rx-` and lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExecutionId(Arc<str>);

impl ExecutionId {
    /// Is what every id begins with.
    pub const PREFIX: &'static str = "rx-";
    /// Is the number of hexadecimal digits after the prefix.
    const DIGITS: usize = 20;

    /// Derives the id; the same attempt has the same id after a restart and on every host.
    pub fn of(
        remediation: &str,
        target: &Labels,
        episode: &str,
        step: usize,
        attempt: u32,
    ) -> Self {
        let mut digest = Digest::default();
        digest.part(remediation);
        for (name, value) in target {
            digest.part(name);
            digest.part(value);
        }
        digest.part(episode);
        digest.part(step.to_string());
        digest.part(attempt.to_string());
        Self(format!("{}{}", Self::PREFIX, digest.digits(Self::DIGITS)).into())
    }

    /// Reads an id as it was written; anything else than [`ExecutionId::of`] makes is refused.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let valid = digits.len() == Self::DIGITS && digits.bytes().all(plain);
        valid.then(|| Self(text.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Orders one attempt of one step.
#[derive(Clone, Debug)]
pub struct Order {
    /// The attempt.
    pub id: ExecutionId,
    /// The remediation that it belongs to.
    pub remediation: Arc<str>,
    /// The labels that identify what is healed.
    pub target: Labels,
    /// The labels of the alert. They come from scraped targets and are not trusted.
    pub labels: Labels,
    /// The annotations of the alert.
    pub annotations: Annotations,
    /// What is to be done.
    pub action: Arc<Action>,
    /// When the intent was recorded. Whatever is older was not caused by this order.
    pub intended_at: Timestamp,
    /// How long the step may take. A command is killed after it.
    pub deadline: Duration,
}

/// Finds a started action again, also after a restart; opaque to everybody but its backend.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub String);

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says how an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should. Whether the target is healthy is another question.
    Succeeded,
    /// It failed.
    Failed {
        /// What the backend knows of it.
        why: String,
    },
}

impl Outcome {
    /// Makes a failure.
    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed { why: why.into() }
    }
}

/// Says what came of a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Triggered {
    /// The action was accepted and goes on.
    Started(Handle),
    /// The action is over already.
    Done(Outcome),
    /// Nothing was started.
    Refused {
        /// Why not.
        why: String,
        /// Whether the same order may be accepted later without a change of configuration.
        retryable: bool,
    },
    /// Something may have been started: the answer is missing or says nothing.
    Unknown {
        /// What happened.
        why: String,
    },
}

impl Triggered {
    /// Makes a refusal that more time will not change.
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into(), retryable: false }
    }

    /// Makes a refusal that may go away.
    pub(crate) fn refused_for_now(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into(), retryable: true }
    }

    /// Makes an open question.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }
}

/// Says whether an order was ever triggered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It certainly was not: it may be triggered.
    Nothing,
    /// It was, and goes on.
    Running(Handle),
    /// It was, and is over.
    Done(Handle, Outcome),
    /// The backend cannot tell.
    Unknown {
        /// Why not.
        why: String,
    },
}

impl Found {
    /// Makes an open question.
    pub(crate) fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }
}

/// Says how far a started action is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its turn.
    Queued {
        /// The handle from now on.
        handle: Handle,
        /// What it waits for, as the backend says it.
        why: String,
    },
    /// It is carried out.
    Running {
        /// The handle from now on.
        handle: Handle,
        /// What the backend says of it, such as the number of the build.
        note: String,
    },
    /// It is over.
    Done(Outcome),
    /// The backend does not answer now; the next question may be answered.
    Unreachable {
        /// Why not.
        why: String,
    },
    /// The backend has forgotten it, so that its end will never be known.
    Lost {
        /// What is known.
        why: String,
    },
}

/// Says what came of an attempt to stop an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It was stopped, or it never began.
    Stopped,
    /// It had ended before.
    Ended(Outcome),
    /// It may go on.
    Unknown {
        /// Why.
        why: String,
    },
}

/// Carries out orders. Every call ends within a deadline of the backend's own.
pub trait Backend: Send + Sync + fmt::Debug {
    /// Starts the action. It is called once for each recorded intent, and again under the same id only
    /// after [`Backend::lookup`] found nothing.
    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Triggered>;

    /// Finds out whether the order was ever triggered: before any retry, and after a crash between the
    /// intent and the record of its trigger.
    fn lookup<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Found>;

    /// Finds out how far a started action is.
    fn poll<'a>(&'a self, order: &'a Order, handle: &'a Handle) -> BoxFuture<'a, Progress>;

    /// Stops a started action: first kindly, then by force.
    fn cancel<'a>(&'a self, order: &'a Order, handle: &'a Handle) -> BoxFuture<'a, Cancelled>;

    /// Returns the end of what the action wrote, at most [`LOG_BYTES_MAX`]; nothing where it has no log.
    fn log<'a>(&'a self, order: &'a Order, handle: &'a Handle) -> BoxFuture<'a, Option<String>>;

    /// Returns where a human can look at the started action.
    fn link(&self, order: &Order, handle: &Handle) -> Option<String>;
}

#[cfg(test)]
mod tests;
