//! `/api/v1/regain/healing`: what heals, what was decided and why, and the kill switch.

mod audit;
mod body;
mod control;
mod run;
mod server;
mod view;
mod webhook;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use jiff::Timestamp;
use regain_healing::Healing;

use crate::envelope::{ApiError, ErrorKind};
use crate::guard::Changes;
use crate::routes::{get, post};

pub use server::{HealingServer, healing_router};

/// Why there is nothing to see.
const NOT_CONFIGURED: &str = "healing is not configured: name files with remediations in the section healing of \
                              the file that --regain.config.file names";

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
}

/// What the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct HealingState {
    pub(crate) door: HealingDoor,
    pub(crate) changes: Changes,
}

impl FromRef<HealingState> for Changes {
    fn from_ref(state: &HealingState) -> Self {
        state.changes.clone()
    }
}

/// Healing, where there is any.
#[derive(Debug)]
pub(crate) struct Open(pub(crate) Arc<HealingService>);

impl FromRequestParts<HealingState> for Open {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, state: &HealingState) -> Result<Self, ApiError> {
        let service = state.door.0.load_full();
        service.map(Self).ok_or_else(|| ApiError::new(ErrorKind::NotFound, NOT_CONFIGURED))
    }
}

/// The routes, without `/api/v1/regain/healing` in front.
pub(crate) fn routes(state: HealingState) -> Router {
    Router::new()
        .route("/", get(view::overview))
        .route("/runs/{id}", get(view::run))
        .route("/runs/{id}/cancel", post(control::cancel))
        .route("/audit", get(audit::audit))
        .route("/pause", post(control::pause))
        .route("/resume", post(control::resume))
        .with_state(state)
}
