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
    /// Exemplars that were accepted.
    pub exemplars: u64,
    /// Exemplars that were not: the store keeps none, their series is not known, they are too long, too new or, in 1.0, out
    /// of order. They never make a request of 1.0 fail, as they do not upstream.
    pub exemplars_skipped: u64,
    /// Metadata: entries in 1.0 and series that have some in 2.0.
    pub metadata: u64,
    /// Samples that were left out because a limit refuses their series.
    pub over_limit: u64,
    /// What is wrong with the parts that were left out. In 1.0 these are only samples over a limit: anything else ends the
    /// request.
    pub problems: Problems,
}
