//! One mark for the marks of several stores.
//!
//! It is their sum, which grows with every change of any of them. The first store changes with each batch, the others
//! seldom: whenever one of those has changed, it is noted from which sum on their marks hold, so that a sum can be taken
//! apart again.

use std::collections::VecDeque;

/// So many changes of the other stores are told apart. A mark before them is one that nobody has given.
const CHANGES_MAX: usize = 1024;

/// The marks of stores that were seen together.
#[derive(Debug, Default)]
pub(super) struct JointMarks(VecDeque<Joint>);

#[derive(Debug)]
struct Joint {
    /// The first sum with these marks.
    from: u64,
    others: Vec<u64>,
}

impl JointMarks {
    /// The mark for those of a view of each store, none of which is older than the one before.
    pub(super) fn join(&mut self, first: u64, others: Vec<u64>) -> u64 {
        let sum = others.iter().fold(first, |sum, mark| sum.saturating_add(*mark));
        if self.0.back().is_none_or(|last| last.others != others) {
            if self.0.len() == CHANGES_MAX {
                self.0.pop_front();
            }
            self.0.push_back(Joint { from: sum, others });
        }
        sum
    }

    /// The marks of the first store and of the others, if `mark` was made of them.
    pub(super) fn split(&self, mark: u64) -> Option<(u64, Vec<u64>)> {
        let after = self.0.partition_point(|joint| joint.from <= mark);
        let others = &self.0.get(after.checked_sub(1)?)?.others;
        let first = others.iter().try_fold(mark, |rest, other| rest.checked_sub(*other))?;
        Some((first, others.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_apart_into_what_it_was_made_of_as_long_as_that_is_known() {
        let (mut marks, mut given) = (JointMarks::default(), Vec::new());
        for change in 1..=(CHANGES_MAX as u64 + 10) {
            for first in [change * 3, change * 3 + 1, change * 3 + 1] {
                let others = vec![change, change / 7 + 1];
                given.push((marks.join(first, others.clone()), (first, others)));
            }
        }
        assert!(given.is_sorted_by_key(|(mark, _)| *mark));
        let (forgotten, known) = given.split_at(30);
        for (mark, of) in known {
            assert_eq!(marks.split(*mark).as_ref(), Some(of));
        }
        assert!(forgotten.iter().all(|(mark, _)| marks.split(*mark).is_none()));
        assert_eq!(marks.split(0), None);
    }
}
