//! When groups are due, told across processes.

use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

/// What a group is recognised by after a restart or under another routing tree: its key, as receivers and the
/// notification log know it, and the receiver.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupName {
    pub(crate) group_key: Arc<str>,
    pub(crate) receiver: Arc<str>,
}

/// When a group is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    pub(crate) name: GroupName,
    pub(crate) next: Timestamp,
    pub(crate) has_flushed: bool,
}

/// What the journal is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimerChange {
    Set(Timer),
    Cleared(GroupName),
}

/// What is known of timers beyond the groups that live.
#[derive(Debug)]
pub(super) struct Timers {
    is_kept: bool,
    changes: Vec<TimerChange>,
    /// Timers of groups that have not come to life in this process yet.
    remembered: HashMap<GroupName, Timer>,
    /// Whether alerts come from the last process still, so that their groups are as old as they are.
    is_restoring: bool,
}

impl Timers {
    pub(super) fn new(is_kept: bool) -> Self {
        Self { is_kept, changes: Vec::new(), remembered: HashMap::new(), is_restoring: true }
    }

    pub(super) fn set(&mut self, timer: Timer) {
        if self.is_kept {
            self.changes.push(TimerChange::Set(timer));
        }
    }

    pub(super) fn clear(&mut self, name: &GroupName) {
        if self.is_kept {
            self.changes.push(TimerChange::Cleared(name.clone()));
        }
    }

    pub(super) const fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    pub(super) fn take_changes(&mut self) -> Vec<TimerChange> {
        std::mem::take(&mut self.changes)
    }

    pub(super) fn remember(&mut self, timer: Timer) {
        if self.is_kept {
            self.remembered.insert(timer.name.clone(), timer);
        }
    }

    /// The timer of a group that comes to life. Where its alerts are new to this process, a timer that has run out
    /// does not count: nobody was there to notify in time, and the group is as good as new.
    pub(super) fn recall(&mut self, name: &GroupName, now: Timestamp) -> Option<Timer> {
        self.remembered.remove(name).filter(|timer| self.is_restoring || timer.next > now)
    }

    pub(super) fn restored(&mut self, now: Timestamp) {
        self.is_restoring = false;
        self.forget_past(now);
    }

    pub(super) fn forget_past(&mut self, now: Timestamp) {
        self.remembered.retain(|_, timer| timer.next > now);
    }

    pub(super) fn remembered(&self) -> impl Iterator<Item = Timer> {
        let mut timers: Vec<_> = self.remembered.values().cloned().collect();
        timers.sort_by(|a, b| a.name.cmp(&b.name));
        timers.into_iter()
    }
}
