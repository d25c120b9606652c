//! The way from handlers to alerting, which begins later than the listeners and may not be there at all.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use regain_alerting::matcher::MatcherMode;
use regain_alerting::{Alerting, PostedAlert, Verdict};

use crate::build_info::BuildInfo;

/// Alerting, and what the API tells about it.
#[derive(Debug)]
pub struct AlertingService {
    /// The handle to it.
    pub alerting: Alerting,
    /// How matchers are read.
    pub matcher_mode: MatcherMode,
    /// What the program is.
    pub build: BuildInfo,
    /// The configuration in force, without its secrets.
    pub config: ArcSwap<String>,
}

impl AlertingService {
    /// Takes alerts in, and says what is wrong with those that are refused.
    pub(crate) async fn put(
        &self,
        alerts: Vec<PostedAlert>,
    ) -> Result<Vec<Verdict>, regain_alerting::Closed> {
        self.alerting.put(alerts).await
    }
}

/// Lets requests in to alerting once it has begun. Clones are the same door.
#[derive(Clone, Debug, Default)]
pub struct AlertingDoor(Arc<ArcSwapOption<AlertingService>>);

impl AlertingDoor {
    /// Lets requests in.
    pub fn open(&self, service: Arc<AlertingService>) {
        self.0.store(Some(service));
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        self.0.store(None);
    }

    /// What is behind the door, where it is open.
    pub fn service(&self) -> Option<Arc<AlertingService>> {
        self.0.load_full()
    }
}
