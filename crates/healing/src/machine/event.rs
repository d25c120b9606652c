//! What comes into the machine and what it wants done.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_alerting::Annotations;
use regain_model::Labels;

use super::pause::{Pause, Scope};
use super::record::Record;
use crate::expression::Query;
use crate::order::{Cancelled, ExecutionId, Found, Handle, Order, Progress, Triggered};
use crate::settings::{Observation, Remediations};

/// Something that has happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Some alerts were described. A webhook brings these.
    Observed(Vec<Observation>),
    /// All alerts that there are were described: any other has resolved.
    Listed(Vec<Observation>),
    /// Time has passed.
    Tick,
    /// A write is durable.
    Persisted {
        /// Its ticket.
        ticket: u64,
    },
    /// A write may not be durable.
    NotPersisted {
        /// Its ticket.
        ticket: u64,
        /// Why.
        why: String,
    },
    /// A question about a run was answered.
    Answered {
        /// The run.
        run: ExecutionId,
        /// The question.
        token: u64,
        /// The answer.
        answer: Answer,
    },
    /// More is known of a run's action.
    Noted {
        /// The run.
        run: ExecutionId,
        /// Where a human can look at it.
        link: Option<String>,
        /// The end of what it wrote.
        log: Option<String>,
    },
    /// A guard's query was answered.
    Guarded {
        /// The question.
        token: u64,
        /// Whether it lets a run begin.
        verdict: Verdict,
    },
    /// A receiver was told, or not.
    Told {
        /// The number of the escalation.
        sequence: u64,
        /// Why not.
        failure: Option<String>,
    },
    /// Somebody stops healing.
    Pause(Pause),
    /// Somebody lets healing go on.
    Resume {
        /// What.
        scope: Scope,
        /// Who.
        by: String,
    },
    /// Somebody gives a run up.
    Cancel {
        /// The run.
        run: ExecutionId,
        /// Who.
        by: String,
    },
    /// Other settings hold from now on.
    Reload(Box<Remediations>),
}

/// The answer to a question about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Command::Trigger`].
    Triggered(Triggered),
    /// To [`Command::Lookup`].
    Found(Found),
    /// To [`Command::Poll`].
    Progress(Progress),
    /// To [`Command::Cancel`].
    Cancelled(Cancelled),
    /// To [`Command::Verify`].
    Verdict(Verdict),
}

/// What samples say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Samples are there, none of them is zero, and they are new enough.
    Healthy,
    /// There are no such samples, or one of them is zero.
    Unhealthy {
        /// What was found.
        why: String,
    },
    /// Nothing new enough was measured, or nobody could be asked: that proves nothing.
    NoFreshData {
        /// What was found.
        why: String,
    },
}

/// Something to do. Whoever does it does the commands of one step in their order.
#[derive(Clone, Debug)]
pub enum Command {
    /// Write the records, all of them durably, and say so.
    Persist {
        /// What to say it with.
        ticket: u64,
        /// What to write.
        records: Vec<Record>,
    },
    /// Ask the backend to act.
    Trigger(Question),
    /// Ask the backend whether it was ever asked to act.
    Lookup(Question),
    /// Ask the backend how far the action is.
    Poll(Question, Handle),
    /// Ask the backend to stop the action.
    Cancel(Question, Handle),
    /// Ask whether the target is healthy.
    Verify {
        /// The run.
        run: ExecutionId,
        /// The question.
        token: u64,
        /// What to ask.
        query: Query,
        /// Samples must be newer than this, by the clock.
        newer_than: Timestamp,
        /// Samples must not be older than this.
        fresh: Duration,
    },
    /// Ask whether a run may begin.
    Guard {
        /// The question.
        token: u64,
        /// What to ask.
        query: Query,
        /// Samples must not be older than this.
        fresh: Duration,
    },
    /// Tell a receiver.
    Tell(Arc<Escalation>),
}

/// A question to a backend.
#[derive(Clone, Debug)]
pub struct Question {
    /// The run.
    pub run: ExecutionId,
    /// The number that the answer has to carry.
    pub token: u64,
    /// The order.
    pub order: Arc<Order>,
}

/// Something that people have to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Its number.
    pub sequence: u64,
    /// When, by the clock.
    pub at: Timestamp,
    /// Who is told.
    pub receiver: Arc<str>,
    /// The remediation; empty where all are meant.
    pub remediation: Arc<str>,
    /// The labels of the alert, or none.
    pub labels: Labels,
    /// The annotations of the alert.
    pub annotations: Annotations,
    /// The run.
    pub run: Option<ExecutionId>,
    /// One line.
    pub title: String,
    /// The rest.
    pub text: String,
}
