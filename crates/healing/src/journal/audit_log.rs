//! The decisions in memory, to be asked for.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::machine::{Decision, Entry};

/// The decisions that can be asked for; older ones are in the files only.
pub(super) const ENTRIES_MAX: usize = 20_000;
/// The most entries of one answer.
pub(super) const PAGE_MAX: usize = 1000;

/// Which decisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// How many at most; at most 1000.
    pub limit: usize,
    /// Those with a lower number.
    pub before: Option<u64>,
    /// Those of this kind.
    pub decision: Option<Decision>,
    /// Those of this remediation.
    pub remediation: Option<String>,
}

/// Decisions, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The decisions.
    pub entries: Vec<Arc<Entry>>,
    /// What to ask for `before` to get the next page; nothing where there is none.
    pub next: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct AuditLog(VecDeque<Arc<Entry>>);

impl AuditLog {
    /// Takes a decision; one that is known already is left out.
    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        if self.0.back().is_some_and(|last| last.sequence >= entry.sequence) {
            return;
        }
        if self.0.len() >= ENTRIES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    pub(super) fn page(&self, query: &AuditQuery) -> AuditPage {
        let wanted = |entry: &&Arc<Entry>| {
            query.before.is_none_or(|before| entry.sequence < before)
                && query.decision.is_none_or(|decision| entry.decision == decision)
                && query.remediation.as_ref().is_none_or(|name| *name == *entry.remediation)
        };
        let limit = query.limit.clamp(1, PAGE_MAX);
        let mut found = self.0.iter().rev().filter(wanted);
        let entries: Vec<Arc<Entry>> = found.by_ref().take(limit).cloned().collect();
        let more = found.next().is_some();
        let next = entries.last().filter(|_| more).map(|last| last.sequence);
        AuditPage { entries, next }
    }
}
