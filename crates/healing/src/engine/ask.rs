//! Questions to the outside, each a task whose answer goes back to the owner.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::EscalationSink;
use super::owner::Message;
use crate::machine::{Answer, Command, Event, Question};
use crate::metrics::Metrics;
use crate::order::{Backend, Handle, Progress, Triggered};
use crate::verify::{Ask, Freshness, judge};

/// How long a receiver may take.
const TELL_MAX: Duration = Duration::from_secs(30);
/// How long a query may take.
const JUDGE_MAX: Duration = Duration::from_secs(30);

/// Whom to ask.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) asker: Arc<dyn Ask>,
    pub(crate) sink: Arc<dyn EscalationSink>,
    /// The owner, who does not wait for itself to let go of it.
    pub(crate) messages: mpsc::WeakSender<Message>,
    pub(crate) tasks: TaskTracker,
    /// Ends all questions.
    pub(crate) abort: CancellationToken,
}

impl Outside {
    /// Asks a backend, or tells a receiver.
    pub(crate) fn carry_out(&self, command: Command, metrics: &Metrics) {
        let backend = Arc::clone(&self.backend);
        match command {
            Command::Trigger(question) => {
                self.ask(async move { trigger(&*backend, question).await });
            }
            Command::Lookup(question) => self.ask(async move {
                let found = backend.lookup(&question.order).await;
                vec![answered(&question, Answer::Found(found))]
            }),
            Command::Poll(question, handle) => {
                self.ask(async move { poll(&*backend, question, handle).await });
            }
            Command::Cancel(question, handle) => self.ask(async move {
                let cancelled = backend.cancel(&question.order, &handle).await;
                let note = noted(&*backend, &question, &handle).await;
                vec![note, answered(&question, Answer::Cancelled(cancelled))]
            }),
            Command::Tell(escalation) => {
                let (sink, counts) = (Arc::clone(&self.sink), metrics.escalations.clone());
                self.ask(async move {
                    let told = timeout(TELL_MAX, sink.escalate(&escalation)).await;
                    let failure = match told {
                        Ok(Ok(())) => None,
                        Ok(Err(error)) => Some(error.to_string()),
                        Err(_) => Some("no answer in time".to_owned()),
                    };
                    if let Some(why) = &failure {
                        let receiver = &*escalation.receiver;
                        warn!(receiver, why, "Healing could not tell a receiver");
                    }
                    counts.with(&[if failure.is_none() { "told" } else { "failed" }]).inc();
                    vec![Event::Told { sequence: escalation.sequence, failure }]
                });
            }
            Command::Persist { .. } | Command::Verify { .. } | Command::Guard { .. } => {}
        }
    }

    /// Asks about health.
    pub(crate) fn judge(&self, command: Command, now: Timestamp) {
        let asker = Arc::clone(&self.asker);
        match command {
            Command::Verify { run, token, query, newer_than, fresh } => self.ask(async move {
                let freshness = Freshness { newer_than, age_max: fresh };
                match timeout(JUDGE_MAX, judge(&*asker, &query, now, freshness)).await {
                    Ok(verdict) => {
                        vec![Event::Answered { run, token, answer: Answer::Verdict(verdict) }]
                    }
                    Err(_) => Vec::new(),
                }
            }),
            Command::Guard { token, query, fresh } => self.ask(async move {
                let newer_than = now.saturating_sub(fresh).unwrap_or(Timestamp::MIN);
                let freshness = Freshness { newer_than, age_max: fresh };
                match timeout(JUDGE_MAX, judge(&*asker, &query, now, freshness)).await {
                    Ok(verdict) => vec![Event::Guarded { token, verdict }],
                    Err(_) => Vec::new(),
                }
            }),
            _ => {}
        }
    }

    fn ask(&self, question: impl Future<Output = Vec<Event>> + Send + 'static) {
        let (messages, abort) = (self.messages.clone(), self.abort.clone());
        self.tasks.spawn(async move {
            let events = tokio::select! {
                biased;
                () = abort.cancelled() => return,
                events = question => events,
            };
            let Some(messages) = messages.upgrade() else { return };
            for event in events {
                tokio::select! {
                    biased;
                    () = abort.cancelled() => return,
                    _ = messages.send(Message::Event(event)) => {}
                }
            }
        });
    }
}

async fn trigger(backend: &dyn Backend, question: Question) -> Vec<Event> {
    let answer = match timeout(question.order.deadline, backend.trigger(&question.order)).await {
        Ok(answer) => answer,
        Err(_) => Triggered::Unknown { why: "the trigger was not answered in time".to_owned() },
    };
    let mut events = Vec::new();
    if let Triggered::Started(handle) = &answer {
        events.push(noted(backend, &question, handle).await);
    }
    events.push(answered(&question, Answer::Triggered(answer)));
    events
}

async fn poll(backend: &dyn Backend, question: Question, handle: Handle) -> Vec<Event> {
    let progress = backend.poll(&question.order, &handle).await;
    let handle = match &progress {
        Progress::Queued { handle, .. } | Progress::Running { handle, .. } => handle.clone(),
        _ => handle,
    };
    let note = noted(backend, &question, &handle).await;
    vec![note, answered(&question, Answer::Progress(progress))]
}

/// What a human can look at.
async fn noted(backend: &dyn Backend, question: &Question, handle: &Handle) -> Event {
    let link = backend.link(&question.order, handle);
    let log = backend.log(&question.order, handle).await;
    Event::Noted { run: question.run.clone(), link, log }
}

fn answered(question: &Question, answer: Answer) -> Event {
    Event::Answered { run: question.run.clone(), token: question.token, answer }
}
