//! What one evaluation of a group works with.

use std::time::Duration;

use regain_model::Labels;
use regain_storage::Appendable;

use crate::ask::Ask;
use crate::external_url::ExternalUrl;
use crate::metrics::TemplateCounters;

/// Is the surroundings of one evaluation: its slot, whom to ask, where to write.
pub(crate) struct Scene<'a> {
    /// Is the time that alerts go by.
    pub(crate) slot: Duration,
    /// Queries and samples are this far before the slot.
    pub(crate) query_offset: Duration,
    pub(crate) ask: Ask,
    pub(crate) store: &'a dyn Appendable,
    pub(crate) external_labels: &'a Labels,
    pub(crate) external_url: &'a ExternalUrl,
    pub(crate) resend_delay: Duration,
    pub(crate) templates: &'a TemplateCounters,
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").field("slot", &self.slot).finish_non_exhaustive()
    }
}
