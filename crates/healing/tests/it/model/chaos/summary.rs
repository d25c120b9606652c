//! What a run of the model has seen.

use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) steps: u64,
    pub(crate) calm_steps: u64,
    pub(crate) crashes: u64,
    pub(crate) clock_steps: u64,
    pub(crate) failed_writes: u64,
    pub(crate) lost_answers: u64,
    pub(crate) triggers: u64,
    pub(crate) runs: BTreeMap<String, u64>,
    pub(crate) decisions: BTreeMap<String, u64>,
}
