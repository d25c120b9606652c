//! People who have to be told, until they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use regain_model::Labels;

use super::Machine;
use super::audit::Decision;
use super::event::{Command, Escalation};
use super::note::Note;
use super::record::Record;
use super::steady::after;
use crate::settings::Backoff;

/// How often a receiver is tried.
const TRIES_MAX: u32 = 10;
/// How long to wait between tries.
const BACKOFF: Backoff = Backoff { initial: Duration::from_secs(10), max: Duration::from_mins(5) };

/// Those that are not told yet.
#[derive(Debug, Default)]
pub(crate) struct Outbox(pub(crate) BTreeMap<u64, Pending>);

#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) escalation: Arc<Escalation>,
    tries: u32,
    next: Timestamp,
}

impl Outbox {
    pub(crate) fn put(&mut self, escalation: Arc<Escalation>, now: Timestamp) {
        let sequence = escalation.sequence;
        self.0.insert(sequence, Pending { escalation, tries: 0, next: now });
    }
}

impl Machine {
    /// Has a receiver told, and writes down that it has to be. Without a receiver the audit alone knows.
    pub(crate) fn escalate(
        &mut self,
        receiver: Option<Arc<str>>,
        escalation: Escalation,
        note: Note,
    ) {
        let Some(receiver) = receiver else {
            return;
        };
        self.note(note);
        let sequence = self.next_sequence();
        let escalation = Arc::new(Escalation { sequence, receiver, ..escalation });
        self.records.push(Record::Escalation(Arc::clone(&escalation)));
        self.outbox.put(escalation, self.now.steady);
    }

    /// Tells people about something that is no run's.
    pub(crate) fn tell_about(
        &mut self,
        receiver: Option<Arc<str>>,
        remediation: &Arc<str>,
        title: String,
        text: String,
    ) {
        let note = Note::new(Decision::Escalated, title.clone()).of(remediation, &Labels::empty());
        let escalation = Escalation {
            sequence: 0,
            at: self.now.wall,
            receiver: "".into(),
            remediation: Arc::clone(remediation),
            labels: Labels::empty(),
            annotations: regain_alerting::Annotations::new(),
            run: None,
            title,
            text,
        };
        self.escalate(receiver, escalation, note);
    }

    /// Tries those whose time has come.
    pub(crate) fn send_due(&mut self) {
        let now = self.now.steady;
        let given_up = |pending: &Pending| pending.tries >= TRIES_MAX && pending.next <= now;
        let silent: Vec<u64> = self
            .outbox
            .0
            .values()
            .filter(|pending| given_up(pending))
            .map(|pending| pending.escalation.sequence)
            .collect();
        for sequence in silent {
            self.told(sequence, Some("no answer".to_owned()));
        }
        for pending in self.outbox.0.values_mut().filter(|pending| pending.next <= now) {
            pending.tries += 1;
            pending.next = after(now, BACKOFF.after(pending.tries) + super::attempt::ANSWER_MAX);
            self.commands.push(Command::Tell(Arc::clone(&pending.escalation)));
        }
    }

    /// Takes the answer of a receiver.
    pub(crate) fn told(&mut self, sequence: u64, failure: Option<String>) {
        let now = self.now.steady;
        let Some(pending) = self.outbox.0.get_mut(&sequence) else { return };
        if let Some(why) = failure {
            if pending.tries < TRIES_MAX {
                pending.next = after(now, BACKOFF.after(pending.tries));
                return;
            }
            let receiver = &pending.escalation.receiver;
            let detail = format!("{receiver} could not be told: {why}");
            let remediation = Arc::clone(&pending.escalation.remediation);
            let note = Note::new(Decision::EscalationFailed, detail);
            self.note(note.of(&remediation, &Labels::empty()));
        }
        self.outbox.0.remove(&sequence);
        self.records.push(Record::EscalationEnded { sequence });
    }
}
