//! The task that owns the machine and the journal.

use std::collections::VecDeque;
use std::sync::Arc;

use arc_swap::ArcSwap;
use regain_alerting::Clock;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::ask::Outside;
use super::{ControlError, STOP_GRACE, TICK};
use crate::journal::{AuditPage, AuditQuery, Journal};
use crate::machine::{Answer, Command, Event, Machine, Record};
use crate::metrics::Metrics;
use crate::view::View;

/// What comes to the owner.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something has happened.
    Event(Event),
    /// Somebody wants something, and to know when it is written.
    Control(Event, oneshot::Sender<Result<(), ControlError>>),
    /// Somebody asks for the audit.
    Audit(AuditQuery, oneshot::Sender<AuditPage>),
}

#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) machine: Machine,
    /// The journal; away while it is written, and gone if that panicked.
    pub(crate) journal: Option<Journal>,
    pub(crate) view: Arc<ArcSwap<View>>,
    pub(crate) damage: Arc<[String]>,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Clock,
    pub(crate) outside: Outside,
    /// The triggers that were not answered yet.
    pub(crate) triggers: usize,
}

impl Owner {
    pub(crate) async fn run(
        mut self,
        mut received: mpsc::Receiver<Message>,
        stop: CancellationToken,
    ) {
        self.begin().await;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = ticks.tick() => drop(self.handle(Event::Tick, true).await),
                message = received.recv() => match message {
                    Some(message) => self.take(message, true).await,
                    None => break,
                },
            }
        }
        self.end(received).await;
    }

    /// Pauses everything after damage, unless somebody has looked already.
    async fn begin(&mut self) {
        if self.damage.is_empty() || self.machine.pauses().any(|pause| pause.by == "regain") {
            return;
        }
        let pause = crate::machine::Pause {
            scope: crate::machine::Scope::All,
            by: "regain".to_owned(),
            reason: "the journal is not as it was written; look at it before you resume".to_owned(),
            since: self.clock.now(),
            until: None,
        };
        drop(self.handle(Event::Pause(pause), true).await);
    }

    async fn take(&mut self, message: Message, acts: bool) {
        match message {
            Message::Event(event) => drop(self.handle(event, acts).await),
            Message::Control(event, done) => {
                let result = self.handle(event, acts).await.map_err(ControlError::NotWritten);
                // Whoever asked may be gone.
                drop(done.send(result));
            }
            Message::Audit(query, answer) => {
                let page = self.journal.as_ref().map(|journal| journal.audit(&query));
                drop(answer.send(page.unwrap_or_default()));
            }
        }
    }

    /// Lets the machine take an event and what follows from it at once. The error is that of a write.
    async fn handle(&mut self, event: Event, acts: bool) -> Result<(), String> {
        let mut result = Ok(());
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            if let Event::Answered { answer: Answer::Triggered(_), .. } = &event {
                self.triggers = self.triggers.saturating_sub(1);
            }
            for command in self.machine.step(self.clock.now(), event) {
                match command {
                    Command::Persist { ticket, records } => {
                        let written = self.write(records).await;
                        events.push_back(match &written {
                            Ok(()) => Event::Persisted { ticket },
                            Err(why) => Event::NotPersisted { ticket, why: why.clone() },
                        });
                        result = result.and(written);
                    }
                    command if acts => self.act(command),
                    _ => {}
                }
            }
        }
        self.metrics.show(&self.machine);
        self.view.store(Arc::new(View::of(&self.machine, &self.damage)));
        result
    }

    fn act(&mut self, command: Command) {
        self.triggers += usize::from(matches!(command, Command::Trigger(_)));
        if let Command::Verify { .. } | Command::Guard { .. } = command {
            self.outside.judge(command, self.clock.now());
        } else {
            self.outside.carry_out(command, &self.metrics);
        }
    }

    /// Writes records, away from the threads that must not wait for a disk.
    async fn write(&mut self, records: Vec<Record>) -> Result<(), String> {
        self.metrics.count(&records);
        let Some(mut journal) = self.journal.take() else {
            return Err("the journal was lost".to_owned());
        };
        let snapshot = journal.begins_file().then(|| self.machine.snapshot());
        let write = move || {
            let result = journal.append(&records, || snapshot.unwrap_or_default());
            (journal, result)
        };
        match self.outside.tasks.spawn_blocking(write).await {
            Ok((journal, result)) => {
                self.journal = Some(journal);
                result.map_err(|error| {
                    self.metrics.journal_errors.inc();
                    error!(%error, "The journal of healing cannot be written; nothing is begun");
                    error.to_string()
                })
            }
            Err(error) => {
                self.metrics.journal_errors.inc();
                error!(%error, "The journal of healing was lost; nothing is begun");
                Err(error.to_string())
            }
        }
    }

    /// Waits for what triggers in flight have to say; begins nothing any more.
    async fn end(mut self, mut received: mpsc::Receiver<Message>) {
        let deadline = Instant::now() + STOP_GRACE;
        while self.triggers > 0 {
            match timeout_at(deadline, received.recv()).await {
                Ok(Some(message)) => self.take(message, false).await,
                Ok(None) => break,
                Err(_) => {
                    warn!(triggers = self.triggers, "Stopping without an answer to triggers");
                    break;
                }
            }
        }
        self.outside.abort.cancel();
    }
}
