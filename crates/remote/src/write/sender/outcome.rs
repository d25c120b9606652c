//! What became of a request.

use crate::write::problem::Problems;

/// What became of a request that was not dropped whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Numbers that were accepted.
    pub samples: u64,
    /// Native histograms that were accepted.
    pub histograms: u64,
    /// Series that did not exist before.
    pub series_created: u64,
    /// What was skipped because labels are invalid: series in 1.0, samples and histograms in 2.0, as upstream counts.
    pub invalid: u64,
    /// Samples that were skipped because one of the same series before them in the request is as new. What
    /// a request says of itself does not make it fail, as it does not upstream.
    pub samples_skipped: u64,
    /// Exemplars that were skipped, because the store has no place for them.
    pub exemplars_skipped: u64,
    /// Metadata: entries in 1.0 and series that have some in 2.0. Upstream's receiver shows none of it either.
    pub metadata_skipped: u64,
    /// What is wrong with the parts that were left out; always empty in 1.0, where it ends the request.
    pub problems: Problems,
}
