//! What the handlers of healing share.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::door::{HealingDoor, HealingService};
use crate::envelope::{ApiError, ErrorKind};
use crate::guard::Changes;

/// Why there is nothing to see.
const NOT_CONFIGURED: &str = "healing is not configured: name files with remediations in the section healing of \
                              the file that --regain.config.file names";

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
        let service = state.door.service();
        service.map(Self).ok_or_else(|| ApiError::new(ErrorKind::NotFound, NOT_CONFIGURED))
    }
}
