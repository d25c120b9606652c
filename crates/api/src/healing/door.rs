//! The way from handlers to healing, which may not be there at all.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use regain_healing::Healing;

/// Healing, and what the API tells about it.
#[derive(Clone, Debug)]
pub struct HealingService {
    /// The handle to it.
    pub healing: Healing,
    /// Where alerts come from: from the alerting of this process, or from webhooks.
    pub source: AlertSource,
    /// The present time.
    pub now: fn() -> Timestamp,
}

/// Where healing hears of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertSource {
    /// From alerting in the same process.
    InProcess,
    /// From an Alertmanager's webhooks.
    Webhook,
}

/// The way from handlers to healing, which may not be there at all. Clones are the same way.
#[derive(Clone, Debug, Default)]
pub struct HealingDoor(Arc<ArcSwapOption<HealingService>>);

impl HealingDoor {
    /// Lets requests in.
    pub fn open(&self, service: HealingService) {
        self.0.store(Some(Arc::new(service)));
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        self.0.store(None);
    }

    /// What is behind the door, where it is open.
    pub(crate) fn service(&self) -> Option<Arc<HealingService>> {
        self.0.load_full()
    }
}
