//! The scrape manager's targets.

use std::sync::Arc;

use regain_model::relabel::RelabelConfig;
use regain_scrape::{ScrapeManager, Target};

use super::{ActiveTarget, DroppedTargets, PoolCost, TargetCost, TargetListing, TargetMetadata};

impl TargetListing for ScrapeManager {
    fn pools(&self) -> Vec<String> {
        Self::pools(self)
    }

    fn active(&self, pool: &str) -> Vec<ActiveTarget> {
        let targets = self.targets_of(pool);
        targets
            .map(|targets| targets.active.iter().map(|target| shown(target)).collect())
            .unwrap_or_default()
    }

    fn dropped(&self, pool: &str) -> DroppedTargets {
        let dropped = self.targets_of(pool).map(|targets| DroppedTargets {
            kept: targets.dropped.clone(),
            count: targets.dropped_count,
        });
        dropped.unwrap_or_default()
    }

    fn metadata(&self, pool: &str, metric: &str) -> Vec<TargetMetadata> {
        let of = |target: &Arc<Target>| TargetMetadata {
            labels: target.labels().clone(),
            families: if metric.is_empty() {
                target.metadata()
            } else {
                target.metadata_of(metric).into_iter().collect()
            },
        };
        let targets = self.targets_of(pool);
        targets.map(|targets| targets.active.iter().map(of).collect()).unwrap_or_default()
    }

    fn relabel_rules(&self, pool: &str) -> Option<Vec<RelabelConfig>> {
        self.job_config(pool).map(|config| config.relabel_configs.clone())
    }

    fn cost(&self, pool: &str) -> Option<PoolCost> {
        let (config, targets) = (self.job_config(pool)?, self.targets_of(pool)?);
        Some(PoolCost {
            interval: config.scrape_interval,
            timeout: config.scrape_timeout,
            cpu: self.cpu_per_scrape(pool),
            targets: targets.active.iter().map(|target| cost(target)).collect(),
            dropped_count: targets.dropped_count,
        })
    }
}

fn cost(target: &Target) -> TargetCost {
    let status = target.status();
    TargetCost {
        health: status.health,
        interval: target.interval(),
        last_duration_seconds: status.last_scrape_duration_seconds,
        size: status.size,
    }
}

fn shown(target: &Target) -> ActiveTarget {
    let status = target.status();
    ActiveTarget {
        discovered_labels: target.discovered_labels(),
        labels: target.labels().clone(),
        url: target.scrape_url().to_owned(),
        last_error: status.last_error.map(|error| error.to_string()).unwrap_or_default(),
        last_scrape: status.last_scrape,
        last_duration_seconds: status.last_scrape_duration_seconds,
        health: status.health,
        interval: target.scrape_interval().to_owned(),
        timeout: target.scrape_timeout().to_owned(),
        size: status.size,
        clock_skew_seconds: status.clock_skew_seconds,
    }
}
