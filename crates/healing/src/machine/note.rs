//! Writing the audit.

use std::sync::Arc;

use regain_alerting::Fingerprint;
use regain_model::Labels;

use super::Machine;
use super::audit::{Decision, Entry, Reason};
use super::record::Record;
use super::run::Run;
use crate::order::ExecutionId;

/// The longest detail of an entry, in bytes: backends write part of it.
const DETAIL_BYTES_MAX: usize = 1024;

/// An entry that has no number yet.
#[derive(Debug)]
pub(crate) struct Note {
    decision: Decision,
    reason: Option<Reason>,
    remediation: Arc<str>,
    target: Labels,
    alert: Option<Fingerprint>,
    run: Option<ExecutionId>,
    detail: String,
}

impl Note {
    pub(crate) fn new(decision: Decision, detail: impl Into<String>) -> Self {
        Self {
            decision,
            reason: None,
            remediation: "".into(),
            target: Labels::empty(),
            alert: None,
            run: None,
            detail: cut(detail.into()),
        }
    }

    pub(crate) fn reason(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub(crate) fn of(self, remediation: &Arc<str>, target: &Labels) -> Self {
        Self { remediation: Arc::clone(remediation), target: target.clone(), ..self }
    }

    pub(crate) fn alert(self, alert: Fingerprint) -> Self {
        Self { alert: Some(alert), ..self }
    }

    pub(crate) fn run(self, run: &Run) -> Self {
        Self { run: Some(run.id.clone()), ..self }
            .of(&run.remediation, &run.target)
            .alert(run.alert.fingerprint)
    }
}

/// Shortens a text at a letter.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > DETAIL_BYTES_MAX {
        text.truncate(text.floor_char_boundary(DETAIL_BYTES_MAX));
        text.push('…');
    }
    text
}

impl Machine {
    /// Writes an entry.
    pub(crate) fn note(&mut self, note: Note) {
        let Note { decision, reason, remediation, target, alert, run, detail } = note;
        let sequence = self.next_sequence();
        let at = self.now.wall;
        let entry =
            Entry { sequence, at, decision, reason, remediation, target, alert, run, detail };
        self.records.push(Record::Entry(Arc::new(entry)));
    }

    /// The number of the next entry or escalation.
    pub(crate) fn next_sequence(&mut self) -> u64 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }
}
