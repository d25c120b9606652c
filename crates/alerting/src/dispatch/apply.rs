//! A new routing tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::group::Group;
use super::{Dispatcher, GroupName, GroupNumber};
use crate::alert::{Alert, Fingerprint};
use crate::clock::later;
use crate::route::RouteTree;

impl Dispatcher {
    /// Routes everything anew by another tree: `alerts`, and what only groups still hold.
    ///
    /// Where state is kept, a group that the new tree has, too, goes on as it was, even while it is flushing. Where
    /// it is not, all groups start anew, and upstream's rule for old alerts flushes most of them at once.
    pub(crate) fn apply(&mut self, now: Timestamp, tree: RouteTree, alerts: &[Arc<Alert>]) {
        let old = std::mem::take(&mut self.groups);
        self.by_labels.clear();
        self.deadlines.clear();
        self.tree = tree;
        let mut all: BTreeMap<Fingerprint, Arc<Alert>> = BTreeMap::new();
        if self.options.keep_state {
            // What has resolved may have left the store, but somebody is still to be told.
            let held = old.values().flat_map(|group| &group.alerts);
            all.extend(held.map(|(fingerprint, alert)| (*fingerprint, Arc::clone(alert))));
        }
        all.extend(alerts.iter().map(|alert| (alert.fingerprint(), Arc::clone(alert))));
        for alert in all.values() {
            self.put(now, alert);
        }
        self.carry_over(now, old);
        self.count();
    }

    fn carry_over(&mut self, now: Timestamp, old: BTreeMap<GroupNumber, Group>) {
        let old_names: Vec<_> = old.values().map(Group::name).collect();
        let mut old: HashMap<GroupName, (GroupNumber, Group)> =
            old.into_iter().map(|(number, group)| (group.name(), (number, group))).collect();
        let new_numbers: Vec<_> = self.groups.keys().copied().collect();
        for new_number in new_numbers {
            let name = self.groups[&new_number].name();
            let Some((number, before)) = old.remove(&name) else { continue };
            let mut group = self.groups.remove(&new_number).expect("its number was just listed");
            group.marks.muted_by.clone_from(&before.marks.muted_by);
            self.deadlines.remove(&(group.next, new_number));
            if self.options.keep_state && !before.destroyed {
                group.has_flushed = before.has_flushed;
                group.is_flushing = before.is_flushing;
                group.marks = before.marks;
                group.next = before.next.min(later(now, group.wait_after(group.has_flushed)));
                self.timers.set(group.timer());
            }
            // With state, a flush that is under way finds its group; without, it must not.
            let number = if self.options.keep_state { number } else { new_number };
            if let Some(of_route) = self.by_labels.get_mut(&group.route.index()) {
                of_route.insert(group.labels.clone(), number);
            }
            if !group.is_flushing {
                self.deadlines.insert((group.next, number));
            }
            self.groups.insert(number, group);
        }
        for name in old_names.iter().filter(|name| old.contains_key(*name)) {
            self.timers.clear(name);
        }
    }
}
