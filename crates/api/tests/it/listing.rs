//! Targets that nobody scrapes.

use std::collections::BTreeMap;

use regain_api::{ActiveTarget, DroppedTargets, TargetListing, TargetMetadata};

#[derive(Default)]
pub(crate) struct Listing(pub(crate) BTreeMap<String, Pool>);

#[derive(Default)]
pub(crate) struct Pool {
    pub(crate) active: Vec<ActiveTarget>,
    pub(crate) dropped: DroppedTargets,
    pub(crate) metadata: Vec<TargetMetadata>,
}

impl TargetListing for Listing {
    fn pools(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn active(&self, pool: &str) -> Vec<ActiveTarget> {
        self.0[pool].active.clone()
    }

    fn dropped(&self, pool: &str) -> DroppedTargets {
        self.0[pool].dropped.clone()
    }

    fn metadata(&self, pool: &str, metric: &str) -> Vec<TargetMetadata> {
        let mut metadata = self.0[pool].metadata.clone();
        for target in &mut metadata {
            target.families.retain(|family| metric.is_empty() || family.name == metric);
        }
        metadata
    }
}
