//! The limits on series of an open store.

use super::{Db, Inner};
use crate::limits::{LimitsState, SeriesLimits, candidates};

impl Db {
    /// Holds new series to these limits from now on. Series that are known go on.
    pub fn set_limits(&self, limits: SeriesLimits) {
        self.0.admission.set(limits);
    }

    /// Tells how much memory the process has in use, in bytes; the next tick acts on it.
    pub fn note_memory(&self, used_bytes: u64) {
        self.0.admission.note_memory(used_bytes);
    }

    /// What the limits do, with the `top` jobs and metrics with most refused series; 0 for all.
    pub fn limits(&self, top: usize) -> LimitsState {
        self.0.admission.state(top)
    }
}

impl Inner {
    /// Refuses new series of more jobs or of fewer, as the memory in use is.
    pub(super) fn look_at_memory(&self, now: i64) {
        self.admission.look_at_memory(now, || candidates(&self.index()));
    }
}
