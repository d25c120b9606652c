//! The dispatcher: puts alerts into groups and says when each group is to be notified.
//!
//! It is synchronous and reads no clock: alerts come in with the time, [`Dispatcher::due`] hands out what is to be
//! notified, and [`Dispatcher::flushed`] takes the outcome back. In between the group waits; there is never more
//! than one flush of a group under way.
//!
//! **Invariants.** A group's next flush is set before the present one runs, `group_interval` after the moment at
//! which it was started. A group without alerts is never due. Resolved alerts leave a group only after a flush that
//! told of them, and only if nothing was heard of them since.

mod apply;
mod group;
mod timer;
mod views;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use jiff::{SignedDuration, Timestamp};
use regain_model::Labels;

use self::group::Group;
use self::timer::Timers;
use crate::alert::Alert;
use crate::clock::{later, shifted};
use crate::metrics::DispatchMetrics;
use crate::route::{Route, RouteTree};

pub(crate) use self::group::Marks;
pub(crate) use self::timer::{GroupName, Timer, TimerChange};
pub(crate) use self::views::GroupFacts;

/// The shortest time that a flush gets, whatever the group's interval.
const FLUSH_TIMEOUT_MIN: Duration = Duration::from_secs(10);

/// How groups are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DispatchOptions {
    /// Nothing is due before.
    pub(crate) start_at: Timestamp,
    /// The most groups; 0 is no limit.
    pub(crate) groups_max: usize,
    /// Whether groups and timers outlive a new routing tree and, through the journal, the process.
    pub(crate) keep_state: bool,
}

/// Names a group for as long as it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupNumber(u64);

/// A group that is to be notified.
#[derive(Clone, Debug)]
pub(crate) struct Flush {
    pub(crate) group: GroupNumber,
    pub(crate) route: Arc<Route>,
    pub(crate) group_key: Arc<str>,
    pub(crate) group_labels: Labels,
    /// In the order in which receivers are told of them; `ends_at` is `None` for what fires.
    pub(crate) alerts: Vec<Arc<Alert>>,
    /// When the flush was due.
    pub(crate) now: Timestamp,
    /// How long it may take.
    pub(crate) timeout: Duration,
}

/// All groups.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    options: DispatchOptions,
    metrics: DispatchMetrics,
    tree: RouteTree,
    groups: BTreeMap<GroupNumber, Group>,
    /// The groups of each node of the tree, by the node's index and the group's labels.
    by_labels: HashMap<usize, HashMap<Labels, GroupNumber>>,
    /// When the groups that have alerts and no flush under way are due.
    deadlines: BTreeSet<(Timestamp, GroupNumber)>,
    next_number: u64,
    timers: Timers,
}

impl Dispatcher {
    /// Starts without groups.
    pub(crate) fn new(options: DispatchOptions, tree: RouteTree, metrics: DispatchMetrics) -> Self {
        Self {
            options,
            metrics,
            tree,
            groups: BTreeMap::new(),
            by_labels: HashMap::new(),
            deadlines: BTreeSet::new(),
            next_number: 0,
            timers: Timers::new(options.keep_state),
        }
    }

    /// The tree that alerts are routed by.
    pub(crate) const fn tree(&self) -> &RouteTree {
        &self.tree
    }

    /// Puts an alert into the group of each node that it is routed to.
    pub(crate) fn put(&mut self, now: Timestamp, alert: &Arc<Alert>) {
        let metrics = self.metrics.clone();
        let _timed = metrics.processing.start();
        let fingerprint = alert.fingerprint();
        for route in self.tree.matching(&alert.labels) {
            let labels = route.group_labels(&alert.labels);
            let here = self.number_of(&route, &labels);
            let live = here
                .and_then(|number| self.groups.get_mut(&number))
                .filter(|group| !group.destroyed);
            match live {
                Some(group) => group.insert(fingerprint, alert),
                None => self.create(now, &route, labels, alert),
            }
        }
    }

    /// The groups that are to be notified at `now`, the longest due first. Each must be given back to
    /// [`Dispatcher::flushed`].
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Flush> {
        let mut flushes = Vec::new();
        if now < self.options.start_at {
            return flushes;
        }
        while let Some((due, number)) =
            self.deadlines.first().copied().filter(|(due, _)| *due <= now)
        {
            self.deadlines.remove(&(due, number));
            let group = self.groups.get_mut(&number).expect("a deadline belongs to a group");
            let interval = group.route.options.group_interval;
            group.next = later(now, interval);
            group.is_flushing = true;
            group.has_flushed = true;
            self.timers.set(group.timer());
            flushes.push(Flush {
                group: number,
                route: Arc::clone(&group.route),
                group_key: Arc::clone(&group.key),
                group_labels: group.labels.clone(),
                alerts: group.snapshot(now),
                now: due,
                timeout: interval.max(FLUSH_TIMEOUT_MIN),
            });
        }
        flushes
    }

    /// When [`Dispatcher::due`] has something to hand out.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        let (due, _) = self.deadlines.first()?;
        Some((*due).max(self.options.start_at))
    }

    /// Takes the outcome of a flush. What has resolved leaves the group after a success, unless something was heard
    /// of it meanwhile. A flush of a group that is no more changes nothing.
    pub(crate) fn flushed(&mut self, flush: &Flush, is_success: bool) {
        let Some(group) = self.groups.get_mut(&flush.group) else { return };
        group.is_flushing = false;
        if is_success {
            group.forget_resolved(&flush.alerts);
        }
        if group.alerts.is_empty() {
            group.destroyed = true;
            self.timers.clear(&group.name());
        } else {
            self.deadlines.insert((group.next, flush.group));
        }
    }

    /// Sweeps out the groups that have ended, as upstream does every now and then.
    pub(crate) fn sweep(&mut self, now: Timestamp) {
        let ended: Vec<_> = self.groups.extract_if(.., |_, group| group.destroyed).collect();
        for (number, group) in ended {
            self.unlist(number, &group);
        }
        self.timers.forget_past(now);
        self.count();
    }

    /// The wall clock was set by this much: what was waited for is waited for as long as before.
    pub(crate) fn clock_was_set(&mut self, by: SignedDuration) {
        self.deadlines.clear();
        for (number, group) in &mut self.groups {
            group.next = shifted(group.next, by);
            if !group.destroyed && !group.is_flushing {
                self.deadlines.insert((group.next, *number));
            }
        }
        self.options.start_at = shifted(self.options.start_at, by);
    }

    /// Notes what keeps alerts of a group from being notified.
    pub(crate) fn mark(&mut self, group: GroupNumber) -> Option<&mut Marks> {
        self.groups.get_mut(&group).map(|group| &mut group.marks)
    }

    /// Whether there is something to tell the journal.
    pub(crate) const fn has_timer_changes(&self) -> bool {
        self.timers.has_changes()
    }

    /// What changed about timers since the last time this was asked, for the journal.
    pub(crate) fn take_timer_changes(&mut self) -> Vec<TimerChange> {
        self.timers.take_changes()
    }

    /// All timers that the next process wants to know of.
    pub(crate) fn timers(&self) -> Vec<Timer> {
        let live = self.groups.values().filter(|group| !group.destroyed).map(Group::timer);
        self.timers.remembered().chain(live).collect()
    }

    /// Takes in the timers of the last process; each is used by the group that it belongs to, if that comes to life
    /// before the timer ends.
    pub(crate) fn remember(&mut self, timer: Timer) {
        self.timers.remember(timer);
    }

    /// The last process's alerts are all here; what comes now is new to this one.
    pub(crate) fn restored(&mut self, now: Timestamp) {
        self.timers.restored(now);
    }

    fn number_of(&self, route: &Route, labels: &Labels) -> Option<GroupNumber> {
        self.by_labels.get(&route.index())?.get(labels).copied()
    }

    /// Makes a group for its first alert.
    fn create(&mut self, now: Timestamp, route: &Arc<Route>, labels: Labels, alert: &Arc<Alert>) {
        let (count, limit) = (self.groups.len(), self.options.groups_max);
        if limit > 0 && count >= limit {
            self.metrics.limit_reached.inc();
            tracing::error!(
                groups = count,
                limit,
                alert = alert.name(),
                "too many aggregation groups, cannot create new group for alert"
            );
            return;
        }
        let number = GroupNumber(self.next_number);
        self.next_number += 1;
        let mut group = Group::new(Arc::clone(route), labels, now);
        group.insert(alert.fingerprint(), alert);
        if let Some(timer) = self.timers.recall(&group.name(), now) {
            group.next = timer.next.min(later(now, group.wait_after(timer.has_flushed)));
            group.has_flushed = timer.has_flushed;
        } else if later(alert.starts_at, route.options.group_wait) < now {
            // The alert is so old that its group must have waited already, before this process started.
            group.next = now;
        }
        let of_route = self.by_labels.entry(route.index()).or_default();
        if let Some(ended) = of_route.insert(group.labels.clone(), number)
            && let Some(ended) = self.groups.remove(&ended)
        {
            // The mark of the one that had ended stays until the new one is flushed.
            group.marks.muted_by = ended.marks.muted_by;
        }
        self.deadlines.insert((group.next, number));
        self.timers.set(group.timer());
        self.groups.insert(number, group);
        self.count();
    }

    fn unlist(&mut self, number: GroupNumber, group: &Group) {
        if let Some(of_route) = self.by_labels.get_mut(&group.route.index())
            && of_route.get(&group.labels) == Some(&number)
        {
            of_route.remove(&group.labels);
        }
    }

    fn count(&self) {
        self.metrics.groups.set(self.groups.len() as f64);
    }
}

/// Whether this is the same alert as when a flush began.
fn is_unchanged(here: &Alert, flushed: &Alert) -> bool {
    here.updated_at == flushed.updated_at
}

#[cfg(test)]
mod tests;
