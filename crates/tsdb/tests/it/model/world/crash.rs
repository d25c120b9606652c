//! What a crash or a failure of the disk leaves, and how it goes on from there.

use regain_model::Timestamp;

use super::{FUTURE_MS, Trouble, World};
use crate::model::expected::Change;

impl World {
    pub(super) fn fail(&mut self) {
        self.fail_with(None);
    }

    /// Goes on after an operation that failed, which may have changed something all the same.
    pub(super) fn fail_with(&mut self, change: Option<Change>) {
        let trouble = self.trouble.take().expect("nothing fails by itself");
        let in_doubt = change.or_else(|| self.in_doubt.take().map(Change::Batch));
        self.trace(&("failed by", trouble));
        self.in_doubt = None;
        if trouble == Trouble::Disk && self.db.is_some() {
            // What failed has not happened.
            self.go_on();
            self.check("after a failure of the disk");
            return;
        }
        self.db = None;
        if trouble == Trouble::Cut {
            self.cut_power();
        } else {
            self.fs.heal();
        }
        self.db = Some(self.open().unwrap());
        self.time_max = i64::MAX;
        let what = match trouble {
            Trouble::Kill => "kills",
            Trouble::Cut => "power cuts",
            Trouble::Disk => "failures of the disk",
        };
        self.count(what, 1);
        self.adopt(trouble, in_doubt);
    }

    /// Lets the store recover from a failure of the disk.
    pub(super) fn go_on(&mut self) {
        self.trouble = None;
        self.fs.heal_failures();
        self.time_max = self.now + FUTURE_MS;
        self.db().tick(Timestamp(self.now)).unwrap();
        self.count("failures of the disk", 1);
    }

    fn cut_power(&mut self) {
        let Self { fs, random, .. } = self;
        let names_remain = random.percent(50);
        fs.cut_power_with(names_remain, |unsynced| {
            let kept = random.index(unsynced.len() + 1);
            if random.percent(50) {
                unsynced.truncate(kept);
            } else {
                unsynced[kept..].fill(0);
            }
        });
    }

    /// Takes what was found after a crash for what is expected, where it is one of the things that may be.
    fn adopt(&mut self, trouble: Trouble, in_doubt: Option<Change>) {
        let (found, retained) = (self.found(), self.retained());
        let mut changes = std::mem::take(&mut self.changes);
        changes.extend(in_doubt);
        let last = changes.len();
        // After a kill everything acknowledged is there, and after a power cut a prefix of it.
        let mut candidate = self.durable.clone();
        let mut differences = Vec::new();
        for kept in 0..=last {
            let is_possible = trouble == Trouble::Cut || kept + 1 >= last;
            if is_possible {
                match candidate.difference(&found, retained) {
                    None => {
                        self.count("batches lost", (last - kept) as u64);
                        self.expected = found;
                        self.settle();
                        return;
                    }
                    Some(difference) => differences.push(difference),
                }
            }
            if let Some(change) = changes.get(kept) {
                candidate.apply(change);
            }
        }
        panic!("after {trouble:?} the store holds none of what it may: {differences:?}");
    }
}
