//! What the machine wants to know again after a crash.

use std::sync::Arc;

use jiff::Timestamp;

use super::audit::Entry;
use super::breaker::BreakerState;
use super::event::Escalation;
use super::pause::{Pause, Scope};
use super::run::{Run, Tally};

/// One change of what has to be known again.
#[derive(Clone, Debug)]
pub enum Record {
    /// A run stands there now.
    Run(Arc<Run>),
    /// A run has ended, as limits remember it.
    Tally(Tally),
    /// A decision.
    Entry(Arc<Entry>),
    /// Somebody has stopped healing.
    Pause(Pause),
    /// Somebody lets it go on; earlier episodes in the scope are open again.
    Resume {
        /// What.
        scope: Scope,
        /// When, steadily.
        at: Timestamp,
    },
    /// A breaker stands there now.
    Breaker {
        /// The remediation.
        remediation: Arc<str>,
        /// Where it stands.
        state: BreakerState,
    },
    /// People have to be told.
    Escalation(Arc<Escalation>),
    /// People were told, or it was given up.
    EscalationEnded {
        /// Which.
        sequence: u64,
    },
    /// Everything before this record is said again by those that follow it, but for the audit.
    Snapshot,
}

/// What records say when they are read one after the other.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// The runs, those that have ended included, in the order of their beginning.
    pub runs: Vec<Arc<Run>>,
    /// The runs that have ended, as limits remember them, in the order of their end.
    pub tallies: Vec<Tally>,
    /// What is stopped.
    pub pauses: Vec<Pause>,
    /// The breakers.
    pub breakers: Vec<(Arc<str>, BreakerState)>,
    /// Whom to tell.
    pub escalations: Vec<Arc<Escalation>>,
    /// The number after that of the last decision.
    pub next_sequence: u64,
}

impl Recovered {
    /// Takes the next record.
    pub fn apply(&mut self, record: Record) {
        match record {
            Record::Run(run) => match self.runs.iter_mut().rfind(|known| known.id == run.id) {
                Some(known) => *known = run,
                None => self.runs.push(run),
            },
            Record::Tally(tally) => {
                if !self.tallies.iter().rev().any(|known| known.run == tally.run) {
                    self.tallies.push(tally);
                }
            }
            Record::Entry(entry) => {
                self.next_sequence = self.next_sequence.max(entry.sequence + 1);
            }
            Record::Pause(pause) => {
                self.pauses.retain(|known| known.scope != pause.scope);
                self.pauses.push(pause);
            }
            Record::Resume { scope, at } => {
                self.pauses.retain(|known| known.scope != scope);
                reopen(self.tallies.iter_mut(), &scope, at);
            }
            Record::Breaker { remediation, state } => {
                self.breakers.retain(|(name, _)| *name != remediation);
                self.breakers.push((remediation, state));
            }
            Record::Escalation(escalation) => {
                self.next_sequence = self.next_sequence.max(escalation.sequence + 1);
                self.escalations.push(escalation);
            }
            Record::EscalationEnded { sequence } => {
                self.escalations.retain(|known| known.sequence != sequence);
            }
            Record::Snapshot => {
                *self = Self { next_sequence: self.next_sequence, ..Self::default() };
            }
        }
    }
}

/// Opens the episodes in a scope again that ended before `at`.
pub(crate) fn reopen<'a>(
    tallies: impl Iterator<Item = &'a mut Tally>,
    scope: &Scope,
    at: Timestamp,
) {
    for tally in tallies {
        if tally.ended <= at && scope.covers(&tally.remediation, &tally.target) {
            tally.closes_episode = false;
        }
    }
}
