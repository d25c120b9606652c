//! What is scraped, as far as the API shows it.

mod scraped;

use std::sync::Arc;
use std::time::Duration;

use regain_model::relabel::RelabelConfig;
use regain_model::{Labels, Timestamp};
use regain_scrape::{CpuPerScrape, FamilyMetadata, Health, ScrapeSize};

/// Lists what is scraped.
pub trait TargetListing: Send + Sync {
    /// The names of all pools, in order.
    fn pools(&self) -> Vec<String>;

    /// The targets of a pool that are scraped.
    fn active(&self, pool: &str) -> Vec<ActiveTarget>;

    /// The targets of a pool that relabelling dropped.
    fn dropped(&self, pool: &str) -> DroppedTargets;

    /// What the scraped targets of a pool say about their metrics, or about `metric` alone unless it is
    /// empty.
    fn metadata(&self, pool: &str, metric: &str) -> Vec<TargetMetadata>;

    /// The rules that make a pool's targets of what is discovered; `None` where there is no such pool.
    fn relabel_rules(&self, pool: &str) -> Option<Vec<RelabelConfig>>;

    /// What is known of the cost of a pool; `None` where there is no such pool.
    fn cost(&self, pool: &str) -> Option<PoolCost>;
}

/// A target that is scraped.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveTarget {
    /// Its labels before relabelling.
    pub discovered_labels: Labels,
    /// The labels that its series get.
    pub labels: Labels,
    /// Where it is scraped.
    pub url: String,
    /// Why the last scrape failed; empty where it did not.
    pub last_error: String,
    /// When the last scrape began; `None` before the first.
    pub last_scrape: Option<Timestamp>,
    /// How long the last scrape took.
    pub last_duration_seconds: f64,
    /// How the last scrape went.
    pub health: Health,
    /// How often it is scraped, as it is configured.
    pub interval: String,
    /// How long a scrape may take, as it is configured.
    pub timeout: String,
    /// What the last scrape read.
    pub size: ScrapeSize,
    /// By how much the target's clock is ahead, as the last scrape found; `None` where it did not.
    pub clock_skew_seconds: Option<f64>,
}

/// What is known of the cost of a pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolCost {
    /// How often its targets are scraped unless their labels say otherwise.
    pub interval: Duration,
    /// How long a scrape may take unless the target's labels say otherwise.
    pub timeout: Duration,
    /// The CPU time of a scrape; `None` where it is not measured.
    pub cpu: Option<CpuPerScrape>,
    /// Its targets.
    pub targets: Vec<TargetCost>,
    /// How many targets relabelling dropped.
    pub dropped_count: usize,
}

/// What the scrapes of one target take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TargetCost {
    /// How the last scrape went.
    pub health: Health,
    /// How often it is scraped.
    pub interval: Duration,
    /// How long the last scrape took.
    pub last_duration_seconds: f64,
    /// What the last scrape read.
    pub size: ScrapeSize,
}

/// Targets of a pool that relabelling dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DroppedTargets {
    /// Their labels before relabelling, as far as they are kept.
    pub kept: Vec<Labels>,
    /// How many there are.
    pub count: usize,
}

/// What one target says about its metrics.
#[derive(Clone, Debug)]
pub struct TargetMetadata {
    /// The target's labels.
    pub labels: Labels,
    /// Its families.
    pub families: Vec<Arc<FamilyMetadata>>,
}
