//! The machine with a journal, backends and a clock around it.
//!
//! One task owns the machine and the journal. Events come to it through a bounded channel; questions to the
//! outside are tasks of their own, whose answers come back the same way. What a step wants written is durable
//! before anything else of that step is done.
//!
//! At a stop nothing that runs elsewhere is ended: triggers in flight get a moment to say what came of them,
//! and the next process goes on from the journal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use regain_alerting::Clock;
use regain_metrics::Registry;
use regain_storage::fs::Fs;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::journal::{AuditPage, AuditQuery, Journal, JournalError};
use crate::machine::{Escalation, Event, Machine, Pause, Scope};
use crate::metrics::Metrics;
use crate::order::Backend;
use crate::settings::{Observation, Remediations};
use crate::verify::Ask;
use crate::view::View;

mod ask;
mod owner;

use owner::{Message, Owner};

/// The events that wait for the owner. Whoever brings more has to wait.
const QUEUE: usize = 256;

/// Tells people.
pub trait EscalationSink: Send + Sync + std::fmt::Debug {
    /// Hands a text to the receiver that it names; well means that the receiver has it. It is handed over
    /// again after a failure, and after a crash at the wrong moment.
    fn escalate<'a>(
        &'a self,
        escalation: &'a Escalation,
    ) -> BoxFuture<'a, Result<(), EscalationError>>;
}

/// Why people could not be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct EscalationError {
    /// What happened.
    pub why: String,
}

/// What healing needs of the process.
#[derive(Debug)]
pub struct Surroundings {
    /// The files.
    pub fs: Arc<dyn Fs>,
    /// The directory of the journal; nobody else writes there.
    pub dir: PathBuf,
    /// What carries orders out.
    pub backend: Arc<dyn Backend>,
    /// What answers queries.
    pub asker: Arc<dyn Ask>,
    /// Who tells people.
    pub sink: Arc<dyn EscalationSink>,
    /// The time.
    pub clock: Clock,
    /// Where healing counts.
    pub registry: Registry,
}

/// Why something that people wanted was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// There is no such run, or it has ended.
    #[error("there is no live run {0:?}")]
    NoRun(String),
    /// Nothing that it names exists.
    #[error("there is no remediation {0:?}")]
    NoRemediation(String),
    /// It holds now and may be forgotten at a restart.
    #[error("it could not be written: {0}")]
    NotWritten(String),
    /// Healing has stopped.
    #[error("healing has stopped")]
    Stopped,
}

/// Healing, running.
#[derive(Clone, Debug)]
pub struct Healing {
    messages: mpsc::Sender<Message>,
    view: Arc<ArcSwap<View>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Healing {
    /// Opens the journal and begins. A journal that is not as it was written pauses everything until somebody
    /// has looked: what is missing may be an action that was begun.
    pub async fn open(
        settings: Remediations,
        surroundings: Surroundings,
    ) -> Result<Self, JournalError> {
        let Surroundings { fs, dir, backend, asker, sink, clock, registry } = surroundings;
        let tasks = TaskTracker::new();
        let path = dir.clone();
        let opened = tasks.spawn_blocking(move || Journal::open(fs, &path)).await;
        let opened = opened.map_err(|source| JournalError::Io {
            what: "read",
            path: dir,
            source: std::io::Error::other(source),
        })??;
        let metrics = Metrics::new(&registry);
        for damage in &opened.damage {
            error!(%damage, "The journal of healing is not as it was written");
            metrics.journal_damage.inc();
        }
        let damage: Arc<[String]> = opened.damage.iter().map(ToString::to_string).collect();
        let machine = Machine::new(settings, opened.recovered, clock.now());
        let view = Arc::new(ArcSwap::from_pointee(View::of(&machine, &damage)));
        let (messages, received) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let owner = Owner {
            machine,
            journal: Some(opened.journal),
            view: Arc::clone(&view),
            damage,
            metrics,
            clock,
            outside: ask::Outside {
                backend,
                asker,
                sink,
                messages: messages.downgrade(),
                tasks: tasks.clone(),
                abort: CancellationToken::new(),
            },
            triggers: 0,
        };
        tasks.spawn(owner.run(received, stop.clone()));
        Ok(Self { messages, view, stop, tasks })
    }

    /// Takes descriptions of some alerts, as a webhook brings them.
    pub async fn observe(&self, observations: Vec<Observation>) {
        self.send(Message::Event(Event::Observed(observations))).await;
    }

    /// Takes descriptions of some alerts, as [`Self::observe`] does. What was decided about them is written when this
    /// returns well.
    pub async fn take(&self, observations: Vec<Observation>) -> Result<(), ControlError> {
        self.control(Event::Observed(observations)).await
    }

    /// Takes descriptions of all alerts that there are; any other has resolved.
    pub async fn observe_all(&self, observations: Vec<Observation>) {
        self.send(Message::Event(Event::Listed(observations))).await;
    }

    /// Goes on with other settings.
    pub async fn reload(&self, settings: Remediations) {
        self.send(Message::Event(Event::Reload(Box::new(settings)))).await;
    }

    /// Stops healing in a scope. It holds when this returns, and is written when it returns well.
    pub async fn pause(&self, pause: Pause) -> Result<(), ControlError> {
        self.check_scope(&pause.scope)?;
        self.control(Event::Pause(pause)).await
    }

    /// Lets healing go on in a scope, with its breakers closed and its episodes open again.
    pub async fn resume(&self, scope: Scope, by: String) -> Result<(), ControlError> {
        self.control(Event::Resume { scope, by }).await
    }

    /// Gives a run up.
    pub async fn cancel(&self, run: &str, by: String) -> Result<(), ControlError> {
        let view = self.view();
        let live = view.run(run).filter(|run| run.ended.is_none());
        let id =
            live.map(|run| run.id.clone()).ok_or_else(|| ControlError::NoRun(run.to_owned()))?;
        self.control(Event::Cancel { run: id, by }).await
    }

    /// How things stand.
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// The decisions that a question is about; none once healing has stopped.
    pub async fn audit(&self, query: AuditQuery) -> AuditPage {
        let (answer, answered) = oneshot::channel();
        self.send(Message::Audit(query, answer)).await;
        answered.await.unwrap_or_default()
    }

    /// Stops, and waits until all is written. What runs elsewhere goes on.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn check_scope(&self, scope: &Scope) -> Result<(), ControlError> {
        let Scope::Remediation(name) = scope else { return Ok(()) };
        let view = self.view();
        let known = view.remediations.iter().any(|one| one.settings.name == *name);
        if known { Ok(()) } else { Err(ControlError::NoRemediation(name.as_ref().to_owned())) }
    }

    async fn control(&self, event: Event) -> Result<(), ControlError> {
        let (done, is_done) = oneshot::channel();
        self.send(Message::Control(event, done)).await;
        is_done.await.unwrap_or(Err(ControlError::Stopped))
    }

    async fn send(&self, message: Message) {
        // Once the owner has stopped there is nobody to tell, and nothing is healed.
        drop(self.messages.send(message).await);
    }
}

/// How often the machine looks at the time.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// How long a stop waits for triggers in flight.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
