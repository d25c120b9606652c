//! `/api/v1/regain/healing`: what heals, what was decided and why, and the kill switch.

mod audit;
mod body;
mod control;
pub(crate) mod door;
mod run;
mod server;
pub(crate) mod state;
mod view;
mod webhook;

use axum::Router;

use self::state::HealingState;
use crate::routes::{get, post};

pub use door::{AlertSource, HealingDoor, HealingService};
pub use server::{HealingServer, healing_router};

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
