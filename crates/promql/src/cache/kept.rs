//! An answer that is kept: when it holds, and which part of it answers another query.

use regain_model::Timestamp;

use super::extent::Extent;
use crate::annotations::Annotation;
use crate::grid::Grid;

/// What a query said beside its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Remarks {
    pub(super) warnings: Vec<Annotation>,
    pub(super) infos: Vec<Annotation>,
}

impl Remarks {
    pub(super) const fn is_empty(&self) -> bool {
        self.warnings.is_empty() && self.infos.is_empty()
    }

    /// Whether each is said because of some step, so that the remarks about several steps are all that
    /// would be said about any of them.
    pub(super) fn are_of_steps(&self) -> bool {
        self.warnings.iter().chain(&self.infos).all(Annotation::is_of_steps)
    }
}

/// An answer that is kept.
///
/// **Invariant.** It is what a query over all its steps would have said at `mark`.
#[derive(Debug)]
pub(super) struct Kept {
    /// The store's mark when it was read, or an earlier one.
    pub(super) mark: u64,
    pub(super) extent: Extent,
    pub(super) remarks: Remarks,
    /// Where the parts of the query stood in its text.
    pub(super) layout: u64,
    /// The most steps that a query has asked for.
    pub(super) longest: usize,
    /// Steps that are known to make all the remarks by themselves.
    pub(super) witness: Grid,
}

impl Kept {
    /// The steps that still hold when the samples from `changed` on may be others; `read_until` tells the last
    /// time that a step reads.
    pub(super) fn valid(
        &self,
        changed: Option<Timestamp>,
        read_until: impl Fn(i64) -> i64,
    ) -> Option<Grid> {
        let Grid { start, step, len } = self.extent.grid;
        let Some(Timestamp(changed)) = changed else { return Some(self.extent.grid) };
        // Later steps read later samples, or the same.
        let (mut valid, mut end) = (0, len);
        while valid < end {
            let middle = valid.midpoint(end);
            if read_until(self.extent.grid.time(middle)) < changed {
                valid = middle + 1;
            } else {
                end = middle;
            }
        }
        (valid > 0).then_some(Grid { start, step, len: valid })
    }

    /// Whether a query over `grid`, of whose steps this one has all, makes the same remarks.
    pub(super) fn is_said_within(&self, grid: &Grid) -> bool {
        let Self { witness, .. } = self;
        self.remarks.is_empty() || grid.start <= witness.start && witness.last() <= grid.last()
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.extent.size_bytes()
    }
}
