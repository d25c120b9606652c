//! What an entry of the cache remembers about its last sighting, in four bytes.

/// Holds the iteration of the last sighting above two bits: whether a staleness marker is due when the series vanishes
/// after it, and whether one was due when the iteration began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u32);

const DUE: u32 = 1;
const WAS_DUE: u32 = 2;
const FLAG_BITS: u32 = 2;
const ITERATION_MAX: u32 = u32::MAX >> FLAG_BITS;

impl Mark {
    /// Is the mark of an entry that was never seen; iterations count from 1.
    pub(super) const fn unseen() -> Self {
        Self(0)
    }

    /// Returns the iteration after this one.
    pub(super) const fn next_iteration(iteration: u32) -> u32 {
        if iteration >= ITERATION_MAX { 1 } else { iteration + 1 }
    }

    /// Tells whether the sighting was in this iteration.
    #[inline]
    pub(super) const fn is_of(self, iteration: u32) -> bool {
        self.0 >> FLAG_BITS == iteration
    }

    pub(super) const fn is_tracked(self) -> bool {
        self.0 & DUE != 0
    }

    /// Returns the mark of a first sighting in this iteration.
    #[inline]
    pub(super) const fn seen(self, iteration: u32, tracked: bool) -> Self {
        let was_due = if self.was_due(iteration) { WAS_DUE } else { 0 };
        Self(iteration << FLAG_BITS | was_due | tracked as u32)
    }

    pub(super) const fn untracked(self) -> Self {
        Self(self.0 & !DUE)
    }

    /// Tells whether a marker was due when this iteration began.
    #[inline]
    pub(super) const fn was_due(self, iteration: u32) -> bool {
        if self.is_of(iteration) {
            self.0 & WAS_DUE != 0
        } else {
            Self::next_iteration(self.0 >> FLAG_BITS) == iteration && self.is_tracked()
        }
    }

    /// Tells whether the series was due a marker when this iteration began and no longer counts as there.
    pub(super) const fn vanished(self, iteration: u32) -> bool {
        self.was_due(iteration) && !(self.is_of(iteration) && self.is_tracked())
    }
}
