//! What pages and the command line show of healing.

use std::sync::Arc;

use crate::machine::{Machine, Past, Pause, Run};
use crate::settings::{Remediation, RunLimit};

/// Healing as it stands after a step.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// What is stopped.
    pub pauses: Vec<Pause>,
    /// The remediations, in their order.
    pub remediations: Vec<RemediationView>,
    /// The runs, the newest first: those that go on, and the last 200 that have ended.
    pub runs: Vec<Arc<Run>>,
    /// The targets that want healing.
    pub waiting: usize,
    /// Whether nothing is healed because too many targets are ill.
    pub storm: bool,
    /// What of the journal is not as it was written.
    pub damage: Arc<[String]>,
}

/// A remediation and what it has done.
#[derive(Clone, Debug)]
pub struct RemediationView {
    /// What it is.
    pub settings: Arc<Remediation>,
    /// Its limits, each with the runs that the target with the most of them has used.
    pub limits: Vec<(RunLimit, u32)>,
    /// The runs that go on.
    pub running: usize,
    /// The runs that have healed, as far back as limits remember.
    pub succeeded: usize,
    /// The runs that have not.
    pub failed: usize,
    /// Whether its breaker keeps it from acting.
    pub breaker_open: bool,
}

impl View {
    /// Shows a machine.
    pub(crate) fn of(machine: &Machine, damage: &Arc<[String]>) -> Self {
        let mut runs: Vec<Arc<Run>> = machine.live().map(|run| Arc::new(run.clone())).collect();
        runs.extend(machine.ended().rev().cloned());
        runs.sort_by_key(|run| std::cmp::Reverse(run.started.steady));
        let remediations = machine.settings().list.iter().zip(machine.pasts());
        Self {
            pauses: machine.pauses().cloned().collect(),
            remediations: remediations
                .map(|(settings, past)| RemediationView::of(machine, settings, past))
                .collect(),
            runs,
            waiting: machine.waiting(),
            storm: machine.in_storm(),
            damage: Arc::clone(damage),
        }
    }

    /// The run with that id.
    pub fn run(&self, id: &str) -> Option<&Arc<Run>> {
        self.runs.iter().find(|run| run.id.as_str() == id)
    }
}

impl RemediationView {
    fn of(machine: &Machine, settings: &Arc<Remediation>, past: Past) -> Self {
        let Past { succeeded, failed, used } = past;
        Self {
            limits: settings.limits.max.iter().copied().zip(used).collect(),
            running: machine.live_of(&settings.name),
            succeeded,
            failed,
            breaker_open: machine.open_breakers().any(|(name, _)| *name == settings.name),
            settings: Arc::clone(settings),
        }
    }
}

#[cfg(test)]
mod tests;
