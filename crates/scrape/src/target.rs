//! Targets: what is scraped, under which labels, and how that went.

mod labels;
mod url;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::url::Url;
use regain_exposition::read::ReadOptions;
use regain_model::{Labels, Timestamp};
use regain_storage::LaneKey;

use crate::config::JobConfig;
use crate::cost::ScrapeSize;
use crate::error::ScrapeError;
use crate::metadata::{FamilyMetadata, TargetMetadata};
use crate::slot::target_hash;

pub(crate) use self::labels::{Populated, discovered_labels, populate};
use self::labels::{RESERVED_PREFIX, SCRAPE_INTERVAL, SCRAPE_TIMEOUT, histogram_options};

/// Says how the last scrape of a target went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Health {
    /// There was none yet.
    #[default]
    Unknown,
    Up,
    Down,
}

impl Health {
    /// Returns the word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Is what is known of a target's last scrape.
#[derive(Debug, Clone, Default)]
pub struct TargetStatus {
    pub health: Health,
    /// Is absent after a scrape that went well.
    pub last_error: Option<Arc<ScrapeError>>,
    pub last_scrape: Option<Timestamp>,
    pub last_scrape_duration_seconds: f64,
    /// Is what the last scrape read and left behind.
    pub size: ScrapeSize,
    /// Is by how much the target's clock is ahead; absent where the last scrape did not tell.
    pub clock_skew_seconds: Option<f64>,
}

/// Is one thing to scrape.
#[derive(Debug)]
pub struct Target {
    /// Holds every label after relabelling, the internal ones included.
    all_labels: Labels,
    labels: Labels,
    scrape_url: String,
    request_url: Result<Url, ::url::ParseError>,
    hash: u64,
    interval: Duration,
    timeout: Duration,
    histograms: ReadOptions,
    discovered: Mutex<Labels>,
    status: Mutex<TargetStatus>,
    metadata: Mutex<TargetMetadata>,
}

impl Target {
    pub(crate) fn new(populated: Populated, discovered: Labels, config: &JobConfig) -> Self {
        let Populated { labels: all_labels, interval, timeout } = populated;
        let public = all_labels.iter().filter(|(name, _)| !name.starts_with(RESERVED_PREFIX));
        let labels = Labels::from_sorted(public);
        let scrape_url = url::scrape_url(&all_labels, &config.params);
        Self {
            hash: target_hash(&all_labels, &scrape_url),
            request_url: Url::parse(&scrape_url),
            histograms: histogram_options(&all_labels, config),
            all_labels,
            labels,
            scrape_url,
            interval,
            timeout,
            discovered: Mutex::new(discovered),
            status: Mutex::default(),
            metadata: Mutex::default(),
        }
    }

    /// Returns the labels that its series carry.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Returns the labels before relabelling.
    pub fn discovered_labels(&self) -> Labels {
        locked(&self.discovered).clone()
    }

    /// Returns a label after relabelling, or the empty text; internal labels such as `__address__` and `__scheme__` are
    /// among them.
    pub fn label(&self, name: &str) -> &str {
        self.all_labels.get(name).unwrap_or_default()
    }

    /// Returns the address that is asked, as upstream writes it.
    pub fn scrape_url(&self) -> &str {
        &self.scrape_url
    }

    /// Returns the interval as its label says it, such as `15s`.
    pub fn scrape_interval(&self) -> &str {
        self.label(SCRAPE_INTERVAL)
    }

    /// Returns the timeout as its label says it, such as `10s`.
    pub fn scrape_timeout(&self) -> &str {
        self.label(SCRAPE_TIMEOUT)
    }

    /// Returns how the last scrape went.
    pub fn status(&self) -> TargetStatus {
        locked(&self.status).clone()
    }

    /// Returns what the target says about its metrics, in no particular order.
    pub fn metadata(&self) -> Vec<Arc<FamilyMetadata>> {
        self.metadata_locked().families().map(Arc::clone).collect()
    }

    /// Returns what the target says about one metric.
    pub fn metadata_of(&self, metric: &str) -> Option<Arc<FamilyMetadata>> {
        self.metadata_locked().find(metric)
    }

    pub(crate) fn metadata_locked(&self) -> MutexGuard<'_, TargetMetadata> {
        locked(&self.metadata)
    }

    pub(crate) fn request_url(&self) -> Result<&Url, ::url::ParseError> {
        self.request_url.as_ref().map_err(|&error| error)
    }

    /// Returns the time from one scrape to the next.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Returns how histograms are read, which labels may say otherwise than the job.
    pub(crate) fn histogram_options(&self) -> ReadOptions {
        self.histograms
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns what tells targets of a pool apart.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// Returns the lane of its samples, which outlives a change of interval or of settings.
    pub(crate) fn lane(&self) -> LaneKey {
        LaneKey::scrape(&self.labels, &self.scrape_url)
    }

    pub(crate) fn set_discovered(&self, discovered: Labels) {
        *locked(&self.discovered) = discovered;
    }

    /// Goes on where another target that wrote the same series stopped.
    pub(crate) fn take_over(&self, before: &Self) {
        *locked(&self.status) = before.status();
        *self.metadata_locked() = std::mem::take(&mut *before.metadata_locked());
    }

    pub(crate) fn set_status(&self, status: TargetStatus) {
        *locked(&self.status) = status;
    }
}

/// Takes a lock whose holders leave a whole value behind even when they panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
