//! Targets that nobody scrapes.

use std::collections::BTreeMap;

use regain_api::{ActiveTarget, DroppedTargets, PoolCost, TargetListing, TargetMetadata};
use regain_model::relabel::RelabelConfig;

#[derive(Default)]
pub(crate) struct Listing(pub(crate) BTreeMap<String, Pool>);

#[derive(Default)]
pub(crate) struct Pool {
    pub(crate) active: Vec<ActiveTarget>,
    pub(crate) dropped: DroppedTargets,
    pub(crate) metadata: Vec<TargetMetadata>,
    pub(crate) relabel_rules: Vec<RelabelConfig>,
    pub(crate) cost: PoolCost,
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

    fn relabel_rules(&self, pool: &str) -> Option<Vec<RelabelConfig>> {
        self.0.get(pool).map(|pool| pool.relabel_rules.clone())
    }

    fn cost(&self, pool: &str) -> Option<PoolCost> {
        self.0.get(pool).map(|pool| pool.cost.clone())
    }
}
