//! The series that have a label pair, as runs of ascending ids.
//!
//! Series of one target are created one after another, so most lists are few long runs: a run takes
//! two varints, a pair with a single series no heap at all.
#![expect(clippy::cast_possible_truncation, reason = "gaps and runs of u32 ids")]

use crate::wire::{Cursor, put_varint};

/// A set of ids, most of which come ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    /// Closed runs: the gap to the end of the run before, and the length.
    closed: Vec<u8>,
    closed_end: u32,
    start: u32,
    length: u32,
    count: u32,
    /// Ids that came back, and have no place in the runs until there are some of them.
    returned: Option<Box<Returned>>,
}

/// A few ids, ascending.
#[derive(Clone, Debug, Default)]
struct Returned(Vec<u32>);

/// When there are so many ids that came back, the runs are written anew with them.
const RETURNED_MAX: usize = 64;

impl Postings {
    /// Adds `id`, which is not in the set.
    pub(crate) fn insert(&mut self, id: u32) {
        if self.length == 0 || id >= self.start + self.length {
            return self.push(id);
        }
        self.count += 1;
        let returned = self.returned.get_or_insert_default();
        let at = returned.0.partition_point(|&other| other < id);
        returned.0.insert(at, id);
        if returned.0.len() > RETURNED_MAX {
            let all = IdSet::of(self);
            *self = Self::default();
            all.iter().for_each(|id| self.push(id));
        }
    }

    /// Adds `id`, which is larger than every id before.
    pub(crate) fn push(&mut self, id: u32) {
        debug_assert!(self.length == 0 || id >= self.start + self.length, "ids ascend");
        self.count += 1;
        if self.length > 0 && id == self.start + self.length {
            self.length += 1;
            return;
        }
        if self.length > 0 {
            put_varint(&mut self.closed, u64::from(self.start - self.closed_end));
            put_varint(&mut self.closed, u64::from(self.length));
            self.closed_end = self.start + self.length;
        }
        (self.start, self.length) = (id, 1);
    }

    pub(crate) const fn count(&self) -> usize {
        self.count as usize
    }

    /// The runs of ids, as start and end, ascending; neighbours may touch.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let returned = self.returned.as_ref().map_or(&[][..], |returned| &returned.0);
        let mut returned = returned.iter().map(|&id| (id, id + 1));
        let mut others = self.pushed_runs();
        let (mut next_returned, mut held) = (returned.next(), None);
        std::iter::from_fn(move || {
            let run = held.take().or_else(|| others.next());
            // Most lists have none that came back.
            let Some(id) = next_returned else { return run };
            if run.is_some_and(|run| run < id) {
                return run;
            }
            held = run;
            next_returned = returned.next();
            Some(id)
        })
    }

    /// The runs of ids that came ascending.
    fn pushed_runs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut cursor = Cursor(&self.closed);
        let mut end = 0;
        let closed = std::iter::from_fn(move || {
            let start = end + cursor.varint()? as u32;
            end = start + cursor.varint()? as u32;
            Some((start, end))
        });
        let open = (self.length > 0).then_some((self.start, self.start + self.length));
        closed.chain(open)
    }

    /// How many steps it takes to read the list, roughly.
    pub(super) const fn reading_cost(&self) -> usize {
        self.closed.len() / 2 + 1
    }

    /// The memory held besides the value itself, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        let returned = self.returned.as_ref();
        let returned = returned.map_or(0, |ids| size_of::<Returned>() + ids.0.capacity() * 4);
        self.closed.capacity() + returned
    }
}

/// A sorted set of ids as runs, which sets of matchers are computed with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IdSet(Vec<(u32, u32)>);

impl IdSet {
    pub(crate) fn of(postings: &Postings) -> Self {
        let runs = postings.runs().collect();
        if postings.returned.is_none() { Self(runs) } else { Self::merged(runs) }
    }

    /// Of ids that ascend.
    pub(crate) fn ascending(ids: impl Iterator<Item = u32>) -> Self {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for id in ids {
            match runs.last_mut() {
                Some(last) if last.1 == id => last.1 = id + 1,
                _ => runs.push((id, id + 1)),
            }
        }
        Self(runs)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an id is in the set.
    pub(crate) fn contains(&self, id: u32) -> bool {
        let at = self.0.partition_point(|&(_, end)| end <= id);
        self.0.get(at).is_some_and(|&(start, _)| start <= id)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|&(start, end)| (end - start) as usize).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|&(start, end)| start..end)
    }

    /// The union of many lists.
    pub(crate) fn union<'a>(lists: impl IntoIterator<Item = &'a Postings>) -> Self {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        let mut lists = lists.into_iter().peekable();
        if let Some(first) = lists.next() {
            runs.extend(first.runs());
        }
        if lists.peek().is_some() {
            runs.extend(lists.flat_map(Postings::runs));
            runs.sort_unstable();
        }
        Self::merged(runs)
    }

    /// The ids that are in one or in both.
    pub(crate) fn unite(&self, other: &Self) -> Self {
        let mut runs = [&*self.0, &*other.0].concat();
        runs.sort_unstable();
        Self::merged(runs)
    }

    /// Of sorted runs, which may overlap.
    fn merged(runs: Vec<(u32, u32)>) -> Self {
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(runs.len());
        for (start, end) in runs {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        Self(merged)
    }

    /// Keeps the ids that `keep` wants.
    pub(crate) fn retain(&self, mut keep: impl FnMut(u32) -> bool) -> Self {
        Self::ascending(self.iter().filter(|&id| keep(id)))
    }

    /// The ids of a list that are in the set, in little time where the list is short.
    pub(crate) fn of_list<'a>(&'a self, list: &'a Postings) -> impl Iterator<Item = u32> + 'a {
        list.runs().flat_map(|(start, end)| {
            let first = self.0.partition_point(|&(_, here)| here <= start);
            let here = self.0[first..].iter().take_while(move |&&(from, _)| from < end);
            here.flat_map(move |&(from, to)| from.max(start)..to.min(end))
        })
    }

    /// The ids that are in both.
    pub(crate) fn intersect(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(&&(a_start, a_end)), Some(&&(b_start, b_end))) = (a.peek(), b.peek()) {
            let (start, end) = (a_start.max(b_start), a_end.min(b_end));
            if start < end {
                out.push((start, end));
            }
            if a_end <= b_end {
                a.next();
            } else {
                b.next();
            }
        }
        Self(out)
    }

    /// The ids that are here and not in `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let mut cuts = other.0.iter().copied().peekable();
        for &(mut start, end) in &self.0 {
            while start < end {
                while cuts.next_if(|cut| cut.1 <= start).is_some() {}
                match cuts.peek() {
                    Some(&(cut_start, cut_end)) if cut_start < end => {
                        if start < cut_start {
                            out.push((start, cut_start));
                        }
                        start = cut_end.min(end);
                    }
                    _ => {
                        out.push((start, end));
                        break;
                    }
                }
            }
        }
        Self(out)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn postings(ids: &BTreeSet<u32>) -> Postings {
        let mut postings = Postings::default();
        for &id in ids {
            postings.push(id);
        }
        postings
    }

    proptest! {
        #[test]
        fn ids_that_come_back_are_in_their_place(
            ids in Just((0..300_u32).collect::<Vec<_>>()).prop_shuffle(),
            count in 0..300_usize,
        ) {
            let mut postings = Postings::default();
            ids[..count].iter().for_each(|&id| postings.insert(id));
            let expected: BTreeSet<u32> = ids[..count].iter().copied().collect();
            prop_assert_eq!(postings.count(), count);
            prop_assert!(postings.runs().is_sorted());
            prop_assert_eq!(IdSet::of(&postings), IdSet::ascending(expected.into_iter()));
        }

        #[test]
        fn sets_behave_like_sets(
            a in prop::collection::btree_set(0..300_u32, 0..80),
            b in prop::collection::btree_set(0..300_u32, 0..80),
        ) {
            let (left, right) = (postings(&a), postings(&b));
            prop_assert_eq!(left.count(), a.len());
            let both = IdSet::union([&left, &right]);
            prop_assert!(IdSet::of(&left).of_list(&right).eq(a.intersection(&b).copied()));
            let (left, right) = (IdSet::of(&left), IdSet::of(&right));
            prop_assert!(left.iter().eq(a.iter().copied()));
            prop_assert_eq!(left.count(), a.len());
            prop_assert!(both.iter().eq(a.union(&b).copied()));
            prop_assert_eq!(&left.unite(&right), &both);
            prop_assert!(left.intersect(&right).iter().eq(a.intersection(&b).copied()));
            prop_assert!(left.without(&right).iter().eq(a.difference(&b).copied()));
            let odd = left.retain(|id| id % 2 == 1);
            prop_assert!(odd.iter().eq(a.iter().copied().filter(|id| id % 2 == 1)));
            prop_assert_eq!(IdSet::default().is_empty(), true);
        }
    }
}
